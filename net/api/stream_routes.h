// GET /v1/stream, a change stream as server-sent events: docs/api/stream.md.
#ifndef KONSUL_NET_API_STREAM_ROUTES_H_
#define KONSUL_NET_API_STREAM_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

// Nothing when the server has no streams.
void AddStreamRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_STREAM_ROUTES_H_
