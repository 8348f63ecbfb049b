#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using boost::json::object;

// The server's nanoseconds.
std::string LockDelay(const object& session) {
  const uint64_t ms = Number(session, "LockDelay") / 1'000'000;
  return ms % 1000 == 0 ? absl::StrCat(ms / 1000, "s") : absl::StrCat(ms, "ms");
}

std::string Or(std::string text, const char* otherwise) { return text.empty() ? otherwise : text; }

std::string Checks(const object& session) {
  const boost::json::value* checks = session.if_contains("NodeChecks");
  if (checks == nullptr || !checks->is_array()) return "-";
  std::vector<std::string> names;
  for (const boost::json::value& check : checks->get_array()) {
    if (check.is_string()) names.emplace_back(check.get_string().c_str());
  }
  return Or(absl::StrJoin(names, ", "), "-");
}

std::string TableOf(const boost::json::array& sessions) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "Name", "Node", "TTL", "Behavior", "LockDelay"}};
  for (const boost::json::value& each : sessions) {
    if (!each.is_object()) continue;
    const object& session = each.get_object();
    rows.push_back({Text(session, "ID"), Or(Text(session, "Name"), "-"), Text(session, "Node"),
                    Or(Text(session, "TTL"), "-"), Text(session, "Behavior"), LockDelay(session)});
  }
  return Table(rows);
}

absl::StatusOr<http::Response> Read(Api& api, const flags::Parsed& parsed,
                                    const std::string& path) {
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query, WithMode(parsed, {}));
  return api.Call("GET", path, std::move(query));
}

absl::StatusOr<Outcome> Listed(Api& api, const flags::Parsed& parsed, const std::string& path) {
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply, Read(api, parsed, path));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::array sessions, ParseArray(reply.body));
  return Outcome::Ok(TableOf(sessions));
}

absl::StatusOr<Outcome> RunList(Api& api, const flags::Parsed& parsed) {
  return Listed(api, parsed, "/v1/session/list");
}

absl::StatusOr<Outcome> RunNode(Api& api, const flags::Parsed& parsed) {
  return Listed(api, parsed, absl::StrCat("/v1/session/node/", parsed.positional[0]));
}

absl::StatusOr<Outcome> RunInfo(Api& api, const flags::Parsed& parsed) {
  const std::string& id = parsed.positional[0];
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          Read(api, parsed, absl::StrCat("/v1/session/info/", id)));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::array sessions, ParseArray(reply.body));
  Outcome outcome;
  if (sessions.empty()) outcome.error = absl::StrCat("Error! No such session: ", id);
  if (WantsJson(parsed)) {
    outcome.out = absl::StrCat(reply.body, "\n");
    return outcome;
  }
  if (sessions.empty()) return outcome;
  if (!sessions[0].is_object()) return NotUnderstood();
  const object& session = sessions[0].get_object();
  outcome.out = Table({{"ID", Text(session, "ID")},
                       {"Name", Or(Text(session, "Name"), "-")},
                       {"Node", Text(session, "Node")},
                       {"TTL", Or(Text(session, "TTL"), "-")},
                       {"Behavior", Text(session, "Behavior")},
                       {"LockDelay", LockDelay(session)},
                       {"NodeChecks", Checks(session)},
                       {"CreateIndex", absl::StrCat(Number(session, "CreateIndex"))},
                       {"ModifyIndex", absl::StrCat(Number(session, "ModifyIndex"))}});
  return outcome;
}

}  // namespace

Command SessionInfo() {
  return {"session info",
          "ID",
          "Print one session. Fails when there is no such session.",
          WithReadFlags({}),
          1,
          1,
          RunInfo};
}

Command SessionNode() {
  return {"session node", "NODE", "Print the sessions of a node.", WithReadFlags({}), 1, 1,
          RunNode};
}

Command SessionList() {
  return {"session list", "", "Print all sessions.", WithReadFlags({}), 0, 0, RunList};
}

}  // namespace konsul::ctl
