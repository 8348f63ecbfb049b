#include "net/api/catalog_routes.h"

#include <algorithm>

#include "core/api/catalog.h"
#include "core/base/status.h"
#include "net/api/blocking.h"
#include "net/api/filtering.h"
#include "net/api/json_body.h"
#include "net/api/node_json.h"
#include "net/api/reply.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

Response True(const Request& request) {
  return JsonReply(request, [](JsonWriter& json) { json.Bool(true); });
}

// `null` is as good as {}.
absl::StatusOr<boost::json::value> ParseObject(absl::string_view body) {
  KONSUL_ASSIGN_OR_RETURN(boost::json::value value, ParseJson(body));
  if (value.is_null()) value.emplace_object();
  return value;
}

absl::Status ReadCheck(const boost::json::value& value, std::vector<api::Check>& checks) {
  ObjectReader reader(value);
  api::Check& check = checks.emplace_back();
  reader.Text("Node", check.node);
  reader.Text("ServiceID", check.service);
  reader.Text("CheckID", check.id);
  reader.Text("Name", check.name);
  reader.Text("Status", check.status);
  reader.Text("Notes", check.notes);
  reader.Text("Output", check.output);
  reader.Text("Type", check.type);
  return reader.status();
}

absl::StatusOr<Response> Register(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseObject(request.body));
  api::RegisterRequest reg;
  KONSUL_ASSIGN_OR_RETURN(reg.node, ReadNodeJson(value));
  ObjectReader reader(value);
  reader.Bool("SkipNodeUpdate", reg.skip_node_update);
  if (const auto* checks = reader.List("Checks")) {
    for (const boost::json::value& check : *checks) {
      KONSUL_RETURN_IF_ERROR(ReadCheck(check, reg.checks));
    }
  }
  if (const auto* check = reader.Object("Check")) {
    KONSUL_RETURN_IF_ERROR(ReadCheck(*check, reg.checks));
  }
  KONSUL_RETURN_IF_ERROR(reader.status());
  KONSUL_RETURN_IF_ERROR(api::Register(context, reg));
  return True(request);
}

absl::StatusOr<Response> Deregister(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseObject(request.body));
  ObjectReader reader(value);
  api::DeregisterRequest dereg;
  reader.Text("Node", dereg.node);
  reader.Text("Datacenter", dereg.datacenter);
  reader.Text("ServiceID", dereg.service);
  reader.Text("CheckID", dereg.check);
  KONSUL_RETURN_IF_ERROR(reader.status());
  KONSUL_RETURN_IF_ERROR(api::Deregister(context, dereg));
  return True(request);
}

// Whether the node has all of these.
bool HasMeta(const api::Node& node, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    const auto found = node.meta.find(pair.first);
    return found != node.meta.end() && found->second == pair.second;
  });
}

absl::StatusOr<Response> ReadNodes(const api::Context& context, const Request& request,
                                   const api::ReadOptions& options) {
  KONSUL_ASSIGN_OR_RETURN(const ItemFilter filter, ItemFilter::Make(request, NodeType()));
  KONSUL_ASSIGN_OR_RETURN(auto reply, api::Nodes(context, options));
  const auto meta = ParseNodeMeta(request);
  std::erase_if(reply.nodes, [&](const api::Node& node) { return !HasMeta(node, meta); });
  filter.Apply<api::Node>(reply.nodes, &WriteNode);
  Response response = JsonReply(request, [&](JsonWriter& json) {
    json.BeginArray();
    for (const api::Node& node : reply.nodes) WriteNode(node, json);
    json.EndArray();
  });
  SetReadHeaders(reply.meta, response);
  return response;
}

absl::StatusOr<Response> Nodes(const api::Context& context, const Request& request) {
  return BlockingRead(context, request, [&](const api::ReadOptions& options) {
    return ReadNodes(context, request, options);
  });
}

}  // namespace

void AddCatalogRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view) {
      return OrError(function(context, request));
    });
  };
  add("PUT", "/v1/catalog/register", &Register);
  add("PUT", "/v1/catalog/deregister", &Deregister);
  add("GET", "/v1/catalog/nodes", &Nodes);
}

}  // namespace konsul::net_api
