#include "net/api/status_routes.h"

#include <string>

#include "core/api/status.h"
#include "net/api/reply.h"

namespace konsul::net_api {

void AddStatusRoutes(const api::Context& context, Router& router) {
  router.Add("GET", "/v1/status/leader",
             [context](const http::Request& request, absl::string_view) {
               return JsonReply(request,
                                [&](JsonWriter& json) { json.String(api::StatusLeader(context)); });
             });
  router.Add("GET", "/v1/status/peers", [context](const http::Request& request, absl::string_view) {
    return JsonReply(request, [&](JsonWriter& json) {
      json.BeginArray();
      for (const std::string& peer : api::StatusPeers(context)) json.String(peer);
      json.EndArray();
    });
  });
}

}  // namespace konsul::net_api
