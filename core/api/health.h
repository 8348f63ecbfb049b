// Whether the servers are well and how many may fail, as the leader sees them
// (https://developer.hashicorp.com/consul/api-docs/operator/autopilot).
#ifndef KONSUL_CORE_API_HEALTH_H_
#define KONSUL_CORE_API_HEALTH_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "core/api/context.h"

namespace konsul::api {

struct ServerHealth {
  server::Peer peer;
  Duration last_contact{};  // with the leader; 0 on it
  Index last_index;         // of its log, as far as the leader knows
  bool reachable = false;   // answered the leader recently
  bool healthy = false;     // and is not far behind
};

struct ClusterHealth {
  bool healthy = false;          // all servers are
  size_t failure_tolerance = 0;  // healthy voters that may fail without an outage
  Term term;
  std::vector<ServerHealth> servers;  // ascending by id
};

// Of a membership as the leader sees it. While a change is under way, the voters to come count.
ClusterHealth HealthOf(const server::Membership& members, const HealthLimits& limits);

absl::StatusOr<ClusterHealth> Health(const Context& context);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_HEALTH_H_
