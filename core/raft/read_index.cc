// Linearizable reads through the read index (thesis 6.4).
#include "absl/status/status.h"
#include "core/base/mutation.h"
#include "core/raft/core.h"

namespace konsul::raft {

absl::Status Raft::Core::ReadIndex(uint64_t context) {
  if (role != Role::kLeader) return absl::UnavailableError("this server is not the leader");
  if (mutation::On(Mutation::kReadWithoutQuorum)) {
    out.reads.push_back({context, commit});
    return absl::OkStatus();
  }
  leadership->reads.Add(context);
  return absl::OkStatus();
}

// Step 1: before an entry of its own term is committed, a leader does not know all that is
// committed (5.4.2), and its index could be older than what was read elsewhere.
bool Raft::Core::CanStartReadRound() const {
  return leadership->reads.has_waiting() && log.TermAt(commit) == hard_state.term;
}

// Steps 2 and 3: notes the commit index; SendWhatIsOwed tells the round to everybody.
void Raft::Core::StartReadRound() {
  leadership->reads.StartRound(commit);
  ConfirmReads();  // a cluster of one is its own quorum
}

// Step 3: whoever echoed the round held us for the leader after the reads were asked for.
void Raft::Core::ConfirmReads() {
  ReadQueue& reads = leadership->reads;
  if (!reads.has_open_rounds()) return;
  const uint64_t confirmed =
      MajorityOf(reads.round(), [](const Progress& follower) { return follower.round_echoed; });
  reads.Confirm(confirmed, &out.reads);
}

}  // namespace konsul::raft
