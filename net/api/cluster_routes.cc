#include "net/api/cluster_routes.h"

#include <string>

#include "core/api/membership.h"
#include "core/base/status.h"
#include "net/api/json_body.h"
#include "net/api/parameters.h"
#include "net/api/reply.h"
#include "net/api/stats_json.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

// These paths are our own, so a request that makes no sense now is told apart from a failure.
Response Answer(absl::StatusOr<Response> response) {
  const bool conflict = absl::IsFailedPrecondition(response.status());
  Response answer = OrError(std::move(response));
  if (conflict) answer.status = 409;
  return answer;
}

absl::StatusOr<Response> Status(const api::Context& context, const Request& request,
                                absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members, api::Members(context, true));
  const server::ServerStats stats = context.cluster.Stats();
  return JsonReply(request, [&](JsonWriter& json) { WriteStatus(stats, members, json); });
}

absl::StatusOr<Response> Leader(const api::Context& context, const Request& request,
                                absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members, api::Members(context, true));
  const server::Peer* leader = api::FindLeader(members);
  if (leader == nullptr) return absl::UnavailableError("No cluster leader");
  return JsonReply(request, [&](JsonWriter& json) { WriteMember(leader->member, json); });
}

absl::StatusOr<Response> Peers(const api::Context& context, const Request& request,
                               absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const auto consistency, ParseConsistency(request));
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members,
                          api::Members(context, consistency == server::Consistency::kStale));
  return JsonReply(request, [&](JsonWriter& json) { WriteMembership(members, json); });
}

absl::StatusOr<Response> Join(const api::Context& context, const Request& request,
                              absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const std::string address, ReadText(request.body, "address"));
  KONSUL_RETURN_IF_ERROR(api::Join(context, address));
  return SuccessReply(request);
}

absl::StatusOr<Response> Leave(const api::Context& context, const Request& request,
                               absl::string_view who) {
  if (who.empty()) {
    return absl::InvalidArgumentError("which server? /v1/cluster/leave/ID, or its name or address");
  }
  KONSUL_RETURN_IF_ERROR(api::Remove(context, who));
  return SuccessReply(request);
}

absl::StatusOr<Response> Snapshot(const api::Context& context, const Request& request,
                                  absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const Index index,
                          context.cluster.TakeSnapshot(context.SnapshotDeadline()));
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("Index");
    json.Number(index.value);
    json.EndObject();
  });
}

absl::StatusOr<Response> Stats(const api::Context& context, const Request& request,
                               absl::string_view) {
  const server::ServerStats stats = context.cluster.Stats();
  return JsonReply(request, [&](JsonWriter& json) { WriteStats(stats, json); });
}

}  // namespace

void AddClusterRoutes(const api::Context& context, Router& router) {
  const auto get = [&](absl::string_view path, auto function) {
    router.Add("GET", path, [context, function](const Request& request, absl::string_view rest) {
      return Answer(function(context, request, rest));
    });
  };
  const auto change = [&](absl::string_view path, auto function) {
    for (const char* method : {"POST", "PUT"}) {
      router.Add(method, path, [context, function](const Request& request, absl::string_view rest) {
        return Answer(function(context, request, rest));
      });
    }
  };
  get("/v1/cluster/status", &Status);
  get("/v1/cluster/leader", &Leader);
  get("/v1/cluster/peers", &Peers);
  get("/v1/cluster/stats", &Stats);
  change("/v1/cluster/join", &Join);
  change("/v1/cluster/leave/", &Leave);
  change("/v1/cluster/snapshot", &Snapshot);
}

}  // namespace konsul::net_api
