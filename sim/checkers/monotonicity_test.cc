#include "sim/checkers/monotonicity.h"

#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

raft::Status At(uint64_t term, uint64_t commit, uint64_t last = 20) {
  raft::Status status;
  status.id = NodeId(1);
  status.term = Term(term);
  status.commit = Index(commit);
  status.last_index = Index(last);
  return status;
}

raft::Status Leads(uint64_t term) {
  raft::Status status = At(term, 0);
  status.role = raft::Role::kLeader;
  return status;
}

raft::FollowerStatus Follower(uint64_t id, uint64_t match, uint64_t next) {
  return {.id = NodeId(id), .match = Index(match), .next = Index(next)};
}

class MonotonicityTest : public ::testing::Test {
 protected:
  bool Found() const { return !findings_.empty(); }

  Findings findings_;
  Monotonicity checker_{findings_};
};

TEST_F(MonotonicityTest, TermAndCommitDoNotGoBackWithinAProcess) {
  checker_.OnStart(At(5, 0));
  checker_.OnStatus(At(5, 7), {});
  checker_.OnStart(At(5, 0));
  checker_.OnStatus(At(5, 3), {});
  EXPECT_FALSE(Found()) << "a restart knows no commit index";
  checker_.OnStatus(At(5, 2), {});
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, ATermDoesNotGoBack) {
  checker_.OnStart(At(5, 0));
  checker_.OnStatus(At(4, 0), {});
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, ADurableTermIsThereAfterARestart) {
  checker_.OnStart(At(5, 0));
  checker_.OnStatus(At(7, 0), {});
  checker_.OnDurable(NodeId(1), {Term(6), NodeId(2)});
  checker_.OnStart(At(6, 0));
  EXPECT_FALSE(Found()) << "7 was never durable";
  checker_.OnStart(At(5, 0));
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, WhatWasAppliedIsThereAfterARestart) {
  checker_.OnStart(At(1, 0));
  checker_.OnApplied(NodeId(1), Index(9));
  checker_.OnStart(At(1, 0, 9));
  checker_.OnApplied(NodeId(1), Index(4));
  EXPECT_FALSE(Found()) << "a state may be rebuilt";
  checker_.OnStart(At(1, 0, 8));
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, AppliedDoesNotGoBackWithinAProcess) {
  checker_.OnStart(At(1, 0));
  checker_.OnApplied(NodeId(1), Index(9));
  checker_.OnApplied(NodeId(1), Index(8));
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, ALogDoesNotEndBeforeItsCommitIndex) {
  checker_.OnStatus(At(1, 9, 9), {});
  EXPECT_FALSE(Found());
  checker_.OnStatus(At(1, 9, 8), {});
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, WhatIsAppliedStaysDurable) {
  raft::Status status = At(1, 9, 9);
  status.applied = status.durable_index = Index(9);
  checker_.OnStatus(status, {});
  EXPECT_FALSE(Found());
  status.durable_index = Index(8);
  checker_.OnStatus(status, {});
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, AnotherDiskIsAnotherServer) {
  checker_.OnStart(At(5, 0));
  checker_.OnApplied(NodeId(1), Index(9));
  checker_.Forget(NodeId(1));
  checker_.OnStart(At(0, 0, 0));
  EXPECT_FALSE(Found());
}

TEST_F(MonotonicityTest, AMatchShrinksOnlyInAnotherTermOrMembership) {
  checker_.OnStatus(Leads(5), {Follower(2, 10, 11), Follower(3, 10, 11)});
  checker_.OnStatus(Leads(5), {Follower(3, 10, 11)});
  checker_.OnStatus(Leads(5), {Follower(2, 0, 1), Follower(3, 10, 11)});
  checker_.OnStatus(Leads(6), {Follower(2, 0, 1), Follower(3, 5, 6)});
  EXPECT_FALSE(Found());
  checker_.OnStatus(Leads(6), {Follower(2, 0, 1), Follower(3, 4, 5)});
  EXPECT_TRUE(Found());
}

TEST_F(MonotonicityTest, ALeaderGoesOnBehindWhatMatches) {
  checker_.OnStatus(Leads(5), {Follower(2, 10, 10)});
  EXPECT_TRUE(Found());
}

}  // namespace
}  // namespace konsul::checkers
