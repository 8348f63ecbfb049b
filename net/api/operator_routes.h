// /v1/operator/raft/* over HTTP: docs/api/operator.md.
#ifndef KONSUL_NET_API_OPERATOR_ROUTES_H_
#define KONSUL_NET_API_OPERATOR_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddOperatorRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_OPERATOR_ROUTES_H_
