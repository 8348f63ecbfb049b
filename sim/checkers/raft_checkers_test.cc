// Each checker of consensus is shown a good story, and the violations it exists for.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/election_safety.h"
#include "sim/checkers/liveness.h"
#include "sim/checkers/log_safety.h"
#include "sim/checkers/state_digest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

raft::Entry MakeEntry(uint64_t index, uint64_t term, const std::string& text) {
  return {Index(index), Term(term), raft::EntryKind::kCommand, raft::MakePayload(text)};
}

raft::Status MakeStatus(uint64_t id, uint64_t term, raft::Role role, uint64_t commit = 0) {
  raft::Status status;
  status.id = NodeId(id);
  status.term = Term(term);
  status.role = role;
  status.commit = Index(commit);
  return status;
}

std::string FirstOracle(const Findings& findings) {
  return findings.empty() ? "" : findings.list()[0].oracle;
}

TEST(ElectionSafety, OneLeaderPerTermIsFineTwoAreNot) {
  Findings findings;
  ElectionSafety checker(findings);
  checker.OnStatus(MakeStatus(1, 1, raft::Role::kLeader));
  checker.OnStatus(MakeStatus(1, 1, raft::Role::kLeader));
  checker.OnStatus(MakeStatus(2, 2, raft::Role::kLeader));
  checker.OnStatus(MakeStatus(3, 2, raft::Role::kCandidate));
  EXPECT_TRUE(findings.empty());
  checker.OnStatus(MakeStatus(3, 2, raft::Role::kLeader));
  EXPECT_EQ(FirstOracle(findings), "election-safety");
}

TEST(ElectionSafety, AVoteIsForOneCandidate) {
  Findings findings;
  ElectionSafety checker(findings);
  checker.OnDurableVote(NodeId(1), {Term(3), NodeId(2)});
  checker.OnDurableVote(NodeId(1), {Term(3), NodeId(2)});
  checker.OnDurableVote(NodeId(1), {Term(4), NodeId(3)});
  checker.OnDurableVote(NodeId(1), {Term(5), NodeId(0)});
  checker.OnGrantedVote(NodeId(1), Term(5), NodeId(2));
  EXPECT_TRUE(findings.empty());
  checker.OnGrantedVote(NodeId(1), Term(4), NodeId(2));
  EXPECT_EQ(FirstOracle(findings), "election-safety");
}

class LogSafetyTest : public ::testing::Test {
 protected:
  void Append(uint64_t node, uint64_t before, std::vector<raft::Entry> entries) {
    checker_.OnAppend(NodeId(node), Term(before), entries);
  }
  void Commit(uint64_t node, uint64_t term, std::vector<raft::Entry> entries) {
    checker_.OnCommit(MakeStatus(node, term, raft::Role::kFollower), entries);
  }
  void Lead(uint64_t node, uint64_t term, std::vector<raft::Entry> log) {
    checker_.OnStatus(MakeStatus(node, term, raft::Role::kLeader), [&](Index i) {
      return i.value >= 1 && i.value <= log.size() ? &log[i.value - 1] : nullptr;
    });
  }
  Findings findings_;
  LogSafety checker_{findings_};
};

TEST_F(LogSafetyTest, AGoodStoryIsQuiet) {
  const raft::Entry a = MakeEntry(1, 1, "a");
  const raft::Entry b = MakeEntry(2, 2, "b");
  Append(1, 0, {a});
  Append(2, 0, {a, MakeEntry(2, 1, "lost")});
  Append(2, 1, {b});
  Commit(1, 2, {a, b});
  Commit(2, 2, {a, b});
  Lead(2, 3, {a, b});
  EXPECT_TRUE(findings_.empty());
}

TEST_F(LogSafetyTest, OneIndexAndTermHasOneContent) {
  Append(1, 0, {MakeEntry(1, 1, "a")});
  Append(2, 0, {MakeEntry(1, 1, "b")});
  EXPECT_EQ(FirstOracle(findings_), "log-matching");
}

TEST_F(LogSafetyTest, OneIndexAndTermHasOnePredecessor) {
  Append(1, 1, {MakeEntry(5, 3, "a")});
  Append(2, 2, {MakeEntry(5, 3, "a")});
  EXPECT_EQ(FirstOracle(findings_), "log-matching");
}

TEST_F(LogSafetyTest, WhatIsCommittedStays) {
  Commit(1, 1, {MakeEntry(1, 1, "a")});
  Commit(2, 2, {MakeEntry(1, 2, "b")});
  EXPECT_EQ(FirstOracle(findings_), "state-machine-safety");
}

