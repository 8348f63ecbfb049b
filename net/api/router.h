// Which handler a path and a method belong to, and what everyone else is told.
#ifndef KONSUL_NET_API_ROUTER_H_
#define KONSUL_NET_API_ROUTER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/http/message.h"

namespace konsul::net_api {

// `rest` is the decoded path behind the route's own: the key in /v1/kv/KEY.
using RouteHandler =
    std::function<http::Response(const http::Request& request, absl::string_view rest)>;

// OPTIONS is answered with Allow, a method that a route has no handler for with 405 and Allow, a
// path without a route with 404, and a prefix asked for without its '/' with a redirect to it.
// Filled once, then only read.
class Router {
 public:
  // `path` is matched whole, or as a prefix when it ends in '/'; the longest route wins. Methods
  // are listed in Allow in the order in which they were added.
  void Add(absl::string_view method, absl::string_view path, RouteHandler handler);

  // Every path with its methods, as they were added, sorted by path.
  struct Route {
    std::string path;
    std::vector<std::string> methods;
  };
  std::vector<Route> List() const;

  // Suspends as the route's handler does.
  http::Response Handle(const http::Request& request) const;

 private:
  struct Method {
    std::string name;
    RouteHandler handler;
  };
  using Methods = std::vector<Method>;
  using Routes = std::map<std::string, Methods>;

  Routes::const_iterator Find(const std::string& path) const;

  Routes routes_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_ROUTER_H_
