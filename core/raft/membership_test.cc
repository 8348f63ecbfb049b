// Who takes part, hand-overs, and snapshots, from the side of one server: what is refused and how,
// and what the stories of testdata/ do not show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/raft/paper_support.h"

namespace konsul::raft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MembershipTest : public OneServerTest {
 protected:
  // Leads term 2 of 1..n, and its first entry is committed.
  void LeadOf(size_t n) {
    Start(n, {1}, 1);
    Lead(n);
    for (uint64_t id = 2; id <= n; ++id) Acknowledge(id, 2);
    cluster_->wire.clear();
  }
  absl::StatusOr<Raft::Proposed> Change(const std::vector<uint64_t>& voters,
                                        const std::vector<uint64_t>& learners = {}) {
    auto proposed =
        raft().ProposeConfiguration(cluster_->Now(), MakeConfiguration(voters, learners));
    cluster_->Pump(server());
    if (!slow_disk_) cluster_->PersistAll(server());
    return proposed;
  }
  // Leads term 2 of 1, 2 and 3; 4 and 5 are learners that have the log up to the last entry, 3.
  void LeadWithLearners() {
    LeadOf(3);
    ASSERT_TRUE(Change({1, 2, 3}, {4, 5}).ok());
    for (uint64_t id = 2; id <= 5; ++id) Acknowledge(id, 3);
    cluster_->wire.clear();
  }
  absl::Status Transfer(uint64_t to) {
    absl::Status status = raft().TransferLeadership(cluster_->Now(), NodeId(to));
    cluster_->Pump(server());
    return status;
  }
  absl::Status TryToPropose() { return raft().Propose(cluster_->Now(), MakePayload("a")).status(); }
};

// ---- Changes of the membership (thesis 4) -------------------------------------------------------

TEST_F(MembershipTest, OnlyALeaderChangesTheMembers) {
  Start(3, {1}, 1);
  EXPECT_TRUE(absl::IsUnavailable(Change({1, 2}).status()));
}

// An older leader's change may be in the log and not yet committed; two at once could decide
// separately (the bug of single-server changes that Ongaro announced in 2015).
TEST_F(MembershipTest, NotBeforeAnEntryOfTheOwnTermIsCommitted) {
  Start(3, {1}, 1);
  Lead(3);
  EXPECT_TRUE(absl::IsUnavailable(Change({1, 2}).status()));
  Acknowledge(2, 2);
  EXPECT_TRUE(Change({1, 2}).ok());
}

TEST_F(MembershipTest, OneChangeAtATime) {
  LeadOf(3);
  ASSERT_EQ(Change({1, 2})->index, Index(3));
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 3}).status()));  // it is joint
  Acknowledge(2, 3);
  ASSERT_FALSE(raft().configuration().joint());
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 4}).status()));  // it is not committed
  Acknowledge(2, 4);
  EXPECT_TRUE(Change({1, 2}, {4}).ok());
}

TEST_F(MembershipTest, RefusesTargetsThatAreNone) {
  LeadOf(3);
  EXPECT_TRUE(absl::IsInvalidArgument(Change({}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Change({1, 2}, {2}).status()));
  Configuration joint = MakeConfiguration(3);
  joint.outgoing = joint.voters;
  EXPECT_TRUE(
      absl::IsInvalidArgument(raft().ProposeConfiguration(cluster_->Now(), joint).status()));
  EXPECT_EQ(status().last_index, Index(2));
}

// Asked for again, perhaps since an answer was lost: it is done already.
TEST_F(MembershipTest, WhatIsSoAlreadyNeedsNoEntry) {
  LeadOf(3);
  EXPECT_EQ(Change({1, 2, 3})->index, Index(1));
  EXPECT_EQ(status().last_index, Index(2));
}

TEST_F(MembershipTest, LearnersComeInOneStep) {
  LeadOf(3);
  ASSERT_TRUE(Change({1, 2, 3}, {4}).ok());
  EXPECT_FALSE(raft().configuration().joint());
  Timeout();
  EXPECT_THAT(Sent<AppendRequest>(), SizeIs(2 + 3));  // the entry to the old ones, heartbeats
  Acknowledge(4, 3);                                  // counts for nothing
  EXPECT_EQ(status().commit, Index(2));
  Acknowledge(2, 3);
  EXPECT_EQ(status().commit, Index(3));
  // And go in one: but whoever was a member does not come back.
  ASSERT_TRUE(Change({1, 2, 3}).ok());
  EXPECT_FALSE(raft().configuration().joint());
  Acknowledge(2, 4);
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 3}, {4}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 3, 4}).status()));
}

