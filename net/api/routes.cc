#include "net/api/routes.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/api/agent_routes.h"
#include "net/api/autopilot_routes.h"
#include "net/api/catalog_routes.h"
#include "net/api/cluster_routes.h"
#include "net/api/event_routes.h"
#include "net/api/kv_routes.h"
#include "net/api/metrics_routes.h"
#include "net/api/operator_routes.h"
#include "net/api/reply.h"
#include "net/api/session_routes.h"
#include "net/api/snapshot_routes.h"
#include "net/api/status_routes.h"
#include "net/api/stream_routes.h"
#include "net/api/txn_routes.h"
#include "net/http/gzip.h"

namespace konsul::net_api {
namespace {

// There is one namespace in one partition, both called "default": whoever means another one must
// not read and write this one instead. In Consul's words.
absl::Status CheckTenancy(const http::Request& request) {
  struct Tenancy {
    absl::string_view parameter, header, plural;
  };
  static constexpr Tenancy kAll[] = {{"ns", "X-Consul-Namespace", "Namespaces"},
                                     {"partition", "X-Consul-Partition", "Partitions"}};
  const auto other = [](absl::string_view name) { return !name.empty() && name != "default"; };
  const auto refused = [](absl::string_view where, absl::string_view name, const Tenancy& what) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Invalid ", where, ": \"", name, "\" - ", what.plural, " are a Consul Enterprise feature"));
  };
  for (const Tenancy& each : kAll) {
    if (other(request.headers.Get(each.header).value_or(""))) {
      return refused("header", each.header, each);
    }
    if (other(request.Query(each.parameter).value_or(""))) {
      return refused("query parameter", each.parameter, each);
    }
  }
  return absl::OkStatus();
}

}  // namespace

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

http::Response Routes::Answer(const http::Request& request) const {
  if (const absl::Status status = CheckTenancy(request); !status.ok()) return ErrorReply(status);
  const auto datacenter = request.Query("dc");
  if (datacenter && !datacenter->empty() && *datacenter != datacenter_) {
    return http::Response::Text(500, "No path to datacenter");
  }
  return router_.Handle(request);
}

http::Response Routes::Handle(const http::Request& request) const {
  http::Response response = Answer(request);
  if (!version_.empty() && response.parked == nullptr) {
    response.headers.Set("Konsul-Version", version_);
  }
  http::PackIfWanted(request, response);
  return response;
}

}  // namespace konsul::net_api