TEST_F(LogSafetyTest, ALeaderHasAllThatWasCommitted) {
  const raft::Entry a = MakeEntry(1, 1, "a");
  Commit(1, 1, {a, MakeEntry(2, 1, "b")});
  Lead(2, 2, {a});
  EXPECT_EQ(FirstOracle(findings_), "leader-completeness");
}

TEST_F(LogSafetyTest, TermAndCommitDoNotGoBackWithinAProcess) {
  const LogSafety::EntryAt none = [](Index) { return nullptr; };
  checker_.OnStart(MakeStatus(1, 5, raft::Role::kFollower, 0));
  checker_.OnStatus(MakeStatus(1, 5, raft::Role::kFollower, 7), none);
  checker_.OnStart(MakeStatus(1, 5, raft::Role::kFollower, 0));
  checker_.OnStatus(MakeStatus(1, 5, raft::Role::kFollower, 3), none);
  EXPECT_TRUE(findings_.empty()) << "a restart knows no commit index";
  checker_.OnStatus(MakeStatus(1, 5, raft::Role::kFollower, 2), none);
  EXPECT_EQ(FirstOracle(findings_), "monotonicity");
}

class DurabilityTest : public ::testing::Test {
 protected:
  static raft::Ready Batch(std::optional<raft::HardState> state, std::vector<raft::Entry> entries) {
    raft::Ready ready;
    ready.hard_state = state;
    ready.entries = std::move(entries);
    return ready;
  }
  void Start(raft::HardState state, std::vector<raft::Entry> log) {
    checker_.OnStart(kNode, state, log);
  }
  static constexpr NodeId kNode{1};
  Findings findings_;
  Durability checker_{findings_};
};

TEST_F(DurabilityTest, DurableBatchesAreFoundAgainOthersMayBe) {
  const raft::HardState voted{Term(1), NodeId(2)};
  const raft::Entry a = MakeEntry(1, 1, "a");
  Start({}, {});
  checker_.OnBatch(kNode, Batch(voted, {}));
  EXPECT_EQ(checker_.OnPersisted(kNode)->hard_state, voted);
  checker_.OnBatch(kNode, Batch({}, {a}));
  Start(voted, {});
  checker_.OnBatch(kNode, Batch({}, {a}));
  Start(voted, {a});
  EXPECT_TRUE(findings_.empty());
}

TEST_F(DurabilityTest, AForgottenVoteIsSeen) {
  Start({}, {});
  checker_.OnBatch(kNode, Batch(raft::HardState{Term(1), NodeId(2)}, {}));
  checker_.OnPersisted(kNode);
  Start({Term(1), NodeId(0)}, {});
  ASSERT_EQ(FirstOracle(findings_), "durability");
  EXPECT_THAT(findings_.list()[0].text, HasSubstr("term 1 with no vote"));
}

TEST_F(DurabilityTest, ALostEntryIsSeen) {
  Start({}, {});
  checker_.OnBatch(kNode, Batch({}, {MakeEntry(1, 1, "a"), MakeEntry(2, 1, "b")}));
  checker_.OnPersisted(kNode);
  Start({}, {MakeEntry(1, 1, "a")});
  EXPECT_EQ(FirstOracle(findings_), "durability");
}

TEST(StateDigest, EqualIndexEqualDigest) {
  Findings findings;
  StateDigest checker(findings);
  checker.OnApplied(NodeId(1), Index(5), {1, 2});
  checker.OnApplied(NodeId(2), Index(5), {1, 2});
  checker.OnApplied(NodeId(2), Index(6), {3, 4});
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(checker.comparisons(), 1u);
  checker.OnApplied(NodeId(1), Index(6), {3, 5});
  EXPECT_EQ(FirstOracle(findings), "state-digest");
}

TEST(Liveness, SaysWhatIsMissing) {
  LivenessView view;
  view.servers = {{"n1", true, true, Index(7)}, {"n2", true, false, Index(7)}};
  view.clients = {{"c1", true}};
  EXPECT_EQ(WhatIsMissing(view, {}), "");
  view.servers[0].leads = false;
  view.servers[1].applied = Index(6);
  view.servers[1].running = false;
  view.clients[0].wrote = false;
  EXPECT_EQ(WhatIsMissing(view, {}),
            "server n2 is not serving; there is no leader; client c1 has no write acknowledged; "
            "not all have applied the same: n1=7 n2=6");
  EXPECT_EQ(WhatIsMissing(view, {.leader = true, .acked_write = false, .logs_equal = false}),
            "server n2 is not serving; there is no leader");
}

}  // namespace
}  // namespace konsul::checkers
