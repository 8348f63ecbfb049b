#include "core/api/health.h"

#include <algorithm>
#include <utility>

#include "core/api/membership.h"
#include "core/base/status.h"

namespace konsul::api {
namespace {

ServerHealth HealthOf(const server::Peer& peer, Index last_index, const HealthLimits& limits) {
  ServerHealth health{.peer = peer};
  if (peer.leader) {
    health.last_index = last_index;
    health.reachable = health.healthy = true;
  } else if (peer.progress.has_value()) {
    health.last_contact = peer.progress->last_contact;
    health.last_index = peer.progress->match;
    health.reachable = health.last_contact <= limits.last_contact_max;
    const bool close = peer.progress->match + limits.trailing_max >= last_index;
    health.healthy = health.reachable && close && !peer.progress->snapshot;
  }
  return health;
}

}  // namespace

ClusterHealth HealthOf(const server::Membership& members, const HealthLimits& limits) {
  ClusterHealth health{.healthy = FindLeader(members) != nullptr, .term = members.term};
  size_t voters = 0;
  size_t healthy_voters = 0;
  for (const server::Peer& peer : members.peers) {
    health.servers.push_back(HealthOf(peer, members.last_index, limits));
    const bool well = health.servers.back().healthy;
    health.healthy = health.healthy && well;
    if (peer.voter) ++voters;
    if (peer.voter && well) ++healthy_voters;
  }
  const size_t quorum = voters / 2 + 1;
  health.failure_tolerance = healthy_voters > quorum ? healthy_voters - quorum : 0;
  return health;
}

absl::StatusOr<ClusterHealth> Health(const Context& context) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members, Members(context, false));
  return HealthOf(members, context.options.health);
}

}  // namespace konsul::api
