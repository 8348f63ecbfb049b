#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/input.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

absl::StatusOr<Outcome> RunFire(Api& api, const flags::Parsed& parsed) {
  const std::string name = parsed.Get("name");
  if (name.empty()) return absl::InvalidArgumentError("which event? -name=NAME");
  std::string payload;
  if (!parsed.positional.empty()) {
    KONSUL_ASSIGN_OR_RETURN(payload, ReadValue(parsed.positional[0]));
  }
  std::vector<http::QueryParameter> query;
  for (const char* filter : {"node", "service", "tag"}) {
    if (parsed.Has(filter)) query.push_back({filter, parsed.Get(filter)});
  }
  KONSUL_ASSIGN_OR_RETURN(
      const http::Response reply,
      api.Call("PUT", absl::StrCat("/v1/event/fire/", name), std::move(query), std::move(payload)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object event, ParseObject(reply.body));
  return Outcome::Ok(absl::StrCat("Event ID: ", Text(event, "ID"), "\n"));
}

absl::StatusOr<Outcome> RunList(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query, WithMode(parsed, {}));
  if (parsed.Has("name")) query.push_back({"name", parsed.Get("name")});
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("GET", "/v1/event/list", std::move(query)));
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::array events, ParseArray(reply.body));
  std::vector<std::vector<std::string>> rows = {{"ID", "Name", "LTime", "Payload"}};
  for (const boost::json::value& each : events) {
    if (!each.is_object()) return NotUnderstood();
    const boost::json::object& event = each.get_object();
    std::string payload;
    if (!absl::Base64Unescape(Text(event, "Payload"), &payload)) return NotUnderstood();
    rows.push_back({Text(event, "ID"), Text(event, "Name"), absl::StrCat(Number(event, "LTime")),
                    payload.empty() ? "-" : absl::Utf8SafeCEscape(payload)});
  }
  return Outcome::Ok(Table(rows));
}

}  // namespace

Command EventFire() {
  return {"event fire",
          "[PAYLOAD|@FILE|-]",
          "Fire an event and print its id.\n\n"
          "All who watch events (`konsulctl watch -type=event`) are told. Events are kept in a\n"
          "list of the latest ones; whoever does not look in time misses some.",
          {{"name", Kind::kString, "NAME", "What it is called. Must be given."},
           {"node", Kind::kString, "REGEX", "For nodes whose name matches."},
           {"service", Kind::kString, "REGEX", "For nodes with a service whose name matches."},
           {"tag", Kind::kString, "REGEX", "With -service: and one of its tags."}},
          0,
          1,
          RunFire};
}

Command EventList() {
  return {"event list",
          "",
          "Print the latest events, the newest last.",
          WithReadFlags({{"name", Kind::kString, "NAME", "Only those of this name."}}),
          0,
          0,
          RunList};
}

}  // namespace konsul::ctl
