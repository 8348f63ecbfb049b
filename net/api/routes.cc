#include "net/api/routes.h"

#include "net/api/kv_routes.h"
#include "net/api/status_routes.h"

namespace konsul::net_api {

Routes::Routes(const api::Context& context) {
  AddKvRoutes(context, router_);
  AddStatusRoutes(context, router_);
}

}  // namespace konsul::net_api
