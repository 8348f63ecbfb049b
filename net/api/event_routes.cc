#include "net/api/event_routes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/api/catalog.h"
#include "core/base/status.h"
#include "net/api/blocking.h"
#include "net/api/reply.h"
#include "net/filter/regex.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

void WriteEvent(const api::Event& event, JsonWriter& json) {
  json.BeginObject();
  json.Key("ID");
  json.String(event.id);
  json.Key("Name");
  json.String(event.name);
  json.Key("Payload");
  json.Bytes(event.payload);
  json.Key("NodeFilter");
  json.String(event.node_filter);
  json.Key("ServiceFilter");
  json.String(event.service_filter);
  json.Key("TagFilter");
  json.String(event.tag_filter);
  json.Key("Version");
  json.Number(1);
  json.Key("LTime");
  json.Number(event.ltime);
  json.EndObject();
}

// Whoever reads the events matches; what nobody could match is refused.
absl::Status CheckFilter(const char* what, const std::string& pattern) {
  if (pattern.empty()) return absl::OkStatus();
  const absl::Status status = filter::Regex::Compile(pattern).status();
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("Invalid ", what, " filter: ", status.message()));
}

absl::StatusOr<Response> Fire(const api::Context& context, const Request& request,
                              absl::string_view name) {
  api::Event event{.name = std::string(name),
                   .payload = request.body,
                   .node_filter = std::string(request.Query("node").value_or("")),
                   .service_filter = std::string(request.Query("service").value_or("")),
                   .tag_filter = std::string(request.Query("tag").value_or(""))};
  if (name.empty()) return absl::InvalidArgumentError("Missing name");
  if (!event.tag_filter.empty() && event.service_filter.empty()) {
    return absl::FailedPreconditionError("Cannot provide tag filter without service filter");
  }
  KONSUL_RETURN_IF_ERROR(CheckFilter("node", event.node_filter));
  KONSUL_RETURN_IF_ERROR(CheckFilter("service", event.service_filter));
  KONSUL_RETURN_IF_ERROR(CheckFilter("tag", event.tag_filter));
  KONSUL_ASSIGN_OR_RETURN(event.id, api::FireEvent(context, event));
  return JsonReply(request, [&](JsonWriter& json) { WriteEvent(event, json); });
}

absl::StatusOr<Response> List(const api::Context& context, const Request& request,
                              absl::string_view) {
  const absl::string_view name = request.Query("name").value_or("");
  return BlockingRead(
      context, request, [&](const api::ReadOptions& options) -> absl::StatusOr<Response> {
        KONSUL_ASSIGN_OR_RETURN(const auto reply, api::Events(context, name, options));
        Response response = JsonReply(request, [&](JsonWriter& json) {
          json.BeginArray();
          for (const api::Event& event : reply.events) WriteEvent(event, json);
          json.EndArray();
        });
        SetReadHeaders(reply.meta, response);
        return response;
      });
}

}  // namespace

void AddEventRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view rest) {
      return OrError(function(context, request, rest));
    });
  };
  add("PUT", "/v1/event/fire/", &Fire);
  add("GET", "/v1/event/list", &List);
}

}  // namespace konsul::net_api
