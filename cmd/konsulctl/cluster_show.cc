#include <boost/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using boost::json::object;
using flags::Kind;

// "n1 (0123456789abcdef) at 127.0.0.1:8300"
std::string Server(const object& server) {
  return absl::StrCat(Text(server, "Node"), " (", Text(server, "ID"), ") at ",
                      Text(server, "Address"));
}

std::string Line(absl::string_view key, absl::string_view value) {
  return absl::StrCat(key, std::string(10 - key.size(), ' '), value, "\n");
}

std::string StatusText(const object& status, const object* leader) {
  const std::string cluster = Text(status, "Cluster");
  std::string out = Line("Server", absl::StrCat(Text(status, "Node"), " (", Text(status, "ID"),
                                                "), ", Text(status, "State")));
  absl::StrAppend(&out, Line("Cluster", cluster.empty() ? "(none yet)" : cluster));
  absl::StrAppend(&out, Line("Leader", leader == nullptr ? "(none)" : Server(*leader)));
  absl::StrAppend(&out, Line("Term", absl::StrCat(Number(status, "Term"))));
  absl::StrAppend(
      &out,
      Line("Servers",
           absl::StrCat(Number(status, "Servers"), ", ", Number(status, "Voters"), " of them vote",
                        Bool(status, "Changing") ? "; a change is under way" : "")));
  absl::StrAppend(&out, Line("Log", absl::StrCat("last ", Number(status, "LastIndex"),
                                                 ", committed ", Number(status, "CommitIndex"),
                                                 ", applied ", Number(status, "AppliedIndex"))));
  if (Text(status, "State") != "leader") {
    absl::StrAppend(&out, Line("Contact", absl::StrCat("heard from the leader ",
                                                       Text(status, "LastContact"), " ago")));
  }
  return out;
}

absl::StatusOr<Outcome> RunStatus(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply, api.Call("GET", "/v1/cluster/status"));
  KONSUL_ASSIGN_OR_RETURN(const object status, ParseObject(reply.body));
  const boost::json::value* found = status.if_contains("Leader");
  const object* leader = found == nullptr ? nullptr : found->if_object();
  Outcome outcome;
  outcome.out = WantsJson(parsed) ? absl::StrCat(reply.body, "\n") : StatusText(status, leader);
  if (leader == nullptr) {
    outcome.error = "Error! No cluster leader";
  } else if (!Bool(status, "Member")) {
    outcome.error = "Error! This server is not a member of the cluster";
  }
  return outcome;
}

std::string StateOf(const object& peer) {
  if (Bool(peer, "Leader")) return "leader";
  if (Bool(peer, "Leaving")) return "leaving";
  return Bool(peer, "Voter") ? "voter" : "learner";
}

absl::StatusOr<Outcome> RunPeers(Api& api, const flags::Parsed& parsed) {
  std::vector<http::QueryParameter> query;
  if (parsed.GetBool("stale")) query.push_back({"stale", ""});
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("GET", "/v1/cluster/peers", std::move(query)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const object members, ParseObject(reply.body));
  std::vector<std::vector<std::string>> rows = {
      {"Node", "ID", "Address", "State", "Behind", "Last contact"}};
  for (const object& peer : Objects(members, "Peers")) {
    const bool known = peer.contains("Lag");
    std::string behind = known ? absl::StrCat(Number(peer, "Lag")) : "-";
    if (Bool(peer, "Snapshot")) absl::StrAppend(&behind, " (gets a snapshot)");
    rows.push_back({Text(peer, "Node"), Text(peer, "ID"), Text(peer, "Address"), StateOf(peer),
                    behind, known ? Text(peer, "LastContact") : "-"});
  }
  std::string out = Table(rows);
  if (Bool(members, "Changing")) absl::StrAppend(&out, "A change of members is under way.\n");
  return Outcome::Ok(std::move(out));
}

}  // namespace

Command ClusterStatus() {
  return {"cluster status",
          "",
          "Print what one server knows of itself and of its cluster.\n\n"
          "Asks no other server, so it answers also without a leader; it fails then, and when the\n"
          "server is not a member.",
          {},
          0,
          0,
          RunStatus};
}

Command ClusterPeers() {
  return {"cluster peers",
          "",
          "Print the members, their roles and how far each one is behind the leader.\n\n"
          "A learner gets the log and does not vote; it becomes a voter by itself once it has\n"
          "caught up. One that is leaving votes until the change is complete. \"Behind\" counts\n"
          "entries of the log.",
          {{"stale", Kind::kBool, "",
            "Let this server answer from what it has, also without a leader."}},
          0,
          0,
          RunPeers};
}

}  // namespace konsul::ctl
