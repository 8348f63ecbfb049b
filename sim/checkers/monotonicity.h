// What only goes forward (paper, figure 2): per server and over all restarts of its disk
//   term      never below one that was durable or that it has shown since its start
//   applied   never back within a process; and a new process still has, in its log or in a
//   snapshot,
//             all that the ones before it had applied
//   commit    never back within a process. It is not stored: a new process learns it again
//   log       never ends before its commit index, nor what is durable before what is applied
//   match     what a leader knows a follower to have never shrinks within its term, as long as the
//             follower is a member; and it goes on sending behind it
//
// Does not check: that they move at all (liveness.h), nor that commit, applied and match are true
// (log_safety.h, quorums.h, durability.h). After its disk was taken away a server begins again.
#ifndef KONSUL_SIM_CHECKERS_MONOTONICITY_H_
#define KONSUL_SIM_CHECKERS_MONOTONICITY_H_

#include <map>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

class Monotonicity {
 public:
  explicit Monotonicity(Findings& findings) : findings_(findings) {}

  // A process starts with what it recovered.
  void OnStart(const raft::Status& status);
  // After every input. `followers` as a leader sees them; empty otherwise.
  void OnStatus(const raft::Status& status, const std::vector<raft::FollowerStatus>& followers);
  void OnDurable(NodeId node, const raft::HardState& state);
  void OnApplied(NodeId node, Index index);
  // Its disk was taken away.
  void Forget(NodeId node) { servers_.erase(node); }

 private:
  struct Server {
    Term durable;
    Index applied;  // by any process
    // Of this process.
    Term term;
    Index commit;
    Index applied_here;
    Term led;  // `match` is of this term
    std::map<NodeId, Index> match;
  };
  void Back(NodeId node, absl::string_view what, uint64_t from, uint64_t to);

  Findings& findings_;
  std::map<NodeId, Server> servers_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_MONOTONICITY_H_
