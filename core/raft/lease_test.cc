// Leases and promises (thesis 6.4.1, docs/decisions/0007-promises-and-leases.md), what a closed
// connection changes, and what holds a leader back: its disk, and too much work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/raft/paper_support.h"

namespace konsul::raft::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class LeaseTest : public OneServerTest {
 protected:
  LeaseTest() {
    options_.election_timeout = 400ms;
    options_.heartbeat_interval = 100ms;
    options_.lease_promise = 100ms;
    options_.clock_drift_max_ppm = 100'000;
  }
  void LeadOf(size_t n) {
    Start(n, {1}, 1);
    Lead(n);
    for (uint64_t id = 2; id <= n; ++id) Acknowledge(id, 2);
    cluster_->wire.clear();
  }
  // Answers what was sent at `sent`.
  void Answer(uint64_t from, Instant sent) {
    Receive(from, status().term.value,
            AppendReply{.success = true, .match_or_rejected = Index(2), .sent = sent.ns});
  }
  absl::StatusOr<Index> Lease() { return raft().LeaseRead(cluster_->Now()); }
  void Closed(uint64_t peer) {
    raft().PeerUnreachable(cluster_->Now(), NodeId(peer), /*closed=*/true);
    cluster_->Pump(server());
  }
};

// ---- The leader's end ---------------------------------------------------------------------------

// 100 ms of a clock that is 10% fast, measured by one that is 10% slow: 100 * 0.9 / 1.1.
TEST_F(LeaseTest, LastsAsLongAsTheWorstClocksAllow) {
  LeadOf(3);
  const Instant sent = now();
  Wait(30ms);  // the way there and back is at the leader's expense
  Answer(2, sent);
  EXPECT_EQ(Lease().value(), Index(2));
  const Duration lease = 81818181ns;
  cluster_->now = sent + lease - 1ns;
  EXPECT_TRUE(Lease().ok());
  cluster_->now = sent + lease;
  EXPECT_TRUE(absl::IsUnavailable(Lease().status()));
}

TEST_F(LeaseTest, NeedsAQuorumOfAnswers) {
  LeadOf(5);
  Wait(200ms);
  const Instant sent = now();
  Answer(2, sent);
  EXPECT_FALSE(Lease().ok());
  Answer(2, sent);
  EXPECT_FALSE(Lease().ok());
  Answer(9, sent);
  EXPECT_FALSE(Lease().ok());
  Answer(3, sent);
  EXPECT_TRUE(Lease().ok());
  // Each counts from its own latest question; an older answer that comes late takes nothing away.
  Wait(50ms);
  Answer(4, now());
  Answer(2, now());
  Answer(2, sent);
  Wait(50ms);
  EXPECT_TRUE(Lease().ok());
}

TEST_F(LeaseTest, AnAnswerFromTheFutureCountsFromNow) {
  LeadOf(3);
  Wait(200ms);
  Answer(2, now() + 1h);
  EXPECT_TRUE(Lease().ok());
  Wait(90ms);
  EXPECT_FALSE(Lease().ok());
}

TEST_F(LeaseTest, NeedsAnEntryOfTheOwnTerm) {
  Start(3, {1, 1}, 1);
  Lead(3);
  Receive(2, 2, AppendReply{.success = true, .match_or_rejected = Index(2), .sent = now().ns});
  EXPECT_FALSE(Lease().ok());
  Receive(2, 2, AppendReply{.success = true, .match_or_rejected = Index(3), .sent = now().ns});
  EXPECT_EQ(Lease().value(), Index(3));
}

TEST_F(LeaseTest, CanBeSwitchedOff) {
  options_.lease_promise = Duration(0);
  LeadOf(3);
  Answer(2, now());
  EXPECT_FALSE(Lease().ok());
  options_.lease_promise = 100ms;
  options_.clock_drift_max_ppm = 1'000'000;  // a clock that may stand still promises nothing
  LeadOf(3);
  Answer(2, now());
  EXPECT_FALSE(Lease().ok());
  options_.clock_drift_max_ppm = 999'999;
  LeadOf(3);
  Answer(2, now());
  EXPECT_TRUE(Lease().ok());
}

// The message may arrive at any later time within the term, so the lease does not come back.
TEST_F(LeaseTest, IsGivenUpForATransferForTheRestOfTheTerm) {
  LeadOf(3);
  Propose("a");
  Answer(2, now());
  ASSERT_TRUE(raft().TransferLeadership(cluster_->Now(), NodeId(2)).ok());
  EXPECT_TRUE(Lease().ok());  // nobody was told yet
  Acknowledge(2, 3);
  EXPECT_FALSE(Lease().ok());
  for (int i = 0; i < 10; ++i) {
    Wait(options_.election_timeout / 8);
    Answer(2, now());
    Tick();
  }
  ASSERT_EQ(status().transfer, NodeId(0));
  ASSERT_EQ(status().role, Role::kLeader);
  EXPECT_FALSE(Lease().ok());
}