TEST_F(MembershipTest, JointDecisionsNeedBothMajorities) {
  LeadWithLearners();
  ASSERT_TRUE(Change({1, 4, 5}).ok());
  Acknowledge(4, 4);
  Acknowledge(5, 4);
  EXPECT_EQ(status().commit, Index(3));  // 1,4,5 of the new ones, but only 1 of the old
  Acknowledge(2, 4);
  EXPECT_EQ(status().commit, Index(4));

  LeadWithLearners();
  ASSERT_TRUE(Change({1, 4, 5}).ok());
  Acknowledge(2, 4);
  Acknowledge(3, 4);
  EXPECT_EQ(status().commit, Index(3));  // the other way round
  Acknowledge(5, 4);
  EXPECT_EQ(status().commit, Index(4));
}

TEST_F(MembershipTest, JointReadsNeedBothMajorities) {
  LeadWithLearners();
  ASSERT_TRUE(Change({1, 4, 5}).ok());
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 7).ok());
  cluster_->Pump(server());
  Acknowledge(2, 3, /*round=*/1);
  Acknowledge(3, 3, /*round=*/1);
  EXPECT_THAT(server().reads, IsEmpty());
  Acknowledge(4, 3, /*round=*/1);
  EXPECT_THAT(server().reads, SizeIs(1));
}

TEST_F(MembershipTest, JointElectionsNeedBothMajorities) {
  LeadWithLearners();
  ASSERT_TRUE(Change({1, 4, 5}).ok());
  Receive(9, 5, VoteReply{});  // some later term: it is a follower again
  ASSERT_EQ(status().role, Role::kFollower);
  Wait(2 * options_.election_timeout);
  options_.pre_vote = false;
  Tick();
  for (uint64_t id : {4, 5}) Receive(id, 6, VoteReply{.pre = true, .granted = true});
  EXPECT_EQ(status().role, Role::kPreCandidate);
  Receive(2, 6, VoteReply{.pre = true, .granted = true});
  ASSERT_EQ(status().role, Role::kCandidate);
  for (uint64_t id : {2, 3}) Receive(id, 6, VoteReply{.granted = true});
  EXPECT_EQ(status().role, Role::kCandidate);
  Receive(4, 6, VoteReply{.granted = true});
  EXPECT_EQ(status().role, Role::kLeader);
}

// Who has no log may be somebody who has lost it: it must not count before it has shown one.
TEST_F(MembershipTest, ANewVoterHasBeenALearner) {
  LeadOf(3);
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 3, 4}).status()));
  ASSERT_TRUE(Change({1, 2, 3}, {4}).ok());
  Acknowledge(2, 3);
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({1, 2, 3, 4}).status()));
  Acknowledge(4, 3);
  EXPECT_TRUE(Change({1, 2, 3, 4}).ok());
}

// Thesis 4.2.2.
TEST_F(MembershipTest, ALeaderThatRemovedItselfCountsForNothing) {
  LeadOf(3);
  ASSERT_TRUE(Change({2, 3}).ok());
  Acknowledge(2, 3);  // old: 1 and 2; new: only 2
  EXPECT_EQ(status().commit, Index(2));
  Acknowledge(3, 3);
  EXPECT_EQ(status().commit, Index(3));
  EXPECT_EQ(status().role, Role::kLeader);
  Acknowledge(3, 4);
  EXPECT_EQ(status().commit, Index(3));
  cluster_->wire.clear();
  Acknowledge(2, 4);
  EXPECT_EQ(status().commit, Index(4));
  EXPECT_EQ(status().role, Role::kFollower);
  EXPECT_THAT(Sent<TimeoutNow>(), SizeIs(1));
  // It is no voter any more.
  Wait(24h);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
}

