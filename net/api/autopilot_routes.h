// /v1/operator/autopilot/* over HTTP: docs/api/operator.md.
#ifndef KONSUL_NET_API_AUTOPILOT_ROUTES_H_
#define KONSUL_NET_API_AUTOPILOT_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddAutopilotRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_AUTOPILOT_ROUTES_H_
