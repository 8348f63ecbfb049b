// Linearizable reads without a log entry: the read index (thesis 6.4) and leases (6.4.1).
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
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
  if (!leadership->reads.has_waiting()) return false;
  if (log.TermAt(commit) != hard_state.term) probe::Reached(Probe::kReadAwaitsOwnTerm);
  return log.TermAt(commit) == hard_state.term || mutation::On(Mutation::kReadBeforeOwnCommit);
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

// Thesis 6.4.1, with the follower's half of the bargain made explicit: after a message that a
// leader sent at s, its receiver helps nobody else for `lease_promise` of its own clock. So nobody
// else leads before s + lease_promise as long as a quorum has answered such messages, minus what
// the two clocks may disagree by: ours may be slow by the drift bound, theirs fast by as much.
//
//     ours       s |---------- lease ----------|
//     theirs       ..r |-------- promise --------|     r is after s
absl::StatusOr<Index> Raft::Core::LeaseRead(Instant now) const {
  constexpr int64_t kMillion = 1'000'000;
  const int64_t drift =
      mutation::On(Mutation::kLeaseWithoutMargin) ? 0 : options.clock_drift_max_ppm;
  if (role != Role::kLeader) return absl::UnavailableError("this server is not the leader");
  if (drift >= kMillion || options.lease_promise <= Duration(0)) {
    return absl::UnavailableError("leases are switched off");
  }
  if (leadership->lease_released && !mutation::On(Mutation::kLeaseAfterTransfer)) {
    probe::Reached(Probe::kLeaseReleased);
    return absl::UnavailableError("the lease was given up for a transfer");
  }
  if (log.TermAt(commit) != hard_state.term) {
    return absl::UnavailableError("nothing is committed in this term yet");
  }
  const Instant from =
      MajorityOf(now, [](const Progress& follower) { return follower.lease_from; });
  const int64_t promise = options.lease_promise.count();
  const int64_t ours = kMillion - drift;
  const int64_t theirs = kMillion + drift;
  const Duration lease(promise / theirs * ours + promise % theirs * ours / theirs);
  if (now >= from + lease) {
    probe::Reached(Probe::kLeaseRanOut);
    return absl::UnavailableError("the lease has run out");
  }
  probe::Reached(Probe::kLeaseRead);
  return commit;
}

}  // namespace konsul::raft
