// What holds between any two calls of one server. (What holds between servers - one leader per
// term, logs that match - is for the simulator's checkers and the tests.)
#ifndef KONSUL_CORE_RAFT_INVARIANTS_H_
#define KONSUL_CORE_RAFT_INVARIANTS_H_

#include "core/base/ids.h"
#include "core/raft/raft.h"
#include "core/raft/types.h"

namespace konsul::raft {

// One per server: remembers what must not go back. Aborts with a text that names the rule.
class Invariants {
 public:
  // Constant time, and linear in the entries that are new since the last call.
  void Check(const Raft::Core& core);
  // Scans the whole log besides.
  void CheckSlow(const Raft::Core& core);

 private:
  void CheckHistory(const Raft::Core& core);
  void CheckNewEntries(const Raft::Core& core);
  static void CheckMarks(const Raft::Core& core);
  static void CheckConfiguration(const Raft::Core& core);
  static void CheckRole(const Raft::Core& core);
  static void CheckLeader(const Raft::Core& core);

  // As of the last call.
  HardState hard_state_;
  Index commit_;
  Index applied_;
  Index scanned_;      // the log is in order up to here, ...
  Term scanned_term_;  // ... where it has this term
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_INVARIANTS_H_
