// Planted bugs, to prove that the oracles find them (docs/features/simulation.md tells how).
//
// A site asks `mutation::On(Mutation::kForgetVote)`. In every ordinary build this is the constant
// false and the compiler removes the site; only a build with KONSUL_MUTANTS (the preset "mutants")
// can switch one on, with `konsul-sim --mutant NAME`.
#ifndef KONSUL_CORE_BASE_MUTATION_H_
#define KONSUL_CORE_BASE_MUTATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul {

enum class Mutation {
  kNone,
  kAckBeforeSync,    // a server acknowledges log entries before they are durable
  kForgetVote,       // the vote does not survive a restart
  kCommitOlderTerm,  // an entry of an older term is committed by counting replicas (section 5.4.2)
  kReadWithoutQuorum,  // a leader answers reads without confirming that it still leads
  kCountRepeatedVotes,
  kClearVoteOnStepDown,
  kVoteBeforeSync,
  kLeaderGrantsVote,
  kIgnoreOldPreVote,
  kPreVoteTeachesNoTerm,
  kNoPreVote,
  kHeartbeatOnStalledDisk,
  kPromotedLearnerIsMute,
  kMostFrequentMatch,
  kShortAppendTruncates,
  kRollBackToCommit,
  kNextBehindMatch,
  kHeartbeatCommitsAll,
  kCompareLengthOnly,
  kFollowersNeverApply,
  kReadBeforeOwnCommit,
  kBatchSharesFirstIndex,
  kLeaseAfterTransfer,
  kLeaseWithoutMargin,
  kCampaignUnapplied,
  kOneVoteCounter,
  kLeaveJointEarly,
  kReuseRemovedId,
  kKeepConflictingEntry,
  kPrevZeroReappends,
  kSnapshotDeletesOpenOne,
  kCompactBeforeSnapshot,
  kBadChecksumTruncates,
  kTrustMisdirectedWrite,
  kUnfinishedSegment,
  kGrowWithoutSync,
  kRenameWithoutSyncDir,
  kWatchNeedsKey,
  kWatchAfterRead,
  kExpireIgnoresRenewal,
  kTtlBeginsAtElection,
  kRestoreDropsRows,
  kReaperTakesLiveNode,
  kFollowerKeepsSessionKeys,
  kProgressOvertakesChanges,
  kStreamReplaysAfterSnapshot,
  kRestoreKeepsIndexes,
  kSnapshotDropsStaged,
  kRestoreUntold,
  kRestoreWakesNobody,
  kStrayClock,
  kHashOrder,
};

namespace mutation {

#ifdef KONSUL_MUTANTS
inline constexpr bool kCompiledIn = true;
bool On(Mutation m);
// Process-wide; set once before a run starts.
void Activate(Mutation m);
// For kStrayClock: the machine's own clock, which nothing that a node does may see.
uint64_t MachineClock();
#else
inline constexpr bool kCompiledIn = false;
constexpr bool On(Mutation) { return false; }
constexpr uint64_t MachineClock() { return 0; }
#endif

struct Named {
  Mutation mutation;
  absl::string_view name;  // e.g. "forget-vote"
  absl::string_view what;  // one line for people
};
// All of them, in the order of the enum.
const std::vector<Named>& All();
std::optional<Mutation> ByName(absl::string_view name);

}  // namespace mutation
}  // namespace konsul

#endif  // KONSUL_CORE_BASE_MUTATION_H_
