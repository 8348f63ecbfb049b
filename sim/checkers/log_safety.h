// What the paper promises of logs (figure 3), over all servers and all time:
//   log matching          an entry with a given index and term has the same content, and the same
//                         predecessor, wherever it is appended
//   state machine safety  what any server committed at an index, no server commits differently
//   leader completeness   a server that leads has every entry that was committed in an earlier term
//
// A log may begin behind a base instead of at 1: what a snapshot replaces must be committed, and
// the base is the entry that was committed there.
//
// Does not check: that committed entries are on a majority of disks (durability.h and the power
// losses of the run do), nor what the state machine makes of entries (state_digest.h).
#ifndef KONSUL_SIM_CHECKERS_LOG_SAFETY_H_
#define KONSUL_SIM_CHECKERS_LOG_SAFETY_H_

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/base/hash.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Of kind and payload.
uint64_t ContentHash(const raft::Entry& entry);

class LogSafety {
 public:
  explicit LogSafety(Findings& findings) : findings_(findings) {}

  // The entry at an index of the server's log, or null outside of it.
  using EntryAt = std::function<const raft::Entry*(Index)>;

  // A process of `status.id` starts.
  void OnStart(const raft::Status& status);
  // The server has a snapshot, its own or a leader's, in place of everything up to `base`.
  void OnBase(NodeId node, const raft::LogPosition& base);
  // After every input. `entry_at` knows nothing up to `status.log_base`.
  void OnStatus(const raft::Status& status, const EntryAt& entry_at);
  // Entries handed out to be written; `before` is the term of the entry before the first one.
  void OnAppend(NodeId node, Term before, absl::Span<const raft::Entry> entries);
  // Entries handed out to be applied.
  void OnCommit(const raft::Status& status, absl::Span<const raft::Entry> entries);

  Index highest_commit() const { return Index(committed_.size()); }

 private:
  struct Identity {
    Term before;
    uint64_t content = 0;
  };
  struct Committed {
    Term term;
    uint64_t content = 0;
    Term by;  // the lowest term in which a server knew it to be committed
  };
  struct Process {
    Term checked_as_leader;  // completeness was checked for this term
  };

  void CheckCompleteness(const raft::Status& status, const EntryAt& entry_at);

  Findings& findings_;
  std::map<std::pair<Index, Term>, Identity> entries_;
  std::vector<Committed> committed_;  // [i] is index i+1
  std::map<NodeId, Process> processes_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LOG_SAFETY_H_
