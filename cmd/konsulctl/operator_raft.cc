#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

std::vector<http::QueryParameter> StaleIf(const flags::Parsed& parsed) {
  if (!parsed.GetBool("stale")) return {};
  return {{"stale", ""}};
}

std::string Trails(bool leader, uint64_t last, uint64_t leader_last) {
  if (leader) return "-";
  return absl::StrCat(leader_last > last ? leader_last - last : 0, " entries");
}

absl::StatusOr<Outcome> RunListPeers(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("GET", "/v1/operator/raft/configuration", StaleIf(parsed)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object configuration, ParseObject(reply.body));
  const std::vector<boost::json::object> servers = Objects(configuration, "Servers");
  uint64_t leader_last = 0;
  bool led = false;
  for (const boost::json::object& server : servers) {
    if (!Bool(server, "Leader")) continue;
    led = true;
    leader_last = Number(server, "LastIndex");
  }
  std::vector<std::vector<std::string>> rows = {{"Node", "ID", "Address", "State", "Voter",
                                                 "RaftProtocol", "Last Index", "Trails Leader By"}};
  for (const boost::json::object& server : servers) {
    const bool leader = Bool(server, "Leader");
    const uint64_t last = Number(server, "LastIndex");
    // Only the leader knows how far the others are.
    const bool known = leader || (led && last > 0);
    rows.push_back({Text(server, "Node"), Text(server, "ID"), Text(server, "Address"),
                    leader ? "leader" : "follower", Bool(server, "Voter") ? "true" : "false",
                    Text(server, "ProtocolVersion"), known ? absl::StrCat(last) : "?",
                    known ? Trails(leader, last, leader_last) : "?"});
  }
  return Outcome::Ok(Table(rows));
}

absl::StatusOr<Outcome> RunRemovePeer(Api& api, const flags::Parsed& parsed) {
  const std::string id = parsed.Get("id");
  const std::string address = parsed.Get("address");
  if (id.empty() == address.empty()) {
    return absl::InvalidArgumentError("name the server with either -id or -address");
  }
  const bool by_id = !id.empty();
  const char* key = by_id ? "id" : "address";
  const std::string& value = by_id ? id : address;
  KONSUL_RETURN_IF_ERROR(api.Call("DELETE", "/v1/operator/raft/peer", {{key, value}}).status());
  if (WantsJson(parsed)) return Outcome::Ok("{\"Success\":true}\n");
  return Outcome::Ok(absl::StrCat("Removed peer with ", key, " \"", value, "\"\n"));
}

absl::StatusOr<Outcome> RunTransferLeader(Api& api, const flags::Parsed& parsed) {
  std::vector<http::QueryParameter> query;
  if (parsed.Has("id")) query.push_back({"id", parsed.Get("id")});
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("POST", "/v1/operator/raft/transfer-leader", std::move(query)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  return Outcome::Ok("Success\n");
}

}  // namespace

Command RaftListPeers() {
  return {
      "operator raft list-peers",
      "",
      "Print the servers of the Raft configuration and how far each one is.\n\n"
      "Asks the leader, through whichever server is named; -stale asks that server alone, which\n"
      "works without a leader and does not know how far the others are. `konsulctl cluster\n"
      "peers` tells more.",
      {{"stale", Kind::kBool, "", "Let this server answer from what it has."}},
      0,
      0,
      RunListPeers};
}

Command RaftRemovePeer() {
  return {
      "operator raft remove-peer",
      "",
      "Remove a server from the Raft configuration.\n\n"
      "Returns once the remaining servers have agreed. The server need not be running; if it\n"
      "is, it is told and stops taking part. Its id is not admitted again: to bring the machine\n"
      "back, start it with an empty data directory and let it join. Removing the leader hands\n"
      "the leadership over.",
      {{"id", Kind::kString, "ID", "The server's id, as list-peers prints it."},
       {"address", Kind::kString, "ADDR", "The server's RPC address, e.g. 127.0.0.1:8300."}},
      0,
      0,
      RunRemovePeer};
}

Command RaftTransferLeader() {
  return {
      "operator raft transfer-leader",
      "",
      "Hand the leadership over to another server.\n\n"
      "Returns once the other one leads. Requests wait for some milliseconds and none is lost.\n"
      "When the hand-over does not succeed, the old leader goes on and the command fails.",
      {{"id", Kind::kString, "ID",
        "Who is to lead, as list-peers prints it. Default: the server that is furthest."}},
      0,
      0,
      RunTransferLeader};
}

}  // namespace konsul::ctl
