// Each checker of consensus is shown a good story, and the violations it exists for.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/checkers/availability.h"
#include "sim/checkers/configuration_safety.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/election_safety.h"
#include "sim/checkers/liveness.h"
#include "sim/checkers/log_safety.h"
#include "sim/checkers/quorums.h"
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

TEST_F(LogSafetyTest, ALeaderWhoseLogBeginsAtASnapshotMustHaveTheRest) {
  const raft::Entry a = MakeEntry(1, 1, "a");
  const raft::Entry b = MakeEntry(2, 1, "b");
  Commit(1, 1, {a, b});
  checker_.OnBase(NodeId(2), {Index(1), Term(1)});
  raft::Status status = MakeStatus(2, 2, raft::Role::kLeader);
  status.log_base = Index(1);
  checker_.OnStatus(status, [&](Index i) { return i == Index(2) ? &b : nullptr; });
  EXPECT_TRUE(findings_.empty());
  status.term = Term(3);
  checker_.OnStatus(status, [](Index) { return nullptr; });
  EXPECT_EQ(FirstOracle(findings_), "leader-completeness");
}

TEST_F(LogSafetyTest, ASnapshotCoversOnlyWhatIsCommitted) {
  Commit(1, 1, {MakeEntry(1, 1, "a")});
  checker_.OnBase(NodeId(2), {Index(0), Term(0)});
  checker_.OnBase(NodeId(2), {Index(1), Term(1)});
  EXPECT_TRUE(findings_.empty());
  checker_.OnBase(NodeId(2), {Index(2), Term(1)});
  EXPECT_EQ(FirstOracle(findings_), "state-machine-safety");
}

TEST_F(LogSafetyTest, ASnapshotEndsWithTheEntryThatWasCommittedThere) {
  Commit(1, 1, {MakeEntry(1, 1, "a")});
  checker_.OnBase(NodeId(2), {Index(1), Term(2)});
  EXPECT_EQ(FirstOracle(findings_), "state-machine-safety");
}

