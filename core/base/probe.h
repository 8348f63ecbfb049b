// Rare paths, so that a search can say which of them it never took: a promise is only as well
// tested as the path on which it might break (docs/features/simulation.md).
//
// A site says `probe::Reached(Probe::kSplitVote)`. Outside the simulator nobody counts, and the
// call is a look at one pointer. Counting changes nothing that a node could see, and no trace.
#ifndef KONSUL_CORE_BASE_PROBE_H_
#define KONSUL_CORE_BASE_PROBE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul {

// In the order of probe::Names().
enum class Probe {
  kLeaderWithoutQuorum,
  kLeaderDiskStalled,
  kCampaignAwaitsDisk,
  kLeaderConnectionClosed,
  kSplitVote,
  kPreVoteLost,
  kMadeWay,
  kLoyalToLeader,
  kLoyalByPromise,
  kVoteRefusedForLog,
  kVoteRefusedForOther,
  kVoteRefusedWithoutLog,
  kAskedAgain,
  kLeaderDeposed,
  kCandidateDeposed,
  kStaleRequest,
  kOlderTermWaits,
  kAppendRefused,
  kAppendOfKnown,
  kConflictTruncated,
  kConfigurationRolledBack,
  kWriteOverload,
  kTransferGaveUp,
  kTransferAwaited,
  kCampaignByTransfer,
  kLeaderRemovedItself,
  kNonVoterCampaigns,
  kJointInherited,
  kRetiredRefused,
  kSnapshotNeeded,
  kSnapshotKeepsLog,
  kSnapshotResetsLog,
  kSnapshotOutdated,
  kSnapshotMended,
  kSnapshotResumed,
  kCompactedUnderFollower,
  kReadAwaitsOwnTerm,
  kReadsFailed,
  kLeaseRead,
  kLeaseRanOut,
  kLeaseReleased,
  kLearnerTooSlow,
  kMemberReplaced,
  kMembershipWithoutQuorum,
  kWalTornTail,
  kWalDamageFound,
  kForwardedWriteRetried,
  kProbeCount,  // not a probe
};

namespace probe {

inline constexpr size_t kCount = static_cast<size_t>(Probe::kProbeCount);
using Counts = std::array<uint64_t, kCount>;

// Where this thread counts; null: nowhere. Set by whoever runs a simulated world, for its time.
inline thread_local constinit Counts* counts = nullptr;

inline void Reached(Probe probe) {
  if (__builtin_expect(counts != nullptr, 0)) ++(*counts)[static_cast<size_t>(probe)];
}

// While it lives, this thread counts in `into`, which it sets to zeros.
class Scope {
 public:
  explicit Scope(Counts& into) {
    into = {};
    counts = &into;
  }
  ~Scope() { counts = nullptr; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

struct Named {
  absl::string_view name;  // e.g. "split-vote"
  absl::string_view what;  // one line for people
};
// One per probe.
const std::array<Named, kCount>& Names();

}  // namespace probe
}  // namespace konsul

#endif  // KONSUL_CORE_BASE_PROBE_H_