TEST_F(MembershipTest, WhoWasRemovedGetsNothingMore) {
  LeadOf(3);
  ASSERT_TRUE(Change({1, 2}).ok());
  Acknowledge(2, 3);
  EXPECT_THAT(raft().followers(), SizeIs(2));  // it has to get the entry that says so
  cluster_->wire.clear();
  Acknowledge(3, 4);
  Acknowledge(2, 4);
  bool told = false;
  for (const auto& [to, append] : Sent<AppendRequest>()) {
    told |= to == NodeId(3) && append.commit == Index(4);
  }
  EXPECT_TRUE(told);
  EXPECT_THAT(raft().followers(), SizeIs(1));
  Propose("a");
  for (const auto& [to, append] : Sent<AppendRequest>()) EXPECT_EQ(to, NodeId(2));
  Receive(3, 2, AppendReply{.success = true, .match_or_rejected = Index(4)});
  EXPECT_THAT(raft().followers(), SizeIs(1));
}

// ---- Hand-over (thesis 3.10) --------------------------------------------------------------------

TEST_F(MembershipTest, TransferRefusals) {
  Start(3, {1}, 1);
  EXPECT_TRUE(absl::IsUnavailable(Transfer(2)));
  LeadOf(3);
  EXPECT_TRUE(absl::IsFailedPrecondition(Transfer(1)));
  EXPECT_TRUE(absl::IsNotFound(Transfer(9)));
  EXPECT_TRUE(Transfer(2).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Transfer(3)));
  EXPECT_EQ(status().transfer, NodeId(2));
  LeadOf(1);
  EXPECT_TRUE(absl::IsNotFound(Transfer(0)));
}

// It would wait for somebody who is gone, and refuse proposals for as long.
TEST_F(MembershipTest, TransferToWhoIsLeavingIsRefused) {
  LeadOf(2);
  ASSERT_TRUE(Change({1}).ok());
  EXPECT_TRUE(absl::IsNotFound(Transfer(2)));
  Acknowledge(2, 3);
  EXPECT_TRUE(TryToPropose().ok());
}

TEST_F(MembershipTest, TransferGoesToTheFurthestVoterWhenNobodyIsNamed) {
  LeadOf(3);
  ASSERT_TRUE(Change({1, 2, 3}, {4}).ok());
  Acknowledge(4, 3);  // further, but a learner
  Acknowledge(3, 3);
  cluster_->wire.clear();
  ASSERT_TRUE(Transfer(0).ok());
  ASSERT_THAT(Sent<TimeoutNow>(), SizeIs(1));
  EXPECT_EQ(status().transfer, NodeId(3));
}

TEST_F(MembershipTest, TransferWaitsForTheSuccessorsLog) {
  LeadOf(3);
  Propose("a");
  ASSERT_TRUE(Transfer(2).ok());
  EXPECT_TRUE(absl::IsUnavailable(TryToPropose()));
  EXPECT_THAT(Sent<TimeoutNow>(), IsEmpty());
  Acknowledge(3, 3);
  EXPECT_THAT(Sent<TimeoutNow>(), IsEmpty());
  Acknowledge(2, 3);
  EXPECT_THAT(Sent<TimeoutNow>(), SizeIs(1));
  Acknowledge(2, 3);
  EXPECT_THAT(Sent<TimeoutNow>(), IsEmpty());  // once
}

TEST_F(MembershipTest, TransferIsGivenUpAfterAnElectionTimeout) {
  LeadOf(3);
  ASSERT_TRUE(Transfer(2).ok());
  const Instant begun = now();
  while (now() + options_.heartbeat_interval < begun + options_.election_timeout) {
    Wait(options_.heartbeat_interval);
    Acknowledge(2, 2);
    Tick();
    EXPECT_EQ(status().transfer, NodeId(2));
  }
  cluster_->now = begun + options_.election_timeout - 1ns;
  Tick();
  EXPECT_TRUE(absl::IsUnavailable(TryToPropose()));
  EXPECT_EQ(raft().NextDeadline(), now() + 1ns);
  Wait(1ns);
  Tick();
  EXPECT_EQ(status().transfer, NodeId(0));
  EXPECT_TRUE(TryToPropose().ok());
}

// A message that is late must not make its receiver campaign in another leader's term.
TEST_F(MembershipTest, TimeoutNowIsForItsTermOnly) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  Receive(3, 2, TimeoutNow{});  // not from the leader
  EXPECT_EQ(status().role, Role::kFollower);
  Receive(2, 1, TimeoutNow{});
  EXPECT_EQ(status().role, Role::kFollower);
  EXPECT_EQ(status().term, Term(2));
  Receive(2, 2, TimeoutNow{});
  EXPECT_EQ(status().role, Role::kCandidate);  // without a pre-vote
  EXPECT_EQ(status().term, Term(3));
  EXPECT_TRUE(Sent<VoteRequest>().front().second.transfer);
}

