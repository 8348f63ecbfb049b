// What the thesis adds to the paper: pre-vote (9.6), check-quorum (6.2), leader stickiness (4.2.3),
// pipelining (10.2.1), and what a server does that has no configuration yet (4.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/raft/paper_support.h"

namespace konsul::raft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ThesisTest : public OneServerTest {};

// ---- Pre-vote (9.6) -----------------------------------------------------------------------------

TEST_F(ThesisTest, PreVoteChangesNothingBeforeItIsWon) {
  Start(3, {1}, 4);
  Timeout();
  EXPECT_EQ(status().role, Role::kPreCandidate);
  EXPECT_EQ(status().term, Term(4));
  const auto requests = Sent<VoteRequest>();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_TRUE(requests[0].second.pre);
  EXPECT_EQ(last_term_, Term(5));
  Receive(2, 5, VoteReply{.pre = true, .granted = true});
  EXPECT_EQ(status().role, Role::kCandidate);
  EXPECT_EQ(status().term, Term(5));
}

TEST_F(ThesisTest, PreVoteBindsNobody) {
  Start(3, {1}, 4);
  Wait(options_.lease_promise);  // before, a server that has just started helps nobody
  for (uint64_t candidate : {2, 3, 2}) {
    Receive(candidate, 5, Vote(1, 1, /*pre=*/true));
    EXPECT_TRUE(OnlySent<VoteReply>().granted);
    EXPECT_EQ(last_term_, Term(5));
  }
  EXPECT_EQ(status().term, Term(4));
  EXPECT_EQ(status().vote, NodeId(0));
}

TEST_F(ThesisTest, PreVoteIsRefusedToAnOldLog) {
  Start(3, {1, 4}, 4);
  Wait(options_.lease_promise);
  Receive(2, 5, Vote(9, 3, /*pre=*/true));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  EXPECT_EQ(last_term_, Term(4));
}

// etcd #8501: silence would leave the asker in its old term for ever.
TEST_F(ThesisTest, PreVoteOfAnOlderTermIsToldTheTerm) {
  Start(3, {1}, 7);
  Receive(2, 4, Vote(9, 9, /*pre=*/true));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  EXPECT_EQ(last_term_, Term(7));
}

TEST_F(ThesisTest, PreVoteTeachesItsAskerAHigherTerm) {
  Start(3, {1}, 4);
  Timeout();
  Receive(2, 7, VoteReply{.pre = true, .granted = false});
  EXPECT_EQ(status().role, Role::kFollower);
  EXPECT_EQ(status().term, Term(7));
}

// Grants of an earlier attempt, in an earlier term, say nothing about this one.
TEST_F(ThesisTest, PreVoteCountsItsOwnAnswersOnly) {
  Start(3, {1}, 4);
  Timeout();
  Receive(2, 4, VoteReply{.pre = true, .granted = true});
  Receive(2, 5, VoteReply{.pre = false, .granted = true});  // steps up to term 5
  EXPECT_NE(status().role, Role::kCandidate);
  EXPECT_NE(status().role, Role::kLeader);
}

// A disk slower than elections must not heap up terms which can never be won.
TEST_F(ThesisTest, NoElectionWhileTheLastVoteIsBeingWritten) {
  Start(1, {1}, 1);
  slow_disk_ = true;
  for (int i = 0; i < 10; ++i) Timeout();
  EXPECT_EQ(status().term, Term(2));
  cluster_->PersistAll(server());
  EXPECT_EQ(status().role, Role::kLeader);
}

// ---- Leader stickiness (4.2.3) ------------------------------------------------------------------

