#include "cmd/konsulctl/watch_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {

namespace json = boost::json;

namespace {

absl::StatusOr<std::string> Need(const flags::Parsed& parsed, const std::string& flag) {
  std::string value = parsed.Get(flag);
  if (!parsed.Has(flag) || (flag == "key" && value.empty())) {
    return absl::InvalidArgumentError(absl::StrCat("-type=", parsed.Get("type"), " needs -", flag));
  }
  return value;
}

// Those behind the one with the id `last`; all when that one is no longer in the list.
json::array Behind(const json::array& events, const std::string& last) {
  json::array behind;
  for (const json::value& event : events) {
    if (event.is_object() && Text(event.get_object(), "ID") == last) {
      behind.clear();
    } else {
      behind.push_back(event);
    }
  }
  return behind;
}

}  // namespace

std::vector<std::string> WatchView::Types() { return {"key", "keyprefix", "nodes", "event"}; }

absl::StatusOr<WatchView> WatchView::Of(const flags::Parsed& parsed) {
  WatchView view;
  view.type_ = parsed.Get("type");
  KONSUL_ASSIGN_OR_RETURN(view.query_, WithMode(parsed, {}));
  if (view.type_ == "key") {
    KONSUL_ASSIGN_OR_RETURN(const std::string key, Need(parsed, "key"));
    view.path_ = absl::StrCat("/v1/kv/", key);
  } else if (view.type_ == "keyprefix") {
    KONSUL_ASSIGN_OR_RETURN(const std::string prefix, Need(parsed, "prefix"));
    view.path_ = absl::StrCat("/v1/kv/", prefix);
    view.query_.push_back({"recurse", ""});
  } else if (view.type_ == "nodes") {
    view.path_ = "/v1/catalog/nodes";
  } else if (view.type_ == "event") {
    view.path_ = "/v1/event/list";
    if (parsed.Has("name")) view.query_.push_back({"name", parsed.Get("name")});
  } else {
    const std::string types = absl::StrJoin(Types(), ", ");
    return absl::InvalidArgumentError(
        view.type_.empty() ? absl::StrCat("what is to be watched? -type is one of ", types)
                           : absl::StrCat("-type is one of ", types, "; not ", view.type_));
  }
  return view;
}

absl::StatusOr<json::value> WatchView::Read(const http::Response& reply) const {
  if (reply.status == 404)
    return type_ == "key" ? json::value(nullptr) : json::value(json::array());
  KONSUL_ASSIGN_OR_RETURN(json::array list, ParseArray(reply.body));
  if (type_ != "key") return json::value(std::move(list));
  if (list.size() != 1) return NotUnderstood();
  return std::move(list[0]);
}

absl::StatusOr<std::optional<json::value>> WatchView::News(const http::Response& reply) {
  KONSUL_ASSIGN_OR_RETURN(json::value value, Read(reply));
  if (type_ == "event") {
    const bool first = !last_;
    json::array events = Behind(value.get_array(), last_event_);
    last_ = nullptr;
    if (!events.empty() && events.back().is_object()) {
      last_event_ = Text(events.back().get_object(), "ID");
    } else if (!first) {
      return std::nullopt;
    }
    return json::value(std::move(events));
  }
  if (last_ == value) return std::nullopt;
  last_ = value;
  return std::optional<json::value>(std::move(value));
}

}  // namespace konsul::ctl
