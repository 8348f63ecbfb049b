// GET and PUT /v1/snapshot (docs/api/snapshot.md).
#ifndef KONSUL_NET_API_SNAPSHOT_ROUTES_H_
#define KONSUL_NET_API_SNAPSHOT_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"
#include "net/http/message.h"

namespace konsul::net_api {

void AddSnapshotRoutes(const api::Context& context, Router& router);

// Whether a request's body is an archive, which is not gathered in memory (http::ServerOptions).
bool BringsArchive(const http::Request& request);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_SNAPSHOT_ROUTES_H_
