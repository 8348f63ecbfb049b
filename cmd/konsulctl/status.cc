#include "core/base/status.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"

namespace konsul::ctl {
namespace {

absl::StatusOr<Outcome> RunStatus(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(http::Response leader, api.Call("GET", "/v1/status/leader"));
  KONSUL_ASSIGN_OR_RETURN(http::Response peers, api.Call("GET", "/v1/status/peers"));
  KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> names,
                          ParseStrings(absl::StrCat("[", leader.body, "]")));
  KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> addresses, ParseStrings(peers.body));
  bool led = names.size() == 1 && !names[0].empty();
  Outcome outcome;
  if (!led) outcome.error = "Error! No cluster leader";
  if (WantsJson(parsed)) {
    outcome.out = absl::StrCat("{\"Server\":", JsonString(api.server().ToString()),
                               ",\"Leader\":", absl::StripAsciiWhitespace(leader.body),
                               ",\"Peers\":", absl::StripAsciiWhitespace(peers.body), "}\n");
  } else {
    outcome.out = absl::StrCat("Server  ", api.server().ToString(), "\nLeader  ",
                               led ? names[0] : "(none)", "\nPeers   ",
                               addresses.empty() ? "(none)" : absl::StrJoin(addresses, ", "), "\n");
  }
  return outcome;
}

}  // namespace

Command StatusCommand() {
  return {"status", "", "Print the cluster's leader and servers. Fails when there is no leader.",
          {},       0,  0,
          RunStatus};
}

}  // namespace konsul::ctl