TEST_F(LeaseTest, OfOneIsForEver) {
  Start(1, {1}, 1);
  Timeout();
  Wait(24h);
  EXPECT_TRUE(Lease().ok());
}

// ---- The follower's end -------------------------------------------------------------------------

TEST_F(LeaseTest, WhoPromisedHelpsNobodyAndDoesNotStand) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  const Instant promised = now();
  Closed(2);
  EXPECT_EQ(status().leader, NodeId(0));
  cluster_->wire.clear();
  for (const bool pre : {true, false}) {
    cluster_->now = promised + options_.lease_promise - 1ns;
    Receive(3, 3, Vote(9, 2, pre));
    Tick();
    EXPECT_THAT(cluster_->wire, IsEmpty());
    EXPECT_EQ(status().term, Term(2));
    EXPECT_EQ(status().role, Role::kFollower);
  }
  cluster_->now = promised + options_.lease_promise;
  Receive(3, 3, Vote(9, 2));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

// So that check-quorum and pre-vote are no part of what makes leases safe.
TEST_F(LeaseTest, ThePromiseHoldsWithoutCheckQuorumAndPreVote) {
  options_.check_quorum = false;
  options_.pre_vote = false;
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  cluster_->wire.clear();
  Wait(options_.lease_promise - 1ns);
  Receive(3, 3, Vote(9, 2));
  EXPECT_THAT(cluster_->wire, IsEmpty());
  Wait(1ns);
  Receive(3, 3, Vote(9, 2));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

// Seed 101936 of the scenario "leases", where a buggify site took a follower's patience: the voter
// whom the leader counts on is the next leader.
TEST_F(LeaseTest, WhoPromisedDoesNotStandHoweverLittlePatienceItHas) {
  class Impatient : public Buggify {
    bool Fires(BuggifySite site) override { return site == BuggifySite::kEarlyElection; }
  } impatient;
  options_.buggify = &impatient;
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  EXPECT_EQ(raft().NextDeadline(), now() + options_.lease_promise);
}

TEST_F(LeaseTest, ASnapshotIsPromisedForLikeAnAppend) {
  Start(3, {1}, 2);
  Wait(200ms);
  raft().InstallSnapshot(cluster_->Now(), NodeId(2), Term(2),
                         {{Index(1), Term(1)}, Index(1), MakeConfiguration(3)});
  cluster_->Pump(server());
  cluster_->PersistAll(server());
  EXPECT_EQ(OnlySent<AppendReply>().sent, Instant::Past().ns);  // but it renews no lease
  Wait(options_.lease_promise - 1ns);
  Receive(3, 3, Vote(9, 2));
  EXPECT_THAT(cluster_->wire, IsEmpty());
}

TEST_F(LeaseTest, ATransferOverridesPromises) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  Receive(3, 3, VoteRequest{.transfer = true, .last_index = Index(1), .last_term = Term(1)});
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

// ---- A closed connection ------------------------------------------------------------------------

TEST_F(LeaseTest, VotersStandInTheOrderOfTheirIdsWhenTheLeaderIsGone) {
  // Ranks 0 and 2 of the voters 1, 2, 3 and 1, 5, 7.
  const Duration step = options_.election_timeout / 20;
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  Closed(2);
  EXPECT_EQ(raft().NextDeadline(), now() + options_.lease_promise + step / 4);

  cluster_.emplace(options_);
  Server& last = cluster_->Add(NodeId(7));
  last.entries = MakeLog(MakeConfiguration({1, 5, 7}, {}), {1});
  last.hard_state.term = Term(1);
  cluster_->Start(last, Index(0));
  cluster_->Deliver(MakeMessage(5, 7, 1, Append(1, 1, 0)));
  last.raft->PeerUnreachable(cluster_->Now(), NodeId(5), /*closed=*/true);
  EXPECT_EQ(last.raft->NextDeadline(),
            cluster_->now + options_.lease_promise + step / 4 + 2 * step);
}

TEST_F(LeaseTest, OnlyAFollowersLeaderCanBeGone) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  const Instant due = raft().NextDeadline();
  Closed(3);
  EXPECT_EQ(raft().NextDeadline(), due);
  EXPECT_EQ(status().leader, NodeId(2));
  raft().PeerUnreachable(cluster_->Now(), NodeId(2), /*closed=*/false);
  EXPECT_EQ(raft().NextDeadline(), due);
  LeadOf(3);
  Closed(2);
  EXPECT_EQ(status().role, Role::kLeader);
}

