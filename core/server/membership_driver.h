// Changes of the membership, on the leader: servers that join, servers that leave, learners that
// have caught up, and handing over. Errors are as of Operator; Unavailable when this server does
// not lead (any more), and then the request may be made again.
#ifndef KONSUL_CORE_SERVER_MEMBERSHIP_DRIVER_H_
#define KONSUL_CORE_SERVER_MEMBERSHIP_DRIVER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/raft/configuration.h"
#include "core/server/applier.h"
#include "core/server/operator.h"
#include "core/server/raft_driver.h"

namespace konsul::server {

class MembershipDriver {
 public:
  MembershipDriver(const env::Env& env, const raft::Options& options, RaftDriver& driver,
                   Applier& applier);

  // Each suspends until the change is committed and no other is under way. A member that comes with
  // another address gets that.
  absl::Status Add(const raft::Member& member, Instant deadline);
  absl::Status Remove(NodeId id, Instant deadline);
  absl::Status Transfer(NodeId to, Instant deadline);

  // The fiber that makes voters of learners, until cancelled.
  absl::Status Run();

  // As this server sees it.
  Membership Look() const;

 private:
  // What the configuration is to become, from what it is; equal when nothing is to be done.
  using Change = absl::FunctionRef<absl::StatusOr<raft::Configuration>(raft::Configuration)>;
  absl::Status Apply(Change change, Instant deadline);
  absl::Status AwaitQuorumOf(const raft::Configuration& target);
  std::vector<std::string> SilentSince(Instant begin, const raft::Configuration& target) const;
  // Suspends until the configuration in force is committed here and not joint.
  absl::Status AwaitFinal(Instant deadline);
  absl::Status PromoteLearners();

  const env::Env env_;
  const raft::Options options_;
  RaftDriver& driver_;
  Applier& applier_;
  // By learner: how far the log was when it was last looked at, and when that was.
  struct Round {
    Index target;
    Instant began;
  };
  std::map<NodeId, Round> rounds_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_MEMBERSHIP_DRIVER_H_
