// /v1/catalog: docs/api/catalog.md.
#ifndef KONSUL_NET_API_CATALOG_ROUTES_H_
#define KONSUL_NET_API_CATALOG_ROUTES_H_

#include "core/api/context.h"
#include "net/api/router.h"

namespace konsul::net_api {

void AddCatalogRoutes(const api::Context& context, Router& router);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_CATALOG_ROUTES_H_
