// /v1/session: docs/api/session.md.
#ifndef KONSUL_NET_API_SESSION_ROUTES_H_
#define KONSUL_NET_API_SESSION_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddSessionRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_SESSION_ROUTES_H_
