#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

absl::Status CheckDuration(const flags::Parsed& parsed, const std::string& flag) {
  if (!parsed.Has(flag) || flags::ParseDuration(parsed.Get(flag))) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("-", flag, ": \"", parsed.Get(flag), "\" is not a duration like 15s or 1m30s"));
}

absl::StatusOr<Outcome> RunCreate(Api& api, const flags::Parsed& parsed) {
  KONSUL_RETURN_IF_ERROR(CheckDuration(parsed, "ttl"));
  KONSUL_RETURN_IF_ERROR(CheckDuration(parsed, "lock-delay"));
  boost::json::object session;
  for (const auto& [flag, field] :
       std::vector<std::pair<std::string, std::string>>{{"name", "Name"},
                                                        {"node", "Node"},
                                                        {"ttl", "TTL"},
                                                        {"behavior", "Behavior"},
                                                        {"lock-delay", "LockDelay"}}) {
    if (parsed.Has(flag)) session[field] = parsed.Get(flag);
  }
  if (parsed.Has("check")) {
    boost::json::array checks;
    for (const std::string& check : parsed.values.at("check")) {
      if (!check.empty()) checks.emplace_back(check);
    }
    session["NodeChecks"] = std::move(checks);
  }
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", "/v1/session/create", {},
                                   boost::json::serialize(boost::json::value(session))));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object made, ParseObject(reply.body));
  if (Text(made, "ID").empty()) return NotUnderstood();
  return Outcome::Ok(absl::StrCat(Text(made, "ID"), "\n"));
}

absl::StatusOr<Outcome> RunRenew(Api& api, const flags::Parsed& parsed) {
  const std::string& id = parsed.positional[0];
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", absl::StrCat("/v1/session/renew/", id)));
  if (reply.status == 404) return Outcome::Failed(absl::StrCat("Error! No such session: ", id));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::array list, ParseArray(reply.body));
  if (list.size() != 1 || !list[0].is_object()) return NotUnderstood();
  const std::string ttl = Text(list[0].get_object(), "TTL");
  return Outcome::Ok(absl::StrCat("Success! Session renewed: ", id,
                                  ttl.empty() ? "" : absl::StrCat(" for ", ttl), "\n"));
}

absl::StatusOr<Outcome> RunDestroy(Api& api, const flags::Parsed& parsed) {
  const std::string& id = parsed.positional[0];
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", absl::StrCat("/v1/session/destroy/", id)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  return Outcome::Ok(absl::StrCat("Success! Session destroyed: ", id, "\n"));
}

}  // namespace

Command SessionCreate() {
  return {"session create",
          "",
          "Create a session and print its id.\n\n"
          "A session can hold locks (`kv put` through the API with ?acquire=ID). It ends when it\n"
          "is destroyed, when its TTL passes without a renewal, when its node is deregistered, or\n"
          "when one of its checks becomes critical. Its locks are then released or their keys\n"
          "deleted, and cannot be taken for the lock delay.",
          {{"name", Kind::kString, "NAME", "For people."},
           {"node", Kind::kString, "NODE", "Default: the server that is asked."},
           {"ttl", Kind::kString, "DURATION",
            "10s to 24h. Default: none; the session lasts until something else ends it."},
           {"behavior",
            Kind::kString,
            "WHAT",
            "What happens to the keys it holds when it ends: release (the default) or delete.",
            {"release", "delete"}},
           {"lock-delay", Kind::kString, "DURATION",
            "How long its keys cannot be locked after it was lost; 0s to 60s. Default: 15s."},
           {"check", Kind::kList, "CHECK",
            "Ends with this check of its node; may be repeated. Default: serfHealth. -check= for "
            "none."}},
          0,
          0,
          RunCreate};
}

Command SessionRenew() {
  return {"session renew",
          "ID",
          "Have a session's TTL begin anew. Fails when there is no such session.\n\n"
          "A session that was told so in time does not expire for its TTL from then on.",
          {},
          1,
          1,
          RunRenew};
}

Command SessionDestroy() {
  return {"session destroy",
          "ID",
          "End a session.\n\n"
          "Its locks are released, or their keys deleted, as its behavior says. To destroy one\n"
          "that does not exist succeeds.",
          {},
          1,
          1,
          RunDestroy};
}

}  // namespace konsul::ctl
