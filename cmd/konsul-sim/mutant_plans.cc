#include "cmd/konsul-sim/mutant_plans.h"

namespace konsul::simulator {

const std::vector<MutantPlan>& MutantPlans() {
  using M = Mutation;
  static const auto* const all = new std::vector<MutantPlan>{
      {M::kAckBeforeSync, "etcd #14370, NATS 2.12.1", {"lite", "default"}},
      {M::kForgetVote, "Ongaro's thesis, 3.8", {"lite", "default"}},
      {M::kCommitOlderTerm, "PySyncObj #169", {"figure8", "five"}},
      {M::kReadWithoutQuorum, "Jepsen, etcd 2014", {"default", "leases"}},
      {M::kCountRepeatedVotes, "akka-raft #45", {"five", "elections"}},
      {M::kClearVoteOnStepDown, "akka-raft #56, CCF #8094", {"default", "five"}},
      {M::kVoteBeforeSync, "PySyncObj #201", {"lite", "default", "five"}},
      {M::kLeaderGrantsVote, "daos-stack/raft #70", {"duel"}},
      {M::kIgnoreOldPreVote, "etcd #8243", {"default", "five"}},
      {M::kPreVoteTeachesNoTerm, "etcd #8501", {"default", "five"}},
      {M::kNoPreVote, "Cloudflare 2020", {"partial"}},
      {M::kHeartbeatOnStalledDisk, "hashicorp/raft #503", {"partial"}},
      {M::kPromotedLearnerIsMute, "etcd #10998", {"membership"}},
      {M::kMostFrequentMatch, "akka-raft #42", {"default", "five"}},
      {M::kShortAppendTruncates, "akka-raft #66", {"resends", "reorder"}},
      {M::kRollBackToCommit, "nebula #2483", {"default", "five"}},
      {M::kNextBehindMatch, "PySyncObj #167", {"reorder"}},
      {M::kHeartbeatCommitsAll, "etcd #16220", {"default", "five"}},
      {M::kCompareLengthOnly, "MongoDB SERVER-27403", {"figure8", "five"}},
      {M::kFollowersNeverApply, "redisraft #14", {"default"}},
      {M::kReadBeforeOwnCommit, "etcd #7331", {"default", "five"}},
      {M::kBatchSharesFirstIndex, "tikv #7971", {"readers"}},
      {M::kLeaseAfterTransfer, "tikv #1593", {"handover", "leases"}},
      {M::kLeaseWithoutMargin, "redisraft #19", {"drift"}},
      {M::kCampaignUnapplied, "etcd #7280", {"membership"}},
      {M::kOneVoteCounter, "async-raft #62", {"membership"}},
      {M::kLeaveJointEarly, "camunda #60086", {"membership"}},
      {M::kReuseRemovedId, "openraft #2002", {"membership"}},
      {M::kKeepConflictingEntry, "hashicorp/raft #704", {"conflict", "snapshots"}},
      {M::kPrevZeroReappends, "willemt/raft #118", {"joining"}},
      {M::kSnapshotDeletesOpenOne, "etcd #18055", {"behind", "snapshots"}},
      {M::kCompactBeforeSnapshot, "etcd #17780", {"turning", "snapshots"}},
      {M::kBadChecksumTruncates, "Protocol-Aware Recovery, FAST'18", {"disk"}},
      {M::kTrustMisdirectedWrite, "TigerBeetle #2711", {"disk"}},
      {M::kUnfinishedSegment, "LogCabin #221", {"disk", "lite"}},
      {M::kGrowWithoutSync, "Zheng, OSDI'14", {"disk", "lite"}},
      {M::kRenameWithoutSyncDir, "Pillai, OSDI'14", {"snapshots", "disk"}},
      {M::kWatchNeedsKey, "Consul #213, the other way round", {"watchers"}},
      {M::kWatchAfterRead, "Consul #1626", {"watchers"}},
      {M::kExpireIgnoresRenewal, "etcd #12528", {"locks"}},
      {M::kTtlBeginsAtElection, "etcd #9888", {"locks"}},
      {M::kRestoreDropsRows, "Consul #9784", {"locks"}},
      {M::kReaperTakesLiveNode, "Consul #6793", {"locks"}},
      {M::kFollowerKeepsSessionKeys, "ZOOKEEPER-5010", {"locks"}},
      {M::kProgressOvertakesChanges, "etcd #15220", {"streams"}},
      {M::kStreamReplaysAfterSnapshot, "etcd #15271", {"streams"}},
      {M::kRestoreKeepsIndexes, "Consul's own way", {"restores"}},
      {M::kSnapshotDropsStaged, "Consul #9784, in a restore", {"restores"}},
      {M::kRestoreUntold, "etcd #15271, in a restore", {"restores"}},
      {M::kRestoreWakesNobody, "Consul #1626, in a restore", {"restores"}},
      {M::kStrayClock, "FoundationDB's first rule", {"default"}, true},
      {M::kHashOrder, "FoundationDB's first rule", {"five"}, true},
  };
  return *all;
}

}  // namespace konsul::simulator
