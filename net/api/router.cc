#include "net/api/router.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::net_api {
namespace {

http::Response Redirect(absl::string_view to, absl::string_view raw_target) {
  const size_t query = raw_target.find('?');
  http::Response response;
  response.status = 301;
  response.headers.Set(
      "Location",
      absl::StrCat(to, query == absl::string_view::npos ? "" : raw_target.substr(query)));
  return response;
}

}  // namespace

void Router::Add(absl::string_view method, absl::string_view path, RouteHandler handler) {
  routes_[std::string(path)].push_back({std::string(method), std::move(handler)});
}

std::vector<Router::Route> Router::List() const {
  std::vector<Route> list;
  for (const auto& [path, methods] : routes_) {
    Route& route = list.emplace_back(path);
    for (const Method& method : methods) route.methods.push_back(method.name);
  }
  return list;
}

Router::Routes::const_iterator Router::Find(const std::string& path) const {
  if (const auto exact = routes_.find(path); exact != routes_.end()) return exact;
  for (size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    const auto prefix = routes_.find(path.substr(0, slash + 1));
    if (prefix != routes_.end()) return prefix;
  }
  return routes_.end();
}

http::Response Router::Handle(const http::Request& request) const {
  const auto route = Find(request.path);
  if (route == routes_.end()) {
    const auto with_slash = routes_.find(absl::StrCat(request.path, "/"));
    if (with_slash != routes_.end()) return Redirect(with_slash->first, request.target);
    return http::Response::Text(
        404, absl::StartsWith(request.path, "/v1/")
                 ? "Invalid URL path: not a recognized HTTP API endpoint"
                 : "Invalid URL path: if attempting to use the HTTP API, ensure the path starts "
                   "with '/v1/'");
  }
  const auto& [path, methods] = *route;
  std::string allow = "OPTIONS";
  for (const Method& method : methods) {
    if (method.name == request.method) {
      return method.handler(request, absl::string_view(request.path).substr(path.size()));
    }
    absl::StrAppend(&allow, ",", method.name);
  }
  http::Response response;
  if (request.method != "OPTIONS") {
    response = http::Response::Text(405, absl::StrCat("method ", request.method, " not allowed"));
  }
  response.headers.Set("Allow", allow);
  return response;
}

}  // namespace konsul::net_api
