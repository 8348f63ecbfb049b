#include "net/api/agent_routes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/api/agent.h"
#include "core/api/agent_process.h"
#include "core/api/session.h"
#include "core/base/status.h"
#include "net/api/filtering.h"
#include "net/api/host_json.h"
#include "net/api/reply.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

// As gossip numbers them.
constexpr uint64_t kAlive = 1;
constexpr uint64_t kFailed = 4;
// Of Consul's agents, which clients show.
constexpr uint64_t kProtocol = 2;
constexpr uint64_t kProtocolMax = 3;

void Text(absl::string_view key, absl::string_view text, JsonWriter& json) {
  json.Key(key);
  json.String(text);
}

void Number(absl::string_view key, uint64_t number, JsonWriter& json) {
  json.Key(key);
  json.Number(number);
}

void WriteMember(const api::Context& context, const api::AgentMember& member,
                 absl::string_view suffix, JsonWriter& json) {
  json.BeginObject();
  Text("Name", absl::StrCat(member.name, suffix), json);
  Text("Addr", member.host, json);
  Number("Port", member.port, json);
  json.Key("Tags");
  json.BeginObject();
  Text("acls", "0", json);
  Text("build", context.options.version, json);
  Text("dc", context.options.datacenter, json);
  Text("id", member.id, json);
  Text("port", absl::StrCat(member.port), json);
  Text("raft_vsn", "3", json);
  if (!member.voter) Text("nonvoter", "1", json);
  Text("role", "consul", json);
  Text("segment", "", json);
  Text("vsn", absl::StrCat(kProtocol), json);
  Text("vsn_max", absl::StrCat(kProtocolMax), json);
  Text("vsn_min", absl::StrCat(kProtocol), json);
  json.EndObject();
  Number("Status", member.alive ? kAlive : kFailed, json);
  Number("ProtocolMin", 1, json);
  Number("ProtocolMax", 5, json);
  Number("ProtocolCur", kProtocol, json);
  Number("DelegateMin", 2, json);
  Number("DelegateMax", 5, json);
  Number("DelegateCur", 4, json);
  json.EndObject();
}

// What filters may ask of a member. Consul has Addr as bytes and lets them be asked for; as a text
// it can be compared.
const filter::Type& MemberType() {
  using filter::Type;
  static const auto* const kType = new Type(Type::Object({{"Name", Type::Text()},
                                                          {"Addr", Type::Text()},
                                                          {"Port", Type::Unsigned(16)},
                                                          {"Tags", Type::Map(Type::Text())},
                                                          {"Status", Type::Signed(64)},
                                                          {"ProtocolMin", Type::Unsigned(8)},
                                                          {"ProtocolMax", Type::Unsigned(8)},
                                                          {"ProtocolCur", Type::Unsigned(8)},
                                                          {"DelegateMin", Type::Unsigned(8)},
                                                          {"DelegateMax", Type::Unsigned(8)},
                                                          {"DelegateCur", Type::Unsigned(8)}}));
  return *kType;
}

absl::StatusOr<Response> Members(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const ItemFilter filter, ItemFilter::Make(request, MemberType()));
  KONSUL_ASSIGN_OR_RETURN(auto members, api::AgentMembers(context));
  // In the pool of all datacenters servers are called after theirs.
  const bool wan = !request.Query("wan").value_or("").empty();
  const std::string suffix = wan ? absl::StrCat(".", context.options.datacenter) : "";
  filter.Apply<api::AgentMember>(members, [&](const api::AgentMember& member, JsonWriter& json) {
    WriteMember(context, member, suffix, json);
  });
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginArray();
    for (const api::AgentMember& member : members) WriteMember(context, member, suffix, json);
    json.EndArray();
  });
}