// A hint makes an election earlier, never later.
TEST_F(LeaseTest, AHintNeverDelays) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  const Instant due = raft().NextDeadline();
  cluster_->now = due - 1ns;
  Closed(2);
  EXPECT_EQ(raft().NextDeadline(), due);
}

// It was a hiccup: the leader is back, and with it patience.
TEST_F(LeaseTest, TheHurryEndsWithTheNextLeader) {
  Start(3, {1}, 2);
  Receive(2, 2, Append(1, 1, 0));
  Closed(2);
  Receive(2, 2, Append(1, 1, 0));
  EXPECT_EQ(status().leader, NodeId(2));
  EXPECT_GE(raft().NextDeadline(), now() + options_.election_timeout);
}

// ---- Questions that get lost --------------------------------------------------------------------

TEST_F(LeaseTest, WhoHasNotAnsweredIsAskedAgainEveryHeartbeatInterval) {
  Start(3, {1}, 1);
  Timeout();
  EXPECT_THAT(Sent<VoteRequest>(), SizeIs(2));
  EXPECT_EQ(raft().NextDeadline(), now() + options_.heartbeat_interval);
  Receive(2, 1, VoteReply{.pre = true, .granted = false});  // has answered
  Timeout();
  const auto again = Sent<VoteRequest>();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].first, NodeId(3));
  EXPECT_TRUE(again[0].second.pre);
}

// ---- The disk -----------------------------------------------------------------------------------

TEST_F(LeaseTest, ALeaderWithAStuckDiskStepsDown) {
  LeadOf(3);
  slow_disk_ = true;
  Propose("a");
  const Instant begun = now();
  while (now() + 50ms < begun + options_.disk_stall_timeout) {
    Wait(50ms);
    Acknowledge(2, 3);
    Acknowledge(3, 3);
    Tick();
    Propose("b");  // each in a batch of its own: what counts is the oldest
  }
  cluster_->now = begun + options_.disk_stall_timeout - 1ns;
  Tick();
  EXPECT_EQ(status().role, Role::kLeader);
  EXPECT_EQ(raft().NextDeadline(), now() + 1ns);
  Wait(1ns);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
  Wait(2 * options_.election_timeout);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);  // nor does it stand
  cluster_->PersistAll(server());
  Wait(2 * options_.election_timeout);
  Tick();
  EXPECT_EQ(status().role, Role::kPreCandidate);
}

// Nobody else could do better.
TEST_F(LeaseTest, ALeaderOfItselfWaitsForItsDisk) {
  Start(1, {1}, 1);
  Timeout();
  slow_disk_ = true;
  Propose("a");
  Wait(24h);
  Tick();
  EXPECT_EQ(status().role, Role::kLeader);
}

// ---- Too much work ------------------------------------------------------------------------------

TEST_F(LeaseTest, UncommittedBytesAreBounded) {
  options_.uncommitted_bytes_max = 10;
  LeadOf(3);
  const auto propose = [this](const char* text) {
    return raft().Propose(cluster_->Now(), MakePayload(text)).status();
  };
  EXPECT_TRUE(propose("123456789").ok());
  EXPECT_TRUE(propose("123456789").ok());  // what begins within the limit may exceed it
  EXPECT_EQ(status().uncommitted_bytes, 18u);
  EXPECT_TRUE(absl::IsResourceExhausted(propose("")));
  cluster_->Pump(server());
  cluster_->PersistAll(server());
  Acknowledge(2, 3);
  EXPECT_EQ(status().uncommitted_bytes, 9u);
  EXPECT_TRUE(propose("1").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(propose("")));
}

// What an earlier leader left uncommitted weighs on the next one.
TEST_F(LeaseTest, ANewLeaderCountsWhatItFinds) {
  options_.uncommitted_bytes_max = 10;
  Start(3, {1}, 1);
  Entry large = Command(2, 2);
  large.payload = MakePayload("123456789012");
  Receive(2, 2, Append(1, 1, 1, {large}));
  Wait(2 * options_.election_timeout);
  Lead(3);
  EXPECT_EQ(status().uncommitted_bytes, 12u);
  EXPECT_TRUE(
      absl::IsResourceExhausted(raft().Propose(cluster_->Now(), MakePayload("a")).status()));
  Acknowledge(2, 3);
  EXPECT_EQ(status().uncommitted_bytes, 0u);
}

TEST_F(LeaseTest, UncommittedEntriesAreBounded) {
  options_.uncommitted_entries_max = 2;
  LeadOf(3);
  Propose("a");
  Propose("b");
  EXPECT_TRUE(
      absl::IsResourceExhausted(raft().Propose(cluster_->Now(), MakePayload("c")).status()));
}

}  // namespace
}  // namespace konsul::raft::testing
