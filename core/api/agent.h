// What this server says of itself and of the servers that it knows
// (https://developer.hashicorp.com/consul/api-docs/agent).
#ifndef KONSUL_CORE_API_AGENT_H_
#define KONSUL_CORE_API_AGENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/api/context.h"

namespace konsul::api {

struct AgentMember {
  std::string id, name, address, host;
  uint16_t port = 0;
  bool voter = false;
  bool alive = false;
  bool leader = false;
};
// All servers, as this one sees them.
absl::StatusOr<std::vector<AgentMember>> AgentMembers(const Context& context);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_AGENT_H_
