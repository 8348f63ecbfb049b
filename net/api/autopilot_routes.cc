#include "net/api/autopilot_routes.h"

#include <cstdint>
#include <string>
#include <vector>

#include "core/api/health.h"
#include "core/base/status.h"
#include "core/server/node_uuid.h"
#include "net/api/json_body.h"
#include "net/api/parameters.h"
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

std::string IdOf(const api::ServerHealth& server) {
  return server::NodeUuid(server.peer.member.id);
}

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

// What cannot be configured, but is as it is, under Consul's names.
struct Configuration {
  bool cleanup_dead_servers = false;  // a server is removed by people only
  Duration last_contact_threshold;
  uint64_t max_trailing_logs = 0;
  uint64_t min_quorum = 0;
  Duration server_stabilization_time{};  // a learner votes once it has caught up
  std::string redundancy_zone_tag, upgrade_version_tag;
  bool disable_upgrade_migration = false;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

Configuration ConfigurationOf(const api::Context& context) {
  return {.last_contact_threshold = context.options.health.last_contact_max,
          .max_trailing_logs = context.options.health.trailing_max};
}

absl::StatusOr<Response> GetConfiguration(const api::Context& context, const Request& request) {
  const Configuration now = ConfigurationOf(context);
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("CleanupDeadServers");
    json.Bool(now.cleanup_dead_servers);
    json.Key("LastContactThreshold");
    json.String(FormatDuration(now.last_contact_threshold));
    json.Key("MaxTrailingLogs");
    json.Number(now.max_trailing_logs);
    json.Key("MinQuorum");
    json.Number(now.min_quorum);
    json.Key("ServerStabilizationTime");
    json.String(FormatDuration(now.server_stabilization_time));
    json.Key("RedundancyZoneTag");
    json.String(now.redundancy_zone_tag);
    json.Key("DisableUpgradeMigration");
    json.Bool(now.disable_upgrade_migration);
    json.Key("UpgradeVersionTag");
    json.String(now.upgrade_version_tag);
    json.Key("CreateIndex");
    json.Number(0);
    json.Key("ModifyIndex");
    json.Number(0);
    json.EndObject();
  });
}

// Whoever wants what is so already is told that it is.
absl::StatusOr<Response> SetConfiguration(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(request.body));
  const Configuration now = ConfigurationOf(context);
  Configuration wanted = now;
  ObjectReader reader(value);
  reader.Known({"CleanupDeadServers", "LastContactThreshold", "MaxTrailingLogs", "MinQuorum",
                "ServerStabilizationTime", "RedundancyZoneTag", "DisableUpgradeMigration",
                "UpgradeVersionTag", "CreateIndex", "ModifyIndex"});
  reader.Bool("CleanupDeadServers", wanted.cleanup_dead_servers);
  reader.Time("LastContactThreshold", wanted.last_contact_threshold);
  reader.Number("MaxTrailingLogs", wanted.max_trailing_logs);
  reader.Number("MinQuorum", wanted.min_quorum);
  reader.Time("ServerStabilizationTime", wanted.server_stabilization_time);
  reader.Text("RedundancyZoneTag", wanted.redundancy_zone_tag);
  reader.Bool("DisableUpgradeMigration", wanted.disable_upgrade_migration);
  reader.Text("UpgradeVersionTag", wanted.upgrade_version_tag);
  KONSUL_RETURN_IF_ERROR(reader.status());
  KONSUL_ASSIGN_OR_RETURN(const auto cas, ParseNumber(request, "cas"));
  if (cas.value_or(0) != 0) return JsonReply(request, [](JsonWriter& json) { json.Bool(false); });
  if (wanted != now) {
    return absl::InvalidArgumentError(
        "autopilot's configuration cannot be changed; GET tells what it is");
  }
  return JsonReply(request, [](JsonWriter& json) { json.Bool(true); });
}

}  // namespace

void AddAutopilotRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view) {
      return OrError(function(context, request));
    });
  };
  add("GET", "/v1/operator/autopilot/configuration", &GetConfiguration);
  add("PUT", "/v1/operator/autopilot/configuration", &SetConfiguration);
  add("GET", "/v1/operator/autopilot/health", &Health);
  add("GET", "/v1/operator/autopilot/state", &State);
}

}  // namespace konsul::net_api