// Its licence to disturb everybody is for that one campaign.
TEST_F(MembershipTest, ATransferThatFailedGivesNoFurtherLicence) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  Receive(2, 2, TimeoutNow{});
  ASSERT_EQ(status().role, Role::kCandidate);
  cluster_->wire.clear();
  Wait(2 * options_.election_timeout);
  Tick();
  ASSERT_EQ(status().role, Role::kPreCandidate);
  for (const auto& [to, request] : Sent<VoteRequest>()) EXPECT_FALSE(request.transfer);
}

TEST_F(MembershipTest, WhoDoesNotVoteDoesNotCampaignWhateverItIsTold) {
  Start(3, {}, 0);
  Receive(2, 2, Append(0, 0, 0, MakeLog(MakeConfiguration({2, 3}, {1}), {1})));
  Receive(2, 2, TimeoutNow{});
  EXPECT_EQ(status().role, Role::kFollower);
  Wait(24h);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
}

// ---- Snapshots (paper 7) ------------------------------------------------------------------------

class SnapshotTest : public MembershipTest {
 protected:
  static std::shared_ptr<const Snapshot> MakeSnapshot(uint64_t index, uint64_t term,
                                                      const Configuration& configuration) {
    Snapshot snapshot{.point = {{Index(index), Term(term)}, Index(1), configuration}};
    snapshot.state = MakeLog(configuration, std::vector<uint64_t>(index, 1));
    snapshot.state.back().term = Term(term);
    return std::make_shared<const Snapshot>(snapshot);
  }
  void Install(uint64_t from, uint64_t term, std::shared_ptr<const Snapshot> snapshot) {
    cluster_->Deliver(Parcel{NodeId(from), NodeId(1), Term(term), std::move(snapshot)});
    if (!slow_disk_) cluster_->PersistAll(server());
  }
};

TEST_F(SnapshotTest, TakesThePlaceOfAShorterLog) {
  Start(3, {1, 1}, 1);
  Install(2, 3, MakeSnapshot(5, 2, MakeConfiguration({1, 2, 4}, {})));
  EXPECT_EQ(status().log_base, Index(5));
  EXPECT_EQ(status().last_term, Term(2));
  EXPECT_EQ(status().commit, Index(5));
  EXPECT_EQ(status().applied, Index(5));
  EXPECT_EQ(status().leader, NodeId(2));
  EXPECT_EQ(raft().configuration(), MakeConfiguration({1, 2, 4}, {}));
  EXPECT_THAT(server().state, SizeIs(5));
  EXPECT_EQ(server().base, Index(5));
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(5));
  // It goes on from there.
  Receive(2, 3, Append(5, 2, 6, {Command(6, 3)}));
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(6));
  EXPECT_THAT(server().state, SizeIs(6));
}

TEST_F(SnapshotTest, IsNotAcknowledgedBeforeTheOldLogIsGone) {
  Start(3, {1, 1}, 1);
  slow_disk_ = true;
  Install(2, 3, MakeSnapshot(5, 2, MakeConfiguration(3)));
  EXPECT_THAT(Sent<AppendReply>(), IsEmpty());
  cluster_->PersistAll(server());
  EXPECT_THAT(Sent<AppendReply>(), SizeIs(1));
}

// While an append to the old log is being written, and after it came to nothing.
TEST_F(SnapshotTest, OvertakesWritesToTheOldLog) {
  Start(3, {1, 1}, 1);
  slow_disk_ = true;
  Receive(2, 3, Append(2, 1, 0, {Command(3, 2), Command(4, 2)}));
  Install(2, 3, MakeSnapshot(3, 3, MakeConfiguration(3)));
  Receive(2, 3, Append(3, 3, 3, {Command(4, 3)}));
  cluster_->PersistOne(server());
  EXPECT_EQ(status().durable_index, Index(3));  // the snapshot; the 4 that was written is gone
  cluster_->PersistAll(server());
  EXPECT_EQ(status().durable_index, Index(4));
  EXPECT_EQ(server().base, Index(3));
  EXPECT_THAT(server().entries, ElementsAre(Command(4, 3)));
}

TEST_F(SnapshotTest, OfAnOlderTermIsIgnored) {
  Start(3, {1, 1}, 4);
  Install(2, 3, MakeSnapshot(5, 2, MakeConfiguration(3)));
  EXPECT_EQ(status().log_base, Index(0));
  EXPECT_EQ(status().leader, NodeId(0));
  EXPECT_THAT(Sent<AppendReply>(), IsEmpty());
}

