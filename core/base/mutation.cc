#include "core/base/mutation.h"

#ifdef KONSUL_MUTANTS
#include <chrono>
#endif

namespace konsul::mutation {

#ifdef KONSUL_MUTANTS
namespace {
Mutation active = Mutation::kNone;
}  // namespace

bool On(Mutation m) { return active == m; }
void Activate(Mutation m) { active = m; }

uint64_t MachineClock() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}
#endif

const std::vector<Named>& All() {
  static const auto* const all = new std::vector<Named>{
      {Mutation::kAckBeforeSync, "ack-before-sync",
       "a server acknowledges log entries before they are durable"},
      {Mutation::kForgetVote, "forget-vote", "the vote does not survive a restart"},
      {Mutation::kCommitOlderTerm, "commit-older-term",
       "an entry of an older term is committed by counting replicas"},
      {Mutation::kReadWithoutQuorum, "read-without-quorum",
       "a leader answers reads without confirming that it still leads"},
      {Mutation::kCountRepeatedVotes, "count-repeated-votes",
       "votes are counted by message, not by voter"},
      {Mutation::kClearVoteOnStepDown, "clear-vote-on-step-down",
       "a candidate that steps down within its term forgets its vote"},
      {Mutation::kVoteBeforeSync, "vote-before-sync", "a vote is answered before it is durable"},
      {Mutation::kLeaderGrantsVote, "leader-grants-vote",
       "a leader votes for another candidate of its own term"},
      {Mutation::kIgnoreOldPreVote, "ignore-old-pre-vote",
       "a pre-vote of a lower term is not answered at all"},
      {Mutation::kPreVoteTeachesNoTerm, "pre-vote-teaches-no-term",
       "the refusal of a pre-vote does not teach the higher term"},
      {Mutation::kNoPreVote, "no-pre-vote", "neither pre-vote nor check-quorum"},
      {Mutation::kHeartbeatOnStalledDisk, "heartbeat-on-stalled-disk",
       "a leader whose disk stalls stays in office"},
      {Mutation::kPromotedLearnerIsMute, "promoted-learner-is-mute",
       "a learner that became a voter refuses to vote until a restart"},
      {Mutation::kMostFrequentMatch, "most-frequent-match",
       "the commit index is the most frequent match, not the majority's"},
      {Mutation::kShortAppendTruncates, "short-append-truncates",
       "a delayed short append cuts off what lies behind it"},
      {Mutation::kRollBackToCommit, "roll-back-to-commit",
       "a conflict rolls the log back to the last committed entry"},
      {Mutation::kNextBehindMatch, "next-behind-match",
       "a late acknowledgement takes next back to match or before"},
      {Mutation::kHeartbeatCommitsAll, "heartbeat-commits-all",
       "a heartbeat carries the leader's commit index, matched or not"},
      {Mutation::kCompareLengthOnly, "compare-length-only",
       "logs are compared by length, without the term"},
      {Mutation::kFollowersNeverApply, "followers-never-apply", "followers append and never apply"},
      {Mutation::kReadBeforeOwnCommit, "read-before-own-commit",
       "reads are confirmed before an entry of the own term is committed"},
      {Mutation::kBatchSharesFirstIndex, "batch-shares-first-index",
       "reads that wait together get the index of the first round"},
      {Mutation::kLeaseAfterTransfer, "lease-after-transfer",
       "the lease outlives a leadership transfer"},
      {Mutation::kLeaseWithoutMargin, "lease-without-margin",
       "the lease leaves no margin for clock drift"},
      {Mutation::kCampaignUnapplied, "campaign-unapplied",
       "a server campaigns with a configuration that it only has half"},
      {Mutation::kOneVoteCounter, "one-vote-counter",
       "a joint configuration is counted as one set of voters"},
      {Mutation::kLeaveJointEarly, "leave-joint-early",
       "the joint configuration is left before it is committed"},
      {Mutation::kReuseRemovedId, "reuse-removed-id",
       "a removed server comes back under its id with an empty log"},
      {Mutation::kKeepConflictingEntry, "keep-conflicting-entry",
       "an installed snapshot keeps a log that conflicts with it"},
      {Mutation::kPrevZeroReappends, "prev-zero-reappends",
       "an append after index 0 appends compacted entries again"},
      {Mutation::kSnapshotDeletesOpenOne, "snapshot-deletes-open-one",
       "a newer snapshot deletes the one being applied"},
      {Mutation::kCompactBeforeSnapshot, "compact-before-snapshot",
       "the log is compacted before its snapshot is durable"},
      {Mutation::kBadChecksumTruncates, "bad-checksum-truncates",
       "a record with a bad checksum ends the log, whatever follows"},
      {Mutation::kTrustMisdirectedWrite, "trust-misdirected-write",
       "a record is accepted wherever it stands"},
      {Mutation::kUnfinishedSegment, "unfinished-segment",
       "a segment gets its name before its header is durable"},
      {Mutation::kGrowWithoutSync, "grow-without-sync",
       "a log file that grows is synced without its new size"},
      {Mutation::kRenameWithoutSyncDir, "rename-without-syncdir",
       "a finished snapshot gets its name, and nothing makes the name durable"},
      {Mutation::kWatchNeedsKey, "watch-needs-key",
       "a blocking query for a key that does not exist yet is not woken by its creation"},
      {Mutation::kWatchAfterRead, "watch-after-read",
       "a blocking query reads, gives way, and only then begins to watch"},
      {Mutation::kExpireIgnoresRenewal, "expire-ignores-renewal",
       "a session ends though it was renewed since its end was proposed"},
      {Mutation::kTtlBeginsAtElection, "ttl-begins-at-election",
       "whoever becomes leader lets all sessions begin anew"},
      {Mutation::kRestoreDropsRows, "restore-drops-rows",
       "a snapshot is restored without the rows that say which keys a session holds"},
      {Mutation::kReaperTakesLiveNode, "reaper-takes-live-node",
       "a member that is silent for a moment is removed from the catalog, with its sessions"},
      {Mutation::kFollowerKeepsSessionKeys, "follower-keeps-session-keys",
       "keys of ended sessions survive on a follower that gets a snapshot"},
      {Mutation::kProgressOvertakesChanges, "progress-overtakes-changes",
       "a change stream that is behind tells how far the server is, before the changes up to "
       "there"},
      {Mutation::kStreamReplaysAfterSnapshot, "stream-replays-after-snapshot",
       "a change stream that waits for a server to catch up goes back when that gets a snapshot"},
      {Mutation::kRestoreKeepsIndexes, "restore-keeps-indexes",
       "restored keys have the indexes that they had when the state was saved"},
      {Mutation::kSnapshotDropsStaged, "snapshot-drops-staged",
       "a follower that gets a snapshot forgets what a restore has brought so far"},
      {Mutation::kRestoreUntold, "restore-untold", "change streams go on over a restore"},
      {Mutation::kRestoreWakesNobody, "restore-wakes-nobody",
       "blocking queries sleep through a restore"},
      {Mutation::kStrayClock, "stray-clock",
       "an election time-out depends on the machine's own clock, past the seam"},
      {Mutation::kHashOrder, "hash-order",
       "heartbeats leave in the order of a hash table of addresses"},
  };
  return *all;
}

std::optional<Mutation> ByName(absl::string_view name) {
  for (const Named& named : All()) {
    if (named.name == name) return named.mutation;
  }
  return std::nullopt;
}

}  // namespace konsul::mutation
