// Figure 2 of the paper, the box "Leaders", and section 8. See paper_test.cc for the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/raft/paper_support.h"

namespace konsul::raft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PaperLeaderTest : public OneServerTest {
 protected:
  PaperLeaderTest() {
    options_.pre_vote = false;
    options_.check_quorum = false;
    options_.lease_promise = Duration(0);
  }
};

// ---- Leaders ------------------------------------------------------------------------------------

// "Upon election: send initial empty AppendEntries RPCs (heartbeat) to each server; repeat during
// idle periods to prevent election timeouts (5.2)." The initial one carries the noop.
TEST_F(PaperLeaderTest, LeadersSendHeartbeats) {
  Start(3, {1}, 1);
  Lead(3);
  EXPECT_THAT(Sent<AppendRequest>(), SizeIs(2));
  EXPECT_EQ(raft().NextDeadline(), now() + options_.heartbeat_interval);
  for (int i = 0; i < 3; ++i) {
    Timeout();
    EXPECT_THAT(Sent<AppendRequest>(), SizeIs(2));
  }
}

// "If command received from client: append entry to local log, respond after entry applied to state
// machine (5.3)."
TEST_F(PaperLeaderTest, LeadersAppendCommandsAndApplyThemWhenCommitted) {
  Start(3, {1}, 1);
  Lead(3);
  Acknowledge(2, 2);
  Propose("a");
  EXPECT_EQ(*raft().EntryAt(Index(3))->payload, "a");
  EXPECT_THAT(server().state, SizeIs(2));
  Acknowledge(2, 3);
  EXPECT_THAT(server().state, SizeIs(3));
}

TEST_F(PaperLeaderTest, LeadersOnlyTakeCommands) {
  Start(3, {1}, 1);
  EXPECT_TRUE(absl::IsUnavailable(raft().Propose(cluster_->Now(), MakePayload("a")).status()));
  EXPECT_TRUE(absl::IsUnavailable(raft().ReadIndex(cluster_->Now(), 1)));
}

// "If last log index >= nextIndex for a follower: send AppendEntries RPC with log entries starting
// at nextIndex."
TEST_F(PaperLeaderTest, LeadersSendFromNextIndex) {
  Start(3, {1, 1}, 1);
  Lead(3);
  for (const auto& [to, append] : Sent<AppendRequest>()) {
    EXPECT_EQ(append.prev_index, Index(2));
    EXPECT_EQ(append.prev_term, Term(1));
    EXPECT_THAT(append.entries, SizeIs(1));
  }
  // Nothing more until the first one is answered.
  Propose("a");
  EXPECT_THAT(Sent<AppendRequest>(), IsEmpty());
  Acknowledge(2, 3);
  const AppendRequest append = OnlySent<AppendRequest>();
  EXPECT_EQ(append.prev_index, Index(3));
  EXPECT_THAT(append.entries, SizeIs(1));
}

// "If AppendEntries fails because of log inconsistency: decrement nextIndex and retry (5.3)", by
// whole terms.
TEST_F(PaperLeaderTest, LeadersBacktrackByTerms) {
  Start(3, {1, 1, 4, 4, 5, 5}, 6);
  Lead(3);
  Sent<AppendRequest>();
  // The follower has 1 1 2 2 2 2: its term 2 is below all of ours beyond index 2.
  Receive(2, 7,
          AppendReply{.match_or_rejected = Index(6), .hint_index = Index(6), .hint_term = Term(2)});
  const AppendRequest append = OnlySent<AppendRequest>();
  EXPECT_EQ(append.prev_index, Index(2));
  EXPECT_THAT(append.entries, SizeIs(5));
}

// "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and
// log[N].term == currentTerm: set commitIndex = N (5.3, 5.4)."
TEST_F(PaperLeaderTest, LeadersCommitWhatAMajorityHas) {
  Start(5, {1}, 1);
  Lead(5);
  Propose("a");
  Acknowledge(2, 3);
  EXPECT_EQ(status().commit, Index(0));
  Acknowledge(2, 3);  // the same one again
  Acknowledge(3, 2);
  EXPECT_EQ(status().commit, Index(2));
  Acknowledge(4, 3);
  EXPECT_EQ(status().commit, Index(3));
}

// 5.4.2: older terms' entries are committed by an entry of the own term only.
TEST_F(PaperLeaderTest, Section542OlderTermsAreNotCommittedByCounting) {
  Start(3, {1, 2, 2}, 3);
  Lead(3);
  Acknowledge(2, 3);
  Acknowledge(3, 3);
  EXPECT_EQ(status().commit, Index(0));
  Acknowledge(2, 4);
  EXPECT_EQ(status().commit, Index(4));
}

// ---- Section 8 ----------------------------------------------------------------------------------

// "Raft handles this by having each leader commit a blank no-op entry into the log at the start of
// its term."
TEST_F(PaperLeaderTest, Section8LeadersBeginWithANoop) {
  Start(3, {1}, 1);
  Lead(3);
  EXPECT_EQ(raft().EntryAt(Index(2))->kind, EntryKind::kNoop);
  EXPECT_EQ(raft().EntryAt(Index(2))->term, Term(2));
}

// "Second, a leader must check whether it has been deposed before processing a read-only request."
TEST_F(PaperLeaderTest, Section8ReadsAreConfirmedByAMajority) {
  Start(5, {1}, 1);
  Lead(5);
  Acknowledge(2, 2);
  Acknowledge(3, 2);
  Sent<AppendRequest>();
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 7).ok());
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 8).ok());
  cluster_->Pump(server());
  EXPECT_THAT(Sent<AppendRequest>(), SizeIs(4));  // one round for both
  Acknowledge(2, 2, /*round=*/1);
  EXPECT_THAT(server().reads, IsEmpty());
  Acknowledge(2, 2, /*round=*/1);
  Acknowledge(4, 2, /*round=*/0);  // sent before it was asked
  EXPECT_THAT(server().reads, IsEmpty());
  Acknowledge(3, 2, /*round=*/1);
  ASSERT_THAT(server().reads, SizeIs(2));
  EXPECT_EQ(server().reads[0].index, Index(2));
}

// "First, a leader must have the latest information on which entries are committed."
TEST_F(PaperLeaderTest, Section8ReadsWaitForAnEntryOfTheOwnTerm) {
  Start(3, {1}, 1);
  Lead(3);
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 7).ok());
  cluster_->Pump(server());
  for (const auto& [to, append] : Sent<AppendRequest>()) EXPECT_EQ(append.read_round, 0u);
  Acknowledge(2, 1, /*round=*/1);  // an echo of what was never called
  EXPECT_THAT(server().reads, IsEmpty());
  Acknowledge(2, 2, /*round=*/0);
  EXPECT_THAT(server().reads, IsEmpty());
  Acknowledge(2, 2, /*round=*/1);
  ASSERT_THAT(server().reads, SizeIs(1));
  EXPECT_EQ(server().reads[0].index, Index(2));
}

// A read of a leader that is deposed has no answer.
TEST_F(PaperLeaderTest, Section8ReadsFailWithTheLeadership) {
  Start(3, {1}, 1);
  Lead(3);
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 7).ok());
  Receive(3, 9, Append(1, 1, 0));
  EXPECT_THAT(server().failed_reads, ElementsAre(7));
}

}  // namespace
}  // namespace konsul::raft::testing
