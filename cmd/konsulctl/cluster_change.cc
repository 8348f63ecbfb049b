#include <boost/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

// Writing a snapshot of a large state takes its time.
constexpr Duration kSnapshotTimeout = 15min;

absl::StatusOr<Outcome> RunJoin(Api& api, const flags::Parsed& parsed) {
  const std::string& address = parsed.positional[0];
  if (address.empty()) return absl::InvalidArgumentError("the ADDRESS is empty");
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", "/v1/cluster/join", {},
                                   absl::StrCat("{\"address\":", JsonString(address), "}")));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  return Outcome::Ok(absl::StrCat("Success! The server at ", api.server().ToString(),
                                  " joined the cluster of ", address, "\n"));
}

// The id of the server that is asked.
absl::StatusOr<std::string> OwnId(Api& api) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply, api.Call("GET", "/v1/cluster/status"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object status, ParseObject(reply.body));
  return Text(status, "ID");
}

absl::StatusOr<Outcome> RunLeave(Api& api, const flags::Parsed& parsed) {
  std::string who = parsed.positional.empty() ? "" : parsed.positional[0];
  if (who.empty()) {
    KONSUL_ASSIGN_OR_RETURN(who, OwnId(api));
  }
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", absl::StrCat("/v1/cluster/leave/", who)));
  if (reply.status == 404) {
    return Outcome::Failed(absl::StrCat(
        "Error! ", reply.body.empty() ? "This server does not know /v1/cluster" : reply.body,
        "\n`konsulctl cluster peers` lists the members."));
  }
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  return Outcome::Ok(absl::StrCat("Success! Removed server: ", who, "\n"));
}

absl::StatusOr<Outcome> RunSnapshot(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", "/v1/cluster/snapshot", {}, "", kSnapshotTimeout));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object snapshot, ParseObject(reply.body));
  return Outcome::Ok(
      absl::StrCat("Success! Snapshot of index ", Number(snapshot, "Index"), " written\n"));
}

}  // namespace

Command ClusterJoin() {
  return {
      "cluster join",
      "ADDRESS",
      "Let a server join the cluster of another one.\n\n"
      "The server that joins is the one that is asked (-http-addr); ADDRESS is the RPC address\n"
      "of any member, its port 8300 unless given. The new one gets the log first and votes once\n"
      "it has caught up. A server that is started with -retry-join does the same by itself.",
      {},
      1,
      1,
      RunJoin};
}

Command ClusterLeave() {
  return {"cluster leave",
          "[SERVER]",
          "Remove a server from the cluster for good.\n\n"
          "SERVER is a member's id, name or RPC address; without it, the server that is asked\n"
          "leaves. Returns once the remaining servers have agreed. To stop a server for a while,\n"
          "just stop its process. A server that left comes back only with an empty data directory.",
          {},
          0,
          1,
          RunLeave};
}

Command ClusterSnapshot() {
  return {"cluster snapshot",
          "",
          "Make a server write a snapshot of its state now and shorten its log.\n\n"
          "Servers do so by themselves as their logs grow; before a planned restart it saves time.",
          {},
          0,
          0,
          RunSnapshot};
}

}  // namespace konsul::ctl