TEST_F(ThesisTest, WhoHearsFromALeaderHelpsNobodyElse) {
  for (bool pre : {true, false}) {
    Start(3, {1}, 2);
    Receive(2, 2, Append(1, 1, 0));
    Sent<AppendReply>();
    Wait(options_.election_timeout - 1ns);
    Receive(3, 3, Vote(9, 2, pre));
    EXPECT_THAT(Sent<VoteReply>(), IsEmpty());
    EXPECT_EQ(status().term, Term(2));
    EXPECT_EQ(status().leader, NodeId(2));
    Wait(1ns);
    Receive(3, 3, Vote(9, 2, pre));
    EXPECT_TRUE(OnlySent<VoteReply>().granted);
  }
}

TEST_F(ThesisTest, ALeaderWithItsQuorumIsNotDeposedByAVoteRequest) {
  Start(3, {1}, 1);
  Lead(3);
  Receive(3, 9, Vote(9, 9));
  EXPECT_EQ(status().role, Role::kLeader);
}

// ---- Check-quorum (6.2) -------------------------------------------------------------------------

TEST_F(ThesisTest, ALeaderWithoutAQuorumStepsDown) {
  Start(5, {1}, 1);
  Lead(5);
  const Instant elected = now();
  Wait(100ms);
  Acknowledge(2, 1);
  Acknowledge(3, 1);
  Wait(50ms);
  Acknowledge(2, 1);  // two of five, with itself
  while (now() < elected + 100ms + options_.election_timeout - 40ms) {
    Timeout();
    ASSERT_EQ(status().role, Role::kLeader);
  }
  cluster_->now = elected + 100ms + options_.election_timeout - 1ns;
  Tick();
  EXPECT_EQ(status().role, Role::kLeader);
  EXPECT_EQ(raft().NextDeadline(), now() + 1ns);
  Wait(1ns);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
  EXPECT_EQ(status().term, Term(2));
  EXPECT_EQ(status().vote, NodeId(1));
}

TEST_F(ThesisTest, ALeaderOfItselfStaysForEver) {
  Start(1, {1}, 1);
  Timeout();
  EXPECT_EQ(status().role, Role::kLeader);
  EXPECT_EQ(raft().NextDeadline(), Instant::Never());
  Wait(24h);
  Tick();
  EXPECT_EQ(status().role, Role::kLeader);
  Propose("a");
  EXPECT_EQ(status().commit, Index(3));
  ASSERT_TRUE(raft().ReadIndex(cluster_->Now(), 7).ok());
  cluster_->Pump(server());
  EXPECT_THAT(server().reads, SizeIs(1));
}

// ---- Pipelining and parallel writes (10.2.1) ----------------------------------------------------

class PipelineTest : public OneServerTest {
 protected:
  void LeadTwo() {
    Start(3, {1}, 1);
    Lead(3);
    Acknowledge(2, 2);
    cluster_->wire.clear();
  }
};

TEST_F(PipelineTest, AppendsDoNotWaitForAnswers) {
  options_.inflight_max = 2;
  LeadTwo();
  Propose("a");
  Propose("b");
  EXPECT_THAT(Sent<AppendRequest>(), SizeIs(2));
  Propose("c");
  EXPECT_THAT(Sent<AppendRequest>(), IsEmpty());  // the window is full
  Acknowledge(2, 3);
  const auto sent = Sent<AppendRequest>();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].second.prev_index, Index(4));
}

TEST_F(PipelineTest, BatchesKeepToTheirLimits) {
  options_.append_entries_max = 3;
  options_.append_bytes_max = 4;
  LeadTwo();
  for (const char* text : {"a", "b", "c", "d", "eeeee", "f"}) {
    ASSERT_TRUE(raft().Propose(cluster_->Now(), MakePayload(text)).ok());
  }
  cluster_->Pump(server());
  std::vector<size_t> sizes;
  for (const auto& [to, append] : Sent<AppendRequest>()) sizes.push_back(append.entries.size());
  EXPECT_THAT(sizes, ElementsAre(3, 1, 1, 1));
}