class DurabilityTest : public ::testing::Test {
 protected:
  static raft::Ready Batch(std::optional<raft::HardState> state, std::vector<raft::Entry> entries) {
    raft::Ready ready;
    ready.hard_state = state;
    ready.entries = std::move(entries);
    return ready;
  }
  void Start(raft::HardState state, std::vector<raft::Entry> log, raft::LogPosition base = {}) {
    checker_.OnStart(kNode, state, base, log);
  }
  void Persist(std::vector<raft::Entry> entries) {
    checker_.OnBatch(kNode, Batch({}, std::move(entries)));
    checker_.OnPersisted(kNode);
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

TEST_F(DurabilityTest, ALogMayBeginBehindASnapshot) {
  const raft::Entry a = MakeEntry(1, 1, "a"), b = MakeEntry(2, 1, "b"), c = MakeEntry(3, 2, "c");
  Start({}, {});
  Persist({a, b, c});
  Start({}, {b, c}, {Index(1), Term(1)});
  Start({}, {c}, {Index(2), Term(1)});
  Start({}, {b, c}, {Index(1), Term(1)});
  Start({}, {}, {Index(3), Term(2)});
  EXPECT_TRUE(findings_.empty());
  EXPECT_TRUE(checker_.Has(kNode, {Index(2), Term(1)}));
  EXPECT_TRUE(checker_.Has(kNode, {Index(3), Term(2)}));
  EXPECT_FALSE(checker_.Has(kNode, {Index(3), Term(1)}));
  EXPECT_FALSE(checker_.Has(kNode, {Index(4), Term(2)}));
}

TEST_F(DurabilityTest, AnEntryLostBehindASnapshotIsSeen) {
  const raft::Entry a = MakeEntry(1, 1, "a"), b = MakeEntry(2, 1, "b"), c = MakeEntry(3, 2, "c");
  Start({}, {});
  Persist({a, b, c});
  Start({}, {b}, {Index(1), Term(1)});
  EXPECT_EQ(FirstOracle(findings_), "durability");
}

TEST_F(DurabilityTest, AnEntryChangedBehindASnapshotIsSeen) {
  const raft::Entry a = MakeEntry(1, 1, "a"), b = MakeEntry(2, 1, "b"), c = MakeEntry(3, 2, "c");
  Start({}, {});
  Persist({a, b, c});
  Start({}, {b, MakeEntry(3, 2, "x")}, {Index(1), Term(1)});
  EXPECT_EQ(FirstOracle(findings_), "durability");
}

TEST_F(DurabilityTest, ALeadersSnapshotTakesTheLogsPlaceAtOnceOrAtTheNextStart) {
  const raft::Entry a = MakeEntry(1, 1, "a"), x = MakeEntry(2, 1, "x");
  const raft::LogPosition point{Index(5), Term(2)};
  Start({}, {});
  Persist({a, x});
  // It was complete, and the process ended before consensus knew.
  Start({}, {}, point);
  EXPECT_TRUE(findings_.empty());
  raft::Ready ready = Batch({}, {MakeEntry(8, 3, "h")});
  ready.restore = raft::LogPosition{Index(7), Term(3)};
  checker_.OnBatch(kNode, ready);
  checker_.OnPersisted(kNode);
  Start({}, {MakeEntry(8, 3, "h")}, {Index(7), Term(3)});
  EXPECT_TRUE(findings_.empty());
  Start({}, {}, {Index(7), Term(3)});
  EXPECT_EQ(FirstOracle(findings_), "durability");
}

TEST_F(DurabilityTest, ASnapshotThatContradictsTheLogLeavesNothingOfIt) {
  Start({}, {});
  Persist({MakeEntry(1, 1, "a"), MakeEntry(2, 1, "b"), MakeEntry(3, 1, "c")});
  Start({}, {MakeEntry(3, 1, "c")}, {Index(2), Term(2)});
  EXPECT_EQ(FirstOracle(findings_), "durability");
}

TEST_F(DurabilityTest, ADiskTakenAwayOnPurposeIsForgottenButWhatItHadCounts) {
  Start({}, {});
  Persist({MakeEntry(1, 1, "a")});
  checker_.Forget(kNode);
  EXPECT_TRUE(checker_.Has(kNode, {Index(1), Term(1)}));
  Start({}, {});
  EXPECT_TRUE(findings_.empty());
}

// ---- Membership ---------------------------------------------------------------------------------

std::vector<raft::Member> Servers(std::vector<uint64_t> ids) {
  std::vector<raft::Member> members;
  for (const uint64_t id : ids) {
    members.push_back({NodeId(id), absl::StrCat("n", id), absl::StrCat("10.0.0.", id, ":8300")});
  }
  return members;
}

raft::Configuration Config(std::vector<uint64_t> voters, std::vector<uint64_t> outgoing = {},
                           std::vector<uint64_t> retired = {}) {
  raft::Configuration configuration;
  configuration.voters = Servers(std::move(voters));
  configuration.outgoing = Servers(std::move(outgoing));
  for (const uint64_t id : retired) configuration.retired.emplace_back(id);
  return configuration;
}

TEST(MayDecideApart, LooksAtAllMajorities) {
  EXPECT_FALSE(MayDecideApart(Config({1, 2, 3}), Config({1, 2, 3})));
  EXPECT_FALSE(MayDecideApart(Config({1, 2, 3}), Config({1, 2, 3, 4}))) << "one more at a time";
  EXPECT_TRUE(MayDecideApart(Config({1, 2, 3}), Config({1, 2, 3, 4, 5}))) << "{1,2} and {3,4,5}";
  EXPECT_TRUE(MayDecideApart(Config({1, 2, 3}), Config({1, 2, 4}))) << "{1,3} and {2,4}";
  EXPECT_FALSE(MayDecideApart(Config({1, 2, 3}), Config({1, 2, 4}, {1, 2, 3})));
  EXPECT_FALSE(MayDecideApart(Config({4, 5}, {1, 2, 3}), Config({4, 5})));
  EXPECT_TRUE(MayDecideApart(Config({1, 2, 3}), Config({4, 5})));
}

class ConfigurationSafetyTest : public ::testing::Test {
 protected:
  void SetUp() override { checker_.OnBase(kLeader, Index(1), Config({1, 2, 3})); }
  void Append(uint64_t index, const raft::Configuration& configuration, uint64_t commit) {
    checker_.OnEntries(MakeStatus(kLeader.value, 1, raft::Role::kLeader, commit),
                       {{Index(index), Term(1), raft::EntryKind::kConfiguration,
                         raft::MakePayload(configuration.Encode())}});
  }
  std::string Said() const { return findings_.empty() ? "" : findings_.list()[0].text; }
  static constexpr NodeId kLeader{1};
  Findings findings_;
  ConfigurationSafety checker_{findings_};
};

TEST_F(ConfigurationSafetyTest, AJointChangeIsFine) {
  Append(2, Config({1, 2, 4, 5}, {1, 2, 3}, {3}), 1);
  Append(3, Config({1, 2, 4, 5}, {}, {3}), 2);
  // A leader that did not get so far leaves it to the next one.
  Append(3, Config({1, 2, 4, 5}, {}, {3}), 2);
  checker_.OnStatus(MakeStatus(1, 1, raft::Role::kLeader));
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(checker_.changes(), 2u);
  EXPECT_THAT(checker_.InForce(kLeader, Index(2)), ::testing::SizeIs(2));
  EXPECT_THAT(checker_.InForce(kLeader, Index(3)), ::testing::SizeIs(1));
}

TEST_F(ConfigurationSafetyTest, AChangeInOneStepIsNot) {
  Append(2, Config({1, 2, 3, 4, 5}), 1);
  EXPECT_THAT(Said(), HasSubstr("two majorities may decide apart"));
}

TEST_F(ConfigurationSafetyTest, AJointConfigurationIsNotLeftBeforeItIsCommitted) {
  Append(2, Config({1, 2, 3, 4}, {1, 2, 3}), 1);
  Append(3, Config({1, 2, 3, 4}), 1);
  EXPECT_THAT(Said(), HasSubstr("while the former is not committed (1 is)"));
}

TEST_F(ConfigurationSafetyTest, AJointConfigurationLeadsToItsNewHalf) {
  Append(2, Config({1, 2, 3, 4}, {1, 2, 3}), 1);
  Append(3, Config({1, 2, 3}, {}, {4}), 2);
  EXPECT_THAT(Said(), HasSubstr("leads elsewhere"));
}

TEST_F(ConfigurationSafetyTest, WhoWasAMemberIsRememberedAndStaysOut) {
  Append(2, Config({1, 2}, {1, 2, 3}), 1);
  Append(3, Config({1, 2}), 2);
  EXPECT_THAT(Said(), HasSubstr("forgets that n3 was a member"));
}

TEST_F(ConfigurationSafetyTest, ARetiredServerIsNotAdmittedAgain) {
  Append(2, Config({1, 2}, {1, 2, 3}, {3}), 1);
  Append(3, Config({1, 2}, {}, {3}), 2);
  EXPECT_EQ(Said(), "");
  raft::Configuration again = Config({1, 2});
  again.learners = Servers({3});
  Append(4, again, 3);
  ASSERT_FALSE(findings_.empty());
  EXPECT_THAT(findings_.list().back().text, HasSubstr("admits 0000000000000003 again"));
}

TEST_F(ConfigurationSafetyTest, TheListOfTheRetiredOnlyGrows) {
  Append(2, Config({1, 2}, {1, 2, 3}, {3}), 1);
  Append(3, Config({1, 2}, {}, {3}), 2);
  Append(4, Config({1, 2}), 3);
  EXPECT_THAT(Said(), HasSubstr("forgets that 0000000000000003 is retired"));
}

TEST_F(ConfigurationSafetyTest, WhoIsRemovedMayLeadUntilItKnowsThatThisIsCommitted) {
  Append(2, Config({2, 3}, {1, 2, 3}, {1}), 1);
  Append(3, Config({2, 3}, {}, {1}), 2);
  checker_.OnStatus(MakeStatus(1, 2, raft::Role::kLeader, 2));
  EXPECT_EQ(Said(), "");
  checker_.OnStatus(MakeStatus(1, 3, raft::Role::kLeader, 3));
  EXPECT_THAT(Said(), HasSubstr("is no voter"));
}

TEST_F(ConfigurationSafetyTest, ALeaderIsAVoter) {
  checker_.OnBase(NodeId(4), Index(1), Config({1, 2, 3}));
  checker_.OnStatus(MakeStatus(4, 2, raft::Role::kLeader));
  EXPECT_THAT(Said(), HasSubstr("is no voter"));
}

class QuorumsTest : public ::testing::Test {
 protected:
  void Vote(uint64_t node) { elections_.OnDurableVote(NodeId(node), {Term(2), NodeId(1)}); }
  void Persist(uint64_t node, raft::Entry entry) {
    durability_.OnStart(NodeId(node), {}, {}, {});
    raft::Ready ready;
    ready.entries = {std::move(entry)};
    durability_.OnBatch(NodeId(node), ready);
    durability_.OnPersisted(NodeId(node));
  }
  void Commit(const raft::Configuration& configuration) {
    quorums_.OnCommit(MakeStatus(1, 2, raft::Role::kLeader), {MakeEntry(1, 2, "a")},
                      [&](NodeId, Index) { return std::vector{&configuration}; });
  }
  Findings findings_;
  ElectionSafety elections_{findings_};
  Durability durability_{findings_};
  Quorums quorums_{elections_, durability_, findings_};
};

TEST_F(QuorumsTest, ALeaderHasDurableVotesOfAMajority) {
  Vote(1);
  Vote(3);
  quorums_.OnStatus(MakeStatus(1, 2, raft::Role::kLeader), Config({1, 2, 3}));
  EXPECT_TRUE(findings_.empty());
  quorums_.OnStatus(MakeStatus(2, 3, raft::Role::kLeader), Config({1, 2, 3}));
  EXPECT_EQ(FirstOracle(findings_), "quorums");
}

TEST_F(QuorumsTest, OfBothHalvesOfAJointConfiguration) {
  Vote(1);
  Vote(4);
  Vote(5);
  quorums_.OnStatus(MakeStatus(1, 2, raft::Role::kLeader), Config({1, 4, 5}, {1, 2, 3}));
  ASSERT_EQ(FirstOracle(findings_), "quorums");
  EXPECT_THAT(findings_.list()[0].text,
              HasSubstr("of n1(yes),n4(yes),n5(yes) and of n1(yes),n2(no),n3(no)"));
}

TEST_F(QuorumsTest, WhatIsCommittedIsOnAMajorityOfDisks) {
  Persist(1, MakeEntry(1, 2, "a"));
  Persist(2, MakeEntry(1, 2, "a"));
  Persist(3, MakeEntry(1, 1, "old"));
  Commit(Config({1, 2, 3}));
  EXPECT_TRUE(findings_.empty());
  Commit(Config({1, 3, 4}));
  EXPECT_EQ(FirstOracle(findings_), "quorums");
}

// ---- Availability -------------------------------------------------------------------------------

TEST(MajorityIsWell, WantsConnectedServersAndAClient) {
  const std::vector<std::string> servers = {"n1", "n2", "n3"};
  const std::vector<std::string> clients = {"c1", "c2"};
  EXPECT_TRUE(MajorityIsWell({}, servers, clients));
  EXPECT_TRUE(MajorityIsWell({{"n1"}, {}}, servers, clients));
  EXPECT_FALSE(MajorityIsWell({{"n1", "n2"}, {}}, servers, clients));
  EXPECT_TRUE(MajorityIsWell({{}, {{"n1", "n2"}}}, servers, clients));
  EXPECT_FALSE(MajorityIsWell({{"n3"}, {{"n1", "n2"}}}, servers, clients));
  EXPECT_FALSE(MajorityIsWell({{}, {{"n1", "n2"}, {"n3", "n2"}, {"n1", "n3"}}}, servers, clients));
  EXPECT_TRUE(MajorityIsWell({{"c1"}, {}}, servers, clients));
  EXPECT_FALSE(MajorityIsWell({{"c1", "c2"}, {}}, servers, clients));
  EXPECT_FALSE(MajorityIsWell({{"c1"}, {{"c2", "n1"}, {"n2", "c2"}}}, servers, clients));
}

class AvailabilityTest : public ::testing::Test {
 protected:
  Findings findings_;
  Availability checker_{{"n1", "n2", "n3"}, {"c1"}, 5s, 1, findings_};
};

TEST_F(AvailabilityTest, AHurtMinorityDoesNotStopTheWrites) {
  checker_.OnDamage(0s, {{"n1"}, {}});
  checker_.Check(4s);
  checker_.OnAckedWrite(4s);
  checker_.Check(9s);
  EXPECT_TRUE(findings_.empty());
  checker_.Check(9100ms);
  ASSERT_EQ(FirstOracle(findings_), "liveness");
  EXPECT_EQ(findings_.list()[0].text,
            "no write was acknowledged from 4.000s to 9.100s, while only n1 were hurt");
}

TEST_F(AvailabilityTest, AfterEachChangeTheyHaveTimeAgain) {
  checker_.OnDamage(0s, {{"n1"}, {}});
  checker_.OnDamage(4s, {{"n2"}, {}});
  checker_.Check(8s);
  checker_.OnDamage(8s, {{"n2", "n1"}, {}});
  checker_.Check(20s);
  EXPECT_TRUE(findings_.empty());
  EXPECT_EQ(checker_.judged(), 0u);
}

TEST_F(AvailabilityTest, ALeaderStaysInOffice) {
  checker_.OnDamage(0s, {{}, {{"n1", "n2"}}});
  checker_.OnLeader();
  checker_.Check(1s);
  EXPECT_TRUE(findings_.empty()) << "one change may be needed";
  checker_.OnDamage(2s, {{}, {{"n1", "n3"}}});
  checker_.OnLeader();
  checker_.Check(3s);
  EXPECT_TRUE(findings_.empty());
  checker_.OnLeader();
  checker_.Check(4s);
  ASSERT_EQ(FirstOracle(findings_), "liveness");
  EXPECT_EQ(findings_.list()[0].text,
            "2 leaders came and went from 2.000s to 4.000s, while only links were (n1->n3)");
}

TEST(StateDigest, WhatSnapshotAndLogMakeIsCompared) {
  Findings findings;
  StateDigest checker(findings);
  const StateContents kept{Index(7), Hash128{1, 2}, 99, 3};
  checker.OnRebuilt(NodeId(1), kept, kept);
  EXPECT_TRUE(findings.empty());
  checker.OnRebuilt(NodeId(1), kept, {Index(7), Hash128{1, 2}, 98, 2});
  EXPECT_EQ(FirstOracle(findings), "state-digest") << "the digest travels with the snapshot";
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
  view.operator_waits = "n4 is no voter";
  EXPECT_EQ(WhatIsMissing(view, {}),
            "server n2 is not serving; there is no leader; client c1 has no write acknowledged; "
            "not all have applied the same: n1=7 n2=6; the operator waits: n4 is no voter");
  view.operator_waits.clear();
  EXPECT_EQ(WhatIsMissing(view, {.leader = true, .acked_write = false, .logs_equal = false}),
            "server n2 is not serving; there is no leader");
}

}  // namespace
}  // namespace konsul::checkers
