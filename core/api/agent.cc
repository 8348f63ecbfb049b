#include "core/api/agent.h"

#include <utility>

#include "core/base/status.h"
#include "core/env/network.h"
#include "core/server/node_uuid.h"
#include "core/server/registrar.h"

namespace konsul::api {

absl::StatusOr<std::vector<AgentMember>> AgentMembers(const Context& context) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members,
                          context.cluster.Members(true, context.AdminDeadline()));
  const server::ServerStats stats = context.cluster.Stats();
  std::vector<AgentMember> out;
  for (const server::Peer& peer : members.peers) {
    AgentMember member{.id = server::NodeUuid(peer.member.id),
                       .name = peer.member.name,
                       .address = peer.member.address};
    if (const auto address = env::Endpoint::Parse(peer.member.address); address.ok()) {
      member.host = address->host;
      member.port = address->port;
    }
    member.voter = peer.voter;
    member.leader = peer.leader;
    // A follower knows of the leader only; of others it has heard nothing bad.
    member.alive = !peer.progress || peer.progress->last_contact < server::Registrar::kSilenceMax;
    if (peer.leader && peer.member.id != stats.id) {
      member.alive = stats.last_contact < server::Registrar::kSilenceMax;
    }
    out.push_back(std::move(member));
  }
  return out;
}

}  // namespace konsul::api
