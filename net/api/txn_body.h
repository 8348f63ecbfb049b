// The JSON body of a transaction as operations.
#ifndef KONSUL_NET_API_TXN_BODY_H_
#define KONSUL_NET_API_TXN_BODY_H_

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/api/catalog.h"
#include "core/wire/command.h"

namespace konsul::net_api {

// Owns the texts that its operations point to.
class TxnBody {
 public:
  // Nodes that are set without a datacenter get this one.
  explicit TxnBody(std::string datacenter = {}) : datacenter_(std::move(datacenter)) {}

  // Once. InvalidArgument, fit to be sent to the client.
  absl::Status Read(absl::string_view body);
  // Valid as long as this is.
  const wire::Txn& txn() const { return txn_; }
  // Operations that fail whatever the state is, and are not in txn(): that must not be done then.
  const std::vector<wire::TxnError>& errors() const { return errors_; }

 private:
  absl::Status ReadOps(absl::string_view body);
  absl::Status ReadOp(const boost::json::value& value);
  absl::Status ReadKv(const boost::json::value& value);
  absl::Status ReadNode(const boost::json::value& value);
  absl::Status ReadCheck(const boost::json::value& value);
  absl::Status ReadSession(const boost::json::value& value);
  // A text that stays where it is.
  std::string& Owned() { return texts_.emplace_back(); }

  absl::Status Wrong(std::string what);

  const std::string datacenter_;
  std::deque<std::string> texts_;
  std::deque<api::Node> nodes_;
  wire::Txn txn_;
  std::vector<wire::TxnError> errors_;
  uint32_t op_ = 0;  // that is being read
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_TXN_BODY_H_