TEST_F(PipelineTest, ALeaderCountsItselfOnlyWhenItIsDurable) {
  LeadTwo();
  slow_disk_ = true;
  Propose("a");
  EXPECT_THAT(Sent<AppendRequest>(), SizeIs(1));  // out before its own write
  Acknowledge(2, 3);
  EXPECT_EQ(status().commit, Index(2));
  cluster_->PersistAll(server());
  EXPECT_EQ(status().commit, Index(3));
}

TEST_F(PipelineTest, CommittedWithoutTheOwnDiskIsNotYetApplied) {
  LeadTwo();
  slow_disk_ = true;
  Propose("a");
  Acknowledge(2, 3);
  Acknowledge(3, 3);
  EXPECT_EQ(status().commit, Index(3));
  EXPECT_EQ(status().applied, Index(2));
  cluster_->PersistAll(server());
  EXPECT_EQ(status().applied, Index(3));
}

// Nobody tells that an append was lost; the next heartbeat runs into the gap.
TEST_F(PipelineTest, ALostAppendIsFoundByTheHeartbeat) {
  LeadTwo();
  Propose("a");
  cluster_->wire.clear();  // lost
  Timeout();
  AppendRequest heartbeat;
  for (const auto& [to, append] : Sent<AppendRequest>()) {
    if (to == NodeId(2)) heartbeat = append;
  }
  EXPECT_EQ(heartbeat.prev_index, Index(3));
  Receive(2, 2,
          AppendReply{.match_or_rejected = Index(3), .hint_index = Index(2), .hint_term = Term(2)});
  EXPECT_EQ(OnlySent<AppendRequest>().prev_index, Index(2));
}

TEST_F(PipelineTest, AnUnreachablePeerIsProbedFromWhatItHas) {
  LeadTwo();
  Propose("a");
  Propose("b");
  Sent<AppendRequest>();
  raft().PeerUnreachable(cluster_->Now(), NodeId(2), /*closed=*/false);
  cluster_->Pump(server());
  const AppendRequest append = OnlySent<AppendRequest>();
  EXPECT_EQ(append.prev_index, Index(2));
  EXPECT_THAT(append.entries, SizeIs(2));
}

// etcd #16220: what a message does not prove to be there must not be called committed by it.
TEST_F(PipelineTest, AHeartbeatsCommitStaysWithinWhatItProves) {
  Start(5, {1, 1, 1, 1}, 1);
  Lead(5);
  // 5 has almost nothing, and the others make everything committed.
  Receive(5, 2,
          AppendReply{.match_or_rejected = Index(4), .hint_index = Index(1), .hint_term = Term(1)});
  Acknowledge(2, 5);
  Acknowledge(3, 5);
  ASSERT_EQ(status().commit, Index(5));
  cluster_->wire.clear();
  Timeout();
  for (const auto& [to, append] : Sent<AppendRequest>()) {
    EXPECT_LE(append.commit, append.prev_index);
  }
}

TEST_F(PipelineTest, FollowersLearnAboutTheCommitAtOnce) {
  LeadTwo();
  Propose("a");
  Sent<AppendRequest>();
  Acknowledge(2, 3);
  const AppendRequest news = OnlySent<AppendRequest>();
  EXPECT_THAT(news.entries, IsEmpty());
  EXPECT_EQ(news.commit, Index(3));
  Acknowledge(2, 3);
  EXPECT_THAT(Sent<AppendRequest>(), IsEmpty());  // once is enough
}

// ---- Without a configuration, and the first one -------------------------------------------------

TEST_F(ThesisTest, APassiveServerWaitsUntilItIsALearner) {
  Start(3, {}, 0);
  EXPECT_EQ(raft().NextDeadline(), Instant::Never());
  Wait(24h);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
  // It may have voted and stored entries, and have lost its disk since.
  Receive(2, 2, Vote(1, 1));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  AppendRequest append = Append(0, 0, 0, MakeLog(MakeConfiguration(3), {1, 2}));
  Receive(2, 2, append);
  EXPECT_THAT(Sent<AppendReply>(), IsEmpty());
  EXPECT_TRUE(raft().configuration().empty());

  append.to_learner = true;
  Receive(2, 2, append);
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(2));
  // It is a member as soon as it has the entry, committed or not (4.1), and takes part from now on.
  EXPECT_EQ(raft().configuration(), MakeConfiguration(3));
  EXPECT_LT(raft().NextDeadline(), Instant::Never());
  Receive(2, 2, Append(2, 2, 2, {}));
  EXPECT_EQ(status().commit, Index(2));
  Wait(options_.election_timeout);
  Receive(3, 3, Vote(3, 2));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

