// Figure 2 of the paper, rule by rule, in its order. Each test is named after the box it is from
// and quotes its rule; the sections are the paper's. The last box, leaders, is in
// paper_leader_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/raft/paper_support.h"

namespace konsul::raft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Without the thesis' additions, which thesis_test.cc is about.
class PaperTest : public OneServerTest {
 protected:
  PaperTest() {
    options_.pre_vote = false;
    options_.check_quorum = false;
    options_.lease_promise = Duration(0);
  }
};

// ---- RequestVote RPC, receiver ------------------------------------------------------------------

// 1. "Reply false if term < currentTerm (5.1)."
TEST_F(PaperTest, RequestVoteReceiver1RefusesAnOlderTerm) {
  Start(3, {1}, 5);
  Receive(2, 4, Vote(9, 4));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  EXPECT_EQ(last_term_, Term(5));
  EXPECT_EQ(status().vote, NodeId(0));
}

// 2. "If votedFor is null or candidateId, and candidate's log is at least as up-to-date as
// receiver's log, grant vote (5.2, 5.4)."
TEST_F(PaperTest, RequestVoteReceiver2GrantsOneVotePerTerm) {
  Start(3, {1}, 1);
  Receive(2, 2, Vote(1, 1));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
  Receive(3, 2, Vote(1, 1));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  Receive(2, 2, Vote(1, 1));  // its first request's reply was lost
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
  EXPECT_EQ(status().vote, NodeId(2));
  Receive(3, 3, Vote(1, 1));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

// 5.4.1: the later last term is more up-to-date; with the same, the longer log.
TEST_F(PaperTest, Section541OnlyAnUpToDateCandidateGetsAVote) {
  struct Case {
    VoteRequest request;
    bool granted;
  };
  for (const Case& c : {Case{Vote(3, 2), true}, Case{Vote(4, 2), true}, Case{Vote(1, 3), true},
                        Case{Vote(2, 2), false}, Case{Vote(9, 1), false}}) {
    Start(3, {1, 2, 2}, 3);
    Receive(2, 4, c.request);
    EXPECT_EQ(OnlySent<VoteReply>().granted, c.granted);
    // Refused or not, the term is taken over.
    EXPECT_EQ(status().term, Term(4));
  }
}

// "Persistent state on all servers (updated on stable storage before responding to RPCs)."
TEST_F(PaperTest, PersistentStateIsDurableBeforeAVoteIsGiven) {
  Start(3, {1}, 1);
  slow_disk_ = true;
  Receive(2, 2, Vote(1, 1));
  EXPECT_THAT(Sent<VoteReply>(), IsEmpty());
  cluster_->PersistOne(server());
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
  EXPECT_EQ(server().hard_state, (HardState{Term(2), NodeId(2)}));
}

// ... and even a refusal must not tell of a term that a crash could take back.
TEST_F(PaperTest, PersistentStateIsDurableBeforeATermIsTold) {
  Start(3, {1, 1}, 1);
  slow_disk_ = true;
  Receive(2, 2, Vote(1, 1));
  EXPECT_THAT(Sent<VoteReply>(), IsEmpty());
  Receive(3, 1, Append(1, 1, 0));
  EXPECT_THAT(Sent<AppendReply>(), IsEmpty());
  cluster_->PersistAll(server());
  EXPECT_THAT(cluster_->wire, SizeIs(2));
}

// 5.2: the vote outlives the process.
TEST_F(PaperTest, PersistentStateKeepsTheVoteAcrossARestart) {
  Start(3, {1}, 2, /*vote=*/2);
  Receive(3, 2, Vote(9, 1));
  EXPECT_FALSE(OnlySent<VoteReply>().granted);
  Receive(2, 2, Vote(1, 1));
  EXPECT_TRUE(OnlySent<VoteReply>().granted);
}

// ---- AppendEntries RPC, receiver ----------------------------------------------------------------

// 1. "Reply false if term < currentTerm (5.1)."
TEST_F(PaperTest, AppendEntriesReceiver1RefusesAnOlderTerm) {
  Start(3, {1}, 3);
  Receive(2, 2, Append(1, 1, 1, {Command(2, 2)}));
  EXPECT_FALSE(OnlySent<AppendReply>().success);
  EXPECT_EQ(last_term_, Term(3));  // so that the old leader steps down
  EXPECT_THAT(LogTerms(), ElementsAre(1));
  EXPECT_EQ(status().leader, NodeId(0));
}

// 2. "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm
// (5.3)." With where it may, at the end of 5.3.
TEST_F(PaperTest, AppendEntriesReceiver2RefusesWhatDoesNotMatchBefore) {
  Start(3, {1, 1, 2, 2}, 3);
  Receive(2, 3, Append(7, 3, 7, {Command(8, 3)}));  // too short
  AppendReply reply = OnlySent<AppendReply>();
  EXPECT_FALSE(reply.success);
  EXPECT_EQ(reply.match_or_rejected, Index(7));
  EXPECT_EQ(reply.hint_index, Index(4));
  EXPECT_EQ(reply.hint_term, Term(2));
  Receive(2, 3, Append(4, 1, 4, {Command(5, 3)}));  // another term there: both of term 2 are wrong
  reply = OnlySent<AppendReply>();
  EXPECT_FALSE(reply.success);
  EXPECT_EQ(reply.hint_index, Index(2));
  EXPECT_EQ(reply.hint_term, Term(1));
  EXPECT_THAT(LogTerms(), ElementsAre(1, 1, 2, 2));
  EXPECT_EQ(status().commit, Index(0));
}

// 3. "If an existing entry conflicts with a new one (same index but different terms), delete the
// existing entry and all that follow it (5.3)."
TEST_F(PaperTest, AppendEntriesReceiver3DeletesAConflictAndWhatFollows) {
  Start(3, {1, 2, 2, 2, 2}, 3);
  Receive(2, 3, Append(1, 1, 0, {Command(2, 2), Command(3, 3)}));
  EXPECT_THAT(LogTerms(), ElementsAre(1, 2, 3));
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(3));
  EXPECT_THAT(server().entries, SizeIs(3));
}

