// /v1/status/leader and /v1/status/peers over HTTP: docs/api/status.md.
#ifndef KONSUL_NET_API_STATUS_ROUTES_H_
#define KONSUL_NET_API_STATUS_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddStatusRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_STATUS_ROUTES_H_
