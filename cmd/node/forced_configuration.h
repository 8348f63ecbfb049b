// A configuration that no majority has agreed upon: the way out when a majority is lost for good.
#ifndef KONSUL_CMD_NODE_FORCED_CONFIGURATION_H_
#define KONSUL_CMD_NODE_FORCED_CONFIGURATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/raft/configuration.h"
#include "core/raft/log_storage.h"
#include "core/raft/raft.h"

namespace konsul::node {

// One server that shall vote. What is empty is taken from the configuration in force.
struct ForcedVoter {
  NodeId id;
  std::string address;
};

// "65820283d6f56f44" or "65820283d6f56f44@10.0.0.1:8300". InvalidArgument.
absl::StatusOr<ForcedVoter> ParseForcedVoter(const std::string& text);

struct ForcedConfiguration {
  raft::Configuration before;  // in force now, as far as this server knows
  Index before_index;
  raft::Configuration after;
  raft::HardState hard_state;
  raft::Entry entry;  // that makes it so
};

// What has to be written behind `recovered`, so that `voters` (only `self` if there are none)
// decide alone from then on. Who was a member and is none of them may not come back under its id.
// FailedPrecondition when the server was never part of a cluster, InvalidArgument when `self` is
// not among the voters or one of them is not known and has no address.
absl::StatusOr<ForcedConfiguration> ForceConfiguration(const raft::Recovered& recovered,
                                                       NodeId self,
                                                       std::vector<ForcedVoter> voters);

// Makes it durable; suspends. One batch: after a crash it is there or not.
absl::Status WriteForced(const ForcedConfiguration& forced, raft::LogStorage& log);

}  // namespace konsul::node

#endif  // KONSUL_CMD_NODE_FORCED_CONFIGURATION_H_
