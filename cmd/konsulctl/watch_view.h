// What `konsulctl watch` looks at, by its type.
#ifndef KONSUL_CMD_KONSULCTL_WATCH_VIEW_H_
#define KONSUL_CMD_KONSULCTL_WATCH_VIEW_H_

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cmd/flags/flags.h"
#include "cmd/konsulctl/api.h"

namespace konsul::ctl {

class WatchView {
 public:
  // -type, and what the type needs. InvalidArgument tells what is missing.
  static absl::StatusOr<WatchView> Of(const flags::Parsed& parsed);
  static std::vector<std::string> Types();

  const std::string& path() const { return path_; }
  const std::vector<http::QueryParameter>& query() const { return query_; }

  // What people are to be shown of a reply with status 200 or 404; nothing when it is no news. Of
  // events, those that were not shown before.
  absl::StatusOr<std::optional<boost::json::value>> News(const http::Response& reply);

 private:
  absl::StatusOr<boost::json::value> Read(const http::Response& reply) const;

  std::string type_;
  std::string path_;
  std::vector<http::QueryParameter> query_;
  std::optional<boost::json::value> last_;
  std::string last_event_;
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_WATCH_VIEW_H_
