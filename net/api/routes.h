// The whole HTTP API of a server: what net/http is given to serve.
#ifndef KONSUL_NET_API_ROUTES_H_
#define KONSUL_NET_API_ROUTES_H_

#include <string>

#include "core/api/context.h"
#include "net/api/router.h"
#include "net/http/message.h"

namespace konsul::net_api {

// Owned by the composition root; outlives the HTTP server that uses its handler, and is outlived by
// what the context refers to.
//
//   net_api::Routes routes({.consensus = server, .cluster = server, .store = store, .clock =
//   clock}); http_server.Serve(listener, routes.handler());
class Routes {
 public:
  explicit Routes(const api::Context& context);
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  // Suspends until the request is answered; never blocks the thread. The request must have a
  // printable path, as net/http makes sure.
  http::Response Handle(const http::Request& request) const;
  const Router& router() const { return router_; }
  // Refers to this object.
  http::Handler handler() const {
    return [this](const http::Request& request) { return Handle(request); };
  }

 private:
  http::Response Answer(const http::Request& request) const;

  const std::string datacenter_;
  const std::string version_;
  Router router_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_ROUTES_H_