TEST_F(SnapshotTest, WhatIsCommittedAlreadyIsOnlyAcknowledged) {
  Start(3, {1, 1, 1, 1}, 1);
  Receive(2, 1, Append(4, 1, 3));
  cluster_->wire.clear();
  Install(2, 1, MakeSnapshot(3, 1, MakeConfiguration(3)));
  EXPECT_EQ(status().log_base, Index(0));
  EXPECT_EQ(status().last_index, Index(4));
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(3));
}

TEST_F(SnapshotTest, CompactionKeepsWhatFollowsAndTheConfiguration) {
  LeadOf(3);
  Propose("a");
  Acknowledge(2, 3);
  raft().Compact(Index(2));
  EXPECT_EQ(status().log_base, Index(2));
  EXPECT_EQ(raft().EntryAt(Index(2)), nullptr);
  EXPECT_EQ(*raft().EntryAt(Index(3))->payload, "a");
  EXPECT_EQ(raft().configuration(), MakeConfiguration(3));
  EXPECT_EQ(status().configuration_index, Index(1));
  raft().Compact(Index(1));  // older than the last one
  EXPECT_EQ(status().log_base, Index(2));
  const SnapshotPoint point = raft().PointAt(Index(3));
  EXPECT_EQ(point.last, (LogPosition{Index(3), Term(2)}));
  EXPECT_EQ(point.configuration_index, Index(1));
  EXPECT_EQ(point.configuration, MakeConfiguration(3));
  raft().CheckInvariantsSlow();
}

// What a snapshot at an earlier place must say is not what holds now.
TEST_F(SnapshotTest, APointKnowsTheConfigurationOfItsPlace) {
  LeadOf(3);
  ASSERT_TRUE(Change({1, 2, 3}, {4}).ok());
  EXPECT_EQ(raft().PointAt(Index(2)).configuration, MakeConfiguration(3));
  Acknowledge(2, 3);
  EXPECT_EQ(raft().PointAt(Index(2)).configuration, MakeConfiguration(3));
  EXPECT_EQ(raft().PointAt(Index(3)).configuration, MakeConfiguration({1, 2, 3}, {4}));
  EXPECT_EQ(raft().PointAt(Index(3)).configuration_index, Index(3));
}

using SnapshotDeathTest = SnapshotTest;

TEST_F(SnapshotDeathTest, NobodyCompactsWhatIsNotApplied) {
  LeadOf(3);
  Propose("a");
  EXPECT_DEATH(raft().Compact(Index(3)), "compact up to 3, applied 2");
  EXPECT_DEATH(raft().PointAt(Index(3)), "a snapshot at 3");
}

// The log may begin anywhere up to right behind the snapshot (LogStorage::Compact gives back whole
// segments only).
TEST_F(SnapshotTest, ARestartFindsAnyPartOfTheLog) {
  const std::vector<Entry> log = MakeLog(MakeConfiguration(3), {1, 1, 2, 2, 3, 3});
  const auto snapshot = MakeSnapshot(4, 2, MakeConfiguration(3));
  for (size_t from = 1; from <= 5; ++from) {
    Recovered recovered{.hard_state = {Term(3), NodeId(0)}, .snapshot = snapshot->point};
    recovered.entries.assign(log.begin() + static_cast<ptrdiff_t>(from) - 1, log.end());
    recovered.applied = Index(5);
    Raft raft(NodeId(1), options_, recovered, {Instant{}, 0});
    EXPECT_EQ(raft.status().last_index, Index(6));
    EXPECT_EQ(raft.status().durable_index, Index(6));
    EXPECT_EQ(raft.status().commit, Index(5));
    EXPECT_LE(raft.status().log_base, Index(4));
    EXPECT_EQ(raft.configuration(), MakeConfiguration(3));
    EXPECT_EQ(raft.status().configuration_index, Index(1));
    EXPECT_FALSE(raft.HasReady());
    raft.CheckInvariantsSlow();
    // As far back as its log goes, it can help others: the oldest entry may serve for its term
    // only.
    EXPECT_EQ(raft.EntryAt(Index(from == 1 ? 1 : from + 1))->index,
              Index(from == 1 ? 1 : from + 1));
  }
}

}  // namespace
}  // namespace konsul::raft::testing