void WriteStats(const api::Context& context, const server::ServerStats& stats,
                const std::vector<api::AgentMember>& members, JsonWriter& json) {
  const auto leader = std::find_if(members.begin(), members.end(),
                                   [](const api::AgentMember& member) { return member.leader; });
  const bool leads = stats.role == raft::Role::kLeader;
  const auto others = std::count_if(
      members.begin(), members.end(),
      [&](const api::AgentMember& member) { return member.voter && member.name != stats.name; });
  json.Key("build");
  json.BeginObject();
  Text("prerelease", "", json);
  Text("revision", "", json);
  Text("version", context.options.version, json);
  Text("version_metadata", "", json);
  json.EndObject();
  json.Key("consul");
  json.BeginObject();
  Text("acl", "disabled", json);
  Text("bootstrap", "false", json);
  Text("known_datacenters", "1", json);
  Text("leader", leads ? "true" : "false", json);
  Text("leader_addr", leader == members.end() ? "" : leader->address, json);
  Text("server", "true", json);
  json.EndObject();
  json.Key("raft");
  json.BeginObject();
  Text("applied_index", absl::StrCat(stats.applied.value), json);
  Text("commit_index", absl::StrCat(stats.commit.value), json);
  Text("last_contact", leads ? "0" : FormatDuration(stats.last_contact), json);
  Text("last_log_index", absl::StrCat(stats.last_index.value), json);
  Text("last_snapshot_index", absl::StrCat(stats.snapshot_index.value), json);
  Text("num_peers", absl::StrCat(others), json);
  Text("protocol_version", "3", json);
  Text("state",
       leads                                  ? "Leader"
       : stats.role == raft::Role::kCandidate ? "Candidate"
                                              : "Follower",
       json);
  Text("term", absl::StrCat(stats.term.value), json);
  json.EndObject();
}

absl::StatusOr<Response> Self(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const auto members, api::AgentMembers(context));
  const server::ServerStats stats = context.cluster.Stats();
  const auto self =
      std::find_if(members.begin(), members.end(),
                   [&](const api::AgentMember& member) { return member.name == stats.name; });
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("Config");
    json.BeginObject();
    Text("Datacenter", context.options.datacenter, json);
    Text("PrimaryDatacenter", context.options.datacenter, json);
    Text("NodeName", stats.name, json);
    Text("NodeID", self == members.end() ? "" : self->id, json);
    json.Key("Server");
    json.Bool(true);
    Text("Version", context.options.version, json);
    Number("SessionTTLMin", static_cast<uint64_t>(context.options.session_ttl_min.count()), json);
    json.EndObject();
    json.Key("DebugConfig");
    json.BeginObject();
    Number("SessionTTLMin", static_cast<uint64_t>(context.options.session_ttl_min.count()), json);
    json.EndObject();
    json.Key("Coord");
    json.Null();
    json.Key("Member");
    if (self == members.end()) {
      json.Null();
    } else {
      WriteMember(context, *self, "", json);
    }
    json.Key("Stats");
    json.BeginObject();
    WriteStats(context, stats, members, json);
    json.EndObject();
    json.Key("Meta");
    json.Null();
    json.EndObject();
  });
}

absl::StatusOr<Response> Version(const api::Context& context, const Request& request) {
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    Text("SHA", "", json);
    // Builds are the same whenever they are made, and do not say when.
    Text("BuildDate", "1970-01-01T00:00:01Z", json);
    Text("HumanVersion", context.options.version, json);
    Text("FIPS", "", json);
    json.EndObject();
  });
}

absl::StatusOr<Response> Host(const api::Context& context, const Request& request) {
  api::HostInfo host;
  if (context.process == nullptr) {
    host.errors.emplace_back("this server knows nothing of the machine that it runs on");
  } else {
    host = context.process->Host();
  }
  host.collected = context.clock.WallNow();
  return JsonReply(request, [&](JsonWriter& json) { WriteHost(host, json); });
}

// 200 without a body, as in the reference.
absl::StatusOr<Response> Reload(const api::Context& context, const Request&) {
  if (context.process == nullptr) {
    return absl::UnimplementedError("this server was started without a configuration to reload");
  }
  if (absl::Status status = context.process->Reload(); !status.ok()) {
    // Whatever is wrong with the file, it is not the request's fault.
    return Response::Text(500, status.message());
  }
  return Response();
}

absl::StatusOr<Response> Datacenters(const api::Context& context, const Request& request) {
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginArray();
    json.String(context.options.datacenter);
    json.EndArray();
  });
}

}  // namespace

void AddAgentRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view) {
      return OrError(function(context, request));
    });
  };
  add("GET", "/v1/agent/self", &Self);
  add("GET", "/v1/agent/members", &Members);
  add("GET", "/v1/agent/host", &Host);
  add("GET", "/v1/agent/version", &Version);
  add("PUT", "/v1/agent/reload", &Reload);
  add("GET", "/v1/catalog/datacenters", &Datacenters);
}

}  // namespace konsul::net_api
