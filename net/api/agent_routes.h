// /v1/agent/self, /v1/agent/members, /v1/catalog/datacenters: docs/api/agent.md.
#ifndef KONSUL_NET_API_AGENT_ROUTES_H_
#define KONSUL_NET_API_AGENT_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddAgentRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_AGENT_ROUTES_H_
