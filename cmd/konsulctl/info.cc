#include <boost/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

std::string Scalar(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string().c_str())
                           : boost::json::serialize(value);
}

// A block for what has no name of its own, then one for each object inside.
void AppendBlock(const std::string& name, const boost::json::object& object, std::string& out) {
  absl::StrAppend(&out, name, ":\n");
  for (const boost::json::key_value_pair& pair : object) {
    if (pair.value().is_object()) continue;
    absl::StrAppend(&out, "\t", std::string(pair.key()), " = ", Scalar(pair.value()), "\n");
  }
  for (const boost::json::key_value_pair& pair : object) {
    if (pair.value().is_object()) {
      AppendBlock(std::string(pair.key()), pair.value().get_object(), out);
    }
  }
}

absl::StatusOr<Outcome> RunInfo(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply, api.Call("GET", "/v1/cluster/stats"));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object stats, ParseObject(reply.body));
  std::string out;
  AppendBlock("server", stats, out);
  return Outcome::Ok(std::move(out));
}

}  // namespace

Command InfoCommand() {
  return {"info",
          "",
          "Print a server's figures: who it is, where its log is, what it has done.\n\n"
          "Asks no other server, so it answers also without a leader.",
          {},
          0,
          0,
          RunInfo};
}

}  // namespace konsul::ctl
