#include "net/api/autopilot_routes.h"

#include <string>
#include <vector>

#include "core/api/health.h"
#include "core/base/status.h"
#include "net/api/reply.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

// There is no gossip yet that could tell more than the leader knows.
absl::string_view Liveness(const api::ServerHealth& server) {
  return server.reachable ? "alive" : "failed";
}

std::string IdOf(const api::ServerHealth& server) { return ToHex(server.peer.member.id.value); }

void WriteBeginning(const api::ServerHealth& server, absl::string_view liveness_key,
                    JsonWriter& json) {
  json.Key("ID");
  json.String(IdOf(server));
  json.Key("Name");
  json.String(server.peer.member.name);
  json.Key("Address");
  json.String(server.peer.member.address);
  json.Key(liveness_key);
  json.String(Liveness(server));
}

void WriteEnd(const api::ServerHealth& server, Term term, JsonWriter& json) {
  json.Key("LastContact");
  json.String(FormatDuration(server.last_contact));
  json.Key("LastTerm");
  json.Number(term.value);
  json.Key("LastIndex");
  json.Number(server.last_index.value);
  json.Key("Healthy");
  json.Bool(server.healthy);
}

absl::StatusOr<Response> Health(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const api::ClusterHealth health, api::Health(context));
  Response response = JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("Healthy");
    json.Bool(health.healthy);
    json.Key("FailureTolerance");
    json.Number(health.failure_tolerance);
    json.Key("Servers");
    json.BeginArray();
    for (const api::ServerHealth& server : health.servers) {
      json.BeginObject();
      WriteBeginning(server, "SerfStatus", json);
      json.Key("Leader");
      json.Bool(server.peer.leader);
      WriteEnd(server, health.term, json);
      json.Key("Voter");
      json.Bool(server.peer.voter);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  });
  // What monitors of Consul look at.
  if (!health.healthy) response.status = 429;
  return response;
}

absl::string_view Status(const server::Peer& peer) {
  return peer.leader ? "leader" : peer.voter ? "voter" : peer.leaving ? "non-voter" : "staging";
}

absl::StatusOr<Response> State(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const api::ClusterHealth health, api::Health(context));
  return JsonReply(request, [&](JsonWriter& json) {
    std::string leader;
    std::vector<std::string> voters;
    json.BeginObject();
    json.Key("Healthy");
    json.Bool(health.healthy);
    json.Key("FailureTolerance");
    json.Number(health.failure_tolerance);
    json.Key("OptimisticFailureTolerance");
    json.Number(health.failure_tolerance);
    json.Key("Servers");
    json.BeginObject();
    for (const api::ServerHealth& server : health.servers) {
      if (server.peer.leader) leader = IdOf(server);
      if (server.peer.voter) voters.push_back(IdOf(server));
      json.Key(IdOf(server));
      json.BeginObject();
      WriteBeginning(server, "NodeStatus", json);
      WriteEnd(server, health.term, json);
      json.Key("ReadReplica");
      json.Bool(false);
      json.Key("Status");
      json.String(Status(server.peer));
      json.Key("NodeType");
      json.String("voter");
      json.EndObject();
    }
    json.EndObject();
    json.Key("Leader");
    json.String(leader);
    json.Key("Voters");
    json.BeginArray();
    for (const std::string& voter : voters) json.String(voter);
    json.EndArray();
    json.EndObject();
  });
}

}  // namespace

void AddAutopilotRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view path, auto function) {
    router.Add("GET", path, [context, function](const Request& request, absl::string_view) {
      return OrError(function(context, request));
    });
  };
  add("/v1/operator/autopilot/health", &Health);
  add("/v1/operator/autopilot/state", &State);
}

}  // namespace konsul::net_api
