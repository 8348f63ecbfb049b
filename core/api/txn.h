// Transactions (https://developer.hashicorp.com/consul/api-docs/txn).
#ifndef KONSUL_CORE_API_TXN_H_
#define KONSUL_CORE_API_TXN_H_

#include <optional>

#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "core/wire/command.h"

namespace konsul::api {

struct TxnReply {
  wire::CommandResult result;
  std::optional<ReadMeta> meta;  // of one that only reads
};
// One that only reads does not enter the log; `consistency` is its own. The sizes of values are the
// caller's to check, or OutOfRange.
absl::StatusOr<TxnReply> RunTxn(const Context& context, const wire::Txn& txn,
                                server::Consistency consistency);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_TXN_H_
