#include "net/api/metrics_routes.h"

#include <vector>

#include "core/api/metrics.h"
#include "core/base/status.h"
#include "net/api/metrics_text.h"
#include "net/api/reply.h"

namespace konsul::net_api {
namespace {

absl::StatusOr<http::Response> AgentMetrics(const api::Context& context,
                                            const http::Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const std::vector<api::Metric> metrics, api::Metrics(context));
  if (request.Query("format") == "prometheus") {
    http::Response response;
    response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = PrometheusText(metrics);
    return response;
  }
  return JsonReply(request, [&](JsonWriter& json) {
    WriteConsulMetrics(metrics, context.clock.WallNow(), json);
  });
}

}  // namespace

void AddMetricsRoutes(const api::Context& context, Router& router) {
  router.Add("GET", "/v1/agent/metrics",
             [context](const http::Request& request, absl::string_view) {
               return OrError(AgentMetrics(context, request));
             });
}

}  // namespace konsul::net_api
