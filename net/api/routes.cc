#include "net/api/routes.h"

#include "net/api/agent_routes.h"
#include "net/api/autopilot_routes.h"
#include "net/api/catalog_routes.h"
#include "net/api/cluster_routes.h"
#include "net/api/event_routes.h"
#include "net/api/kv_routes.h"
#include "net/api/metrics_routes.h"
#include "net/api/operator_routes.h"
#include "net/api/session_routes.h"
#include "net/api/snapshot_routes.h"
#include "net/api/status_routes.h"
#include "net/api/stream_routes.h"
#include "net/api/txn_routes.h"
#include "net/http/gzip.h"

namespace konsul::net_api {

Routes::Routes(const api::Context& context)
    : datacenter_(context.options.datacenter), version_(context.options.version) {
  AddAgentRoutes(context, router_);
  AddKvRoutes(context, router_);
  AddSessionRoutes(context, router_);
  AddSnapshotRoutes(context, router_);
  AddTxnRoutes(context, router_);
  AddCatalogRoutes(context, router_);
  AddEventRoutes(context, router_);
  AddStatusRoutes(context, router_);
  AddOperatorRoutes(context, router_);
  AddAutopilotRoutes(context, router_);
  AddClusterRoutes(context, router_);
  AddMetricsRoutes(context, router_);
  AddStreamRoutes(context, router_);
}

http::Response Routes::Handle(const http::Request& request) const {
  const auto datacenter = request.Query("dc");
  const bool elsewhere = datacenter && !datacenter->empty() && *datacenter != datacenter_;
  http::Response response =
      elsewhere ? http::Response::Text(500, "No path to datacenter") : router_.Handle(request);
  if (!version_.empty() && response.parked == nullptr) {
    response.headers.Set("Konsul-Version", version_);
  }
  http::PackIfWanted(request, response);
  return response;
}

}  // namespace konsul::net_api
