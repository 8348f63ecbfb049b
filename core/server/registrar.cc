#include "core/server/registrar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/env/network.h"
#include "core/server/node_uuid.h"
#include "core/state/catalog_reader.h"
#include "core/state/keys.h"
#include "core/wire/command.h"

namespace konsul::server {
namespace {

constexpr absl::string_view kCheckName = "Serf Health Status";
constexpr Duration kProposalTimeout = 5s;

std::string HostOf(const raft::Member& member) {
  const auto endpoint = env::Endpoint::Parse(member.address);
  return endpoint.ok() ? endpoint->host : member.address;
}

// As Consul names them; a host that is no IP address has no family.
wire::Pairs TaggedAddresses(absl::string_view host) {
  const bool v4 = !host.empty() && host.find_first_not_of("0123456789.") == host.npos;
  const bool v6 = host.find(':') != host.npos;
  wire::Pairs tagged = {{"lan", host}};
  if (v4 || v6) tagged.emplace_back(v4 ? "lan_ipv4" : "lan_ipv6", host);
  tagged.emplace_back("wan", host);
  if (v4 || v6) tagged.emplace_back(v4 ? "wan_ipv4" : "wan_ipv6", host);
  return tagged;
}

}  // namespace

std::optional<std::string> Registrar::NextCommand(const Membership& members) const {
  const auto txn = store_.Read();
  const wire::Pairs meta = {{"consul-network-segment", ""}, {"consul-version", version_}};
  // First those that are gone: they may have the id of a server that is there.
  const auto nodes = state::ListNodes(*txn);
  if (!nodes.ok()) return std::nullopt;
  for (const wire::Node& node : nodes->nodes) {
    if (!IsNodeUuid(node.id)) continue;
    const bool member = std::any_of(
        members.peers.begin(), members.peers.end(),
        [&](const Peer& peer) { return absl::EqualsIgnoreCase(peer.member.name, node.name); });
    if (!member) return wire::EncodeCommand(wire::Deregister{node.name});
  }
  for (const Peer& peer : members.peers) {
    const std::string id = NodeUuid(peer.member.id);
    const std::string address = HostOf(peer.member);
    const absl::string_view status = IsAlive(peer) ? "passing" : "critical";
    const auto node = state::FindNode(*txn, peer.member.name);
    if (!node.ok()) return std::nullopt;
    if (mutation::On(Mutation::kReaperTakesLiveNode) && !peer.leader &&
        !(peer.progress && peer.progress->last_contact < kSilenceMax / 5)) {
      if (*node) return wire::EncodeCommand(wire::Deregister{peer.member.name});
      continue;
    }
    // Whoever took the name of a server, or was one before, is another node; but of two members
    // with one name the first stays.
    if (*node && !(*node)->id.empty() && !absl::EqualsIgnoreCase((*node)->id, id)) {
      const bool namesake =
          std::any_of(members.peers.begin(), members.peers.end(), [&](const Peer& other) {
            return NodeUuid(other.member.id) == (*node)->id &&
                   absl::EqualsIgnoreCase(other.member.name, peer.member.name);
          });
      if (namesake) continue;
      return wire::EncodeCommand(wire::Deregister{peer.member.name});
    }
    const wire::Pairs tagged = TaggedAddresses(address);
    const bool right = *node && (*node)->id == id && (*node)->address == address &&
                       (*node)->tagged_addresses == tagged && (*node)->meta == meta;
    const auto bytes =
        txn->Get(state::Table::kChecks, state::CheckKey(peer.member.name, state::kAliveCheck));
    const auto check = bytes ? wire::DecodeCheck(*bytes) : wire::Check();
    if (!check.ok()) return std::nullopt;
    if (right && check->status == status) continue;
    const wire::Register command{
        .node = {.id = id,
                 .name = peer.member.name,
                 .address = address,
                 .datacenter = datacenter_,
                 .tagged_addresses = tagged,
                 .meta = meta},
        .skip_node = right,
        .checks = {{.node = peer.member.name,
                    .id = state::kAliveCheck,
                    .name = kCheckName,
                    .status = status,
                    .output = IsAlive(peer) ? "Agent alive and reachable"
                                            : "Agent not live or unreachable"}}};
    return wire::EncodeCommand(command);
  }
  return std::nullopt;
}

bool Registrar::IsAlive(const Peer& peer) const {
  const auto it = silent_looks_.find(peer.member.id);
  return it == silent_looks_.end() || it->second < kSilentLooksMax;
}

void Registrar::Look(const Membership& members) {
  std::map<NodeId, int> looks;
  for (const Peer& peer : members.peers) {
    const bool silent = peer.progress && peer.progress->last_contact > kInterval;
    if (silent) looks[peer.member.id] = silent_looks_[peer.member.id] + 1;
  }
  silent_looks_ = std::move(looks);
}

absl::Status Registrar::Keep() {
  bool looked = false;
  while (cluster_.Stats().role == raft::Role::kLeader) {
    const Instant deadline = world_.clock.Now() + kProposalTimeout;
    KONSUL_ASSIGN_OR_RETURN(const Membership members, cluster_.Members(true, deadline));
    if (!looked) Look(members);
    looked = true;
    const std::optional<std::string> command = NextCommand(members);
    if (!command) break;
    KONSUL_ASSIGN_OR_RETURN(const std::string bytes, consensus_.Execute(*command, deadline));
    KONSUL_ASSIGN_OR_RETURN(const auto result, wire::DecodeCommandResult(bytes));
    if (!result.error.empty()) return absl::InternalError(result.error);
  }
  if (!looked) silent_looks_.clear();
  return absl::OkStatus();
}

void Registrar::Run() {
  while (true) {
    const absl::Status status = Keep();
    if (absl::IsCancelled(status)) return;
    if (!status.ok()) world_.logger.Warn("catalog", status.message());
    if (!world_.scheduler.SleepUntil(world_.clock.Now() + kInterval).ok()) return;
  }
}

}  // namespace konsul::server