TEST_F(ThesisTest, ATruncatedConfigurationIsNotInForceAnyMore) {
  Start(3, {1}, 1);
  Receive(2, 2, Append(0, 0, 0, {Command(1, 2)}));
  EXPECT_TRUE(raft().configuration().empty());
  EXPECT_EQ(raft().NextDeadline(), Instant::Never());
}

TEST_F(ThesisTest, BootstrapIsForEmptyLogsOnly) {
  Start(3, {}, 0);
  EXPECT_TRUE(absl::IsInvalidArgument(raft().Bootstrap(cluster_->Now(), Configuration{})));
  EXPECT_TRUE(raft().Bootstrap(cluster_->Now(), MakeConfiguration(3)).ok());
  cluster_->Pump(server());
  cluster_->PersistAll(server());
  EXPECT_EQ(server().entries, MakeLog(MakeConfiguration(3), {1}));
  EXPECT_EQ(server().hard_state, (HardState{Term(1), NodeId(0)}));
  EXPECT_TRUE(absl::IsFailedPrecondition(raft().Bootstrap(cluster_->Now(), MakeConfiguration(3))));
}

// Somebody was quicker and has its vote already: that is not to be forgotten.
TEST_F(ThesisTest, BootstrapKeepsTermAndVote) {
  Start(3, {}, 5, /*vote=*/2);
  EXPECT_TRUE(raft().Bootstrap(cluster_->Now(), MakeConfiguration(3)).ok());
  cluster_->Pump(server());
  cluster_->PersistAll(server());
  EXPECT_EQ(server().hard_state, (HardState{Term(5), NodeId(2)}));
  EXPECT_THAT(LogTerms(), ElementsAre(1));
}

// ---- What must not happen -----------------------------------------------------------------------

TEST_F(ThesisTest, NonsenseIsIgnored) {
  Start(3, {1}, 2);
  const std::vector<Message> nonsense = {
      MakeMessage(1, 1, 9, Vote(9, 9)),                                       // from itself
      MakeMessage(0, 1, 9, Vote(9, 9)),                                       // from nobody
      MakeMessage(2, 3, 9, Vote(9, 9)),                                       // for somebody else
      MakeMessage(2, 1, 9, Append(1, 1, 0, {Command(3, 2)})),                 // a gap
      MakeMessage(2, 1, 9, Append(1, 1, 0, {Command(2, 2), Command(3, 1)})),  // terms fall
      MakeMessage(2, 1, 9, Append(1, 1, 0, {Command(2, 10)})),                // of a term to come
  };
  for (Message message : nonsense) {
    raft().Step(cluster_->Now(), message);
    EXPECT_EQ(status().term, Term(2));
    EXPECT_FALSE(raft().HasReady());
  }
}

using ThesisDeathTest = ThesisTest;

TEST_F(ThesisDeathTest, TheProcessStopsWhereSafetyIsLost) {
  Start(3, {1, 2}, 2);
  Receive(2, 2, Append(2, 2, 2));
  EXPECT_DEATH(Receive(2, 3, Append(1, 1, 2, {Command(2, 3)})), "up to 2 all is committed");
  Start(3, {1}, 1);
  Lead(3);
  EXPECT_DEATH(Receive(2, 2, Append(1, 1, 0)), "two leaders in term 2");
}

}  // namespace
}  // namespace konsul::raft::testing