// The other half of 3: only a conflict deletes. A delayed short message must not.
TEST_F(PaperTest, AppendEntriesReceiver3KeepsWhatFollowsAShortMessage) {
  Start(3, {1, 2, 2, 2}, 2);
  Receive(2, 2, Append(1, 1, 0, {Command(2, 2)}));
  EXPECT_THAT(LogTerms(), ElementsAre(1, 2, 2, 2));
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(2));
  Receive(2, 2, Append(1, 1, 0));
  EXPECT_THAT(LogTerms(), ElementsAre(1, 2, 2, 2));
}

// 4. "Append any new entries not already in the log."
TEST_F(PaperTest, AppendEntriesReceiver4AppendsWhatIsNew) {
  Start(3, {1, 1}, 2);
  const AppendRequest append = Append(1, 1, 0, {Command(2, 1), Command(3, 2), Command(4, 2)});
  Receive(2, 2, append);
  EXPECT_THAT(LogTerms(), ElementsAre(1, 1, 2, 2));
  Receive(2, 2, append);  // a duplicate
  EXPECT_THAT(LogTerms(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(Sent<AppendReply>(), SizeIs(2));
}

// 4, and the persistent state: entries are durable before they are acknowledged, and so they are
// when the same message comes again while the first write is under way.
TEST_F(PaperTest, AppendEntriesReceiver4AcknowledgesWhatIsDurable) {
  Start(3, {1}, 2);
  slow_disk_ = true;
  Receive(2, 2, Append(1, 1, 0, {Command(2, 2)}));
  Receive(2, 2, Append(1, 1, 0, {Command(2, 2)}));
  EXPECT_THAT(Sent<AppendReply>(), IsEmpty());
  Receive(2, 2, Append(2, 2, 0));  // a heartbeat is answered, with what is durable
  EXPECT_EQ(OnlySent<AppendReply>().match_or_rejected, Index(1));
  cluster_->PersistAll(server());
  EXPECT_THAT(Sent<AppendReply>(), SizeIs(2));
}

// 5. "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)."
TEST_F(PaperTest, AppendEntriesReceiver5CommitsNotBeyondTheLastNewEntry) {
  Start(3, {1, 1, 1}, 2);
  Receive(2, 2, Append(1, 1, 9));  // what follows 1 here may not be the leader's
  EXPECT_EQ(status().commit, Index(1));
  Receive(2, 2, Append(1, 1, 2, {Command(2, 1), Command(3, 2)}));
  EXPECT_EQ(status().commit, Index(2));
  Receive(2, 2, Append(1, 1, 1));  // a late one
  EXPECT_EQ(status().commit, Index(2));
}

// ---- All servers --------------------------------------------------------------------------------

// "If commitIndex > lastApplied: increment lastApplied, apply log[lastApplied] to state machine
// (5.3)." In order, each once.
TEST_F(PaperTest, AllServersApplyWhatIsCommitted) {
  Start(3, {1, 1, 2}, 2);
  Receive(2, 2, Append(3, 2, 2));
  EXPECT_THAT(server().state, SizeIs(2));
  Receive(2, 2, Append(3, 2, 3));
  EXPECT_THAT(server().state, SizeIs(3));
  EXPECT_EQ(server().state.back(), *raft().EntryAt(Index(3)));
}

// "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to
// follower (5.1)."
TEST_F(PaperTest, AllServersFollowAHigherTerm) {
  const std::vector<decltype(Message::body)> bodies = {Vote(1, 1), VoteReply{}, Append(1, 1, 0),
                                                       AppendReply{}, VoteReply{.pre = true}};
  for (const auto& body : bodies) {
    Start(3, {1}, 1);
    Lead(3);
    Receive(3, 7, body);
    EXPECT_EQ(status().role, Role::kFollower);
    EXPECT_EQ(status().term, Term(7));
  }
}

// ---- Followers ----------------------------------------------------------------------------------

// "If election timeout elapses without receiving AppendEntries RPC from current leader or granting
// vote to candidate: convert to candidate (5.2)."
TEST_F(PaperTest, FollowersBecomeCandidatesWithoutALeader) {
  Start(3, {1}, 1);
  Wait(raft().NextDeadline() - now() - 1ns);
  Tick();
  EXPECT_EQ(status().role, Role::kFollower);
  Wait(1ns);
  Tick();
  EXPECT_EQ(status().role, Role::kCandidate);
}

TEST_F(PaperTest, FollowersWaitAnewAfterAnAppendAndAfterAVote) {
  const std::vector<decltype(Message::body)> bodies = {Append(1, 1, 0), Vote(1, 1)};
  for (const auto& body : bodies) {
    Start(3, {1}, 1);
    Wait(raft().NextDeadline() - now() - 1ns);
    Receive(2, 2, body);
    EXPECT_GE(raft().NextDeadline(), now() + options_.election_timeout);
  }
}

// A refused candidate, which cannot win, must not hold up one that can.
TEST_F(PaperTest, FollowersDoNotWaitForACandidateThatTheyRefuse) {
  Start(3, {1, 1}, 1);
  const Instant due = raft().NextDeadline();
  Wait(due - now() - 1ns);
  Receive(2, 2, Vote(1, 1));
  EXPECT_EQ(raft().NextDeadline(), due);
}

// 5.2: timeouts are random, so that split votes are rare: in [T, 2T).
TEST_F(PaperTest, Section52TimeoutsAreDrawnFromOneToTwo) {
  const Duration t = options_.election_timeout;
  std::set<int64_t> drawn;
  for (uint64_t draw : {uint64_t{0}, uint64_t{12345678}, ~uint64_t{0}}) {
    Raft raft(NodeId(1), options_, {.entries = MakeLog(MakeConfiguration(3), {1})},
              {Instant{}, draw});
    const Duration timeout = raft.NextDeadline() - Instant{};
    EXPECT_GE(timeout, t);
    EXPECT_LT(timeout, 2 * t);
    drawn.insert(timeout.count());
  }
  EXPECT_THAT(drawn, SizeIs(3));
}

// ---- Candidates ---------------------------------------------------------------------------------

// "On conversion to candidate, start election: increment currentTerm, vote for self, reset election
// timer, send RequestVote RPCs to all other servers (5.2)."
TEST_F(PaperTest, CandidatesStartAnElection) {
  Start(3, {1, 1}, 4);
  Timeout();
  EXPECT_EQ(status().term, Term(5));
  EXPECT_EQ(status().vote, NodeId(1));
  const auto requests = Sent<VoteRequest>();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(last_term_, Term(5));
  EXPECT_EQ(requests[0].first, NodeId(2));
  EXPECT_EQ(requests[1].first, NodeId(3));
  EXPECT_EQ(requests[0].second.last_index, Index(2));
  EXPECT_EQ(requests[0].second.last_term, Term(1));
  Wait(options_.election_timeout - 1ns);  // "reset election timer"
  Tick();
  EXPECT_EQ(status().term, Term(5));
}

// The own vote is durable before it counts, and before others are asked.
TEST_F(PaperTest, CandidatesPersistTheirOwnVoteFirst) {
  Start(1, {1}, 1);
  slow_disk_ = true;
  Timeout();
  EXPECT_EQ(status().role, Role::kCandidate);
  cluster_->PersistAll(server());
  EXPECT_EQ(status().role, Role::kLeader);

  Start(3, {1}, 1);
  Timeout();
  EXPECT_THAT(Sent<VoteRequest>(), IsEmpty());
  Receive(2, 2, VoteReply{.granted = true});
  EXPECT_EQ(status().role, Role::kCandidate);
  cluster_->PersistAll(server());
  EXPECT_THAT(Sent<VoteRequest>(), SizeIs(2));
  EXPECT_EQ(status().role, Role::kLeader);
}

// "If votes received from majority of servers: become leader (5.2)." Of distinct servers.
TEST_F(PaperTest, CandidatesLeadWithAMajorityOfDistinctVoters) {
  Start(5, {1}, 1);
  Timeout();
  const VoteReply granted{.granted = true};
  Receive(2, 2, granted);
  Receive(2, 2, granted);  // the same one again
  Receive(9, 2, granted);  // no member
  Receive(3, 1, granted);  // of an older term
  Receive(4, 2, VoteReply{});
  EXPECT_EQ(status().role, Role::kCandidate);
  Receive(3, 2, granted);
  EXPECT_EQ(status().role, Role::kLeader);
}

// "If AppendEntries RPC received from new leader: convert to follower (5.2)."
TEST_F(PaperTest, CandidatesFollowANewLeaderOfTheirTerm) {
  Start(3, {1}, 1);
  Timeout();
  Receive(2, 2, Append(1, 1, 0));
  EXPECT_EQ(status().role, Role::kFollower);
  EXPECT_EQ(status().leader, NodeId(2));
  EXPECT_EQ(status().vote, NodeId(1));  // kept: it is the same term
}

// "If election timeout elapses: start new election (5.2)."
TEST_F(PaperTest, CandidatesTryAgain) {
  Start(3, {1}, 1);
  Timeout();
  Wait(2 * options_.election_timeout);
  Tick();
  EXPECT_EQ(status().role, Role::kCandidate);
  EXPECT_EQ(status().term, Term(3));
}

}  // namespace
}  // namespace konsul::raft::testing
