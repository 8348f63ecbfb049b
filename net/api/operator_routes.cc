#include "net/api/operator_routes.h"

#include "core/api/membership.h"
#include "core/base/status.h"
#include "core/server/node_uuid.h"
#include "net/api/parameters.h"
#include "net/api/reply.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

// In Consul the third version is the one in which servers have ids apart from their addresses.
constexpr absl::string_view kProtocolVersion = "3";

Index LastIndexOf(const server::Peer& peer, const server::Membership& members) {
  if (peer.leader) return members.last_index;
  return peer.progress.has_value() ? peer.progress->match : Index();
}

absl::StatusOr<Response> Configuration(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const auto consistency, ParseConsistency(request));
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members,
                          api::Members(context, consistency == server::Consistency::kStale));
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("Servers");
    json.BeginArray();
    for (const server::Peer& peer : members.peers) {
      json.BeginObject();
      json.Key("ID");
      json.String(server::NodeUuid(peer.member.id));
      json.Key("Node");
      json.String(peer.member.name);
      json.Key("Address");
      json.String(peer.member.address);
      json.Key("Leader");
      json.Bool(peer.leader);
      json.Key("ProtocolVersion");
      json.String(kProtocolVersion);
      json.Key("Voter");
      json.Bool(peer.voter);
      json.Key("LastIndex");
      json.Number(LastIndexOf(peer, members).value);
      json.EndObject();
    }
    json.EndArray();
    json.Key("Index");
    json.Number(members.configuration_index.value);
    json.EndObject();
  });
}

absl::StatusOr<Response> TransferLeader(const api::Context& context, const Request& request) {
  KONSUL_RETURN_IF_ERROR(api::TransferLeadership(context, request.Query("id")));
  return SuccessReply(request);
}

absl::StatusOr<Response> RemovePeer(const api::Context& context, const Request& request) {
  const auto id = request.Query("id");
  const auto address = request.Query("address");
  if (!id && !address) {
    return absl::InvalidArgumentError(
        "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove");
  }
  if (id && address) {
    return absl::InvalidArgumentError("Must specify only one of ?id or ?address");
  }
  KONSUL_RETURN_IF_ERROR(id ? api::RemoveById(context, *id)
                            : api::RemoveByAddress(context, *address));
  return Response();
}

}  // namespace

void AddOperatorRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view) {
      return OrError(function(context, request));
    });
  };
  add("GET", "/v1/operator/raft/configuration", &Configuration);
  add("POST", "/v1/operator/raft/transfer-leader", &TransferLeader);
  add("PUT", "/v1/operator/raft/transfer-leader", &TransferLeader);
  add("DELETE", "/v1/operator/raft/peer", &RemovePeer);
}

}  // namespace konsul::net_api
