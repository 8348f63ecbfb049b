// Majorities against the dumbest way to count them.
#include "core/raft/quorum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace konsul::raft {
namespace {

RC_GTEST_PROP(QuorumTest, MajorityReachedIsTheLargestValueThatAMajorityHas, ()) {
  const size_t n = *rc::gen::inRange<size_t>(1, 10);
  const auto values =
      *rc::gen::container<std::vector<uint64_t>>(n, rc::gen::inRange<uint64_t>(0, 8));
  uint64_t expected = 0;
  for (uint64_t candidate = 0; candidate < 8; ++candidate) {
    size_t reached = 0;
    for (uint64_t value : values) reached += value >= candidate ? 1 : 0;
    if (2 * reached > n) expected = candidate;
  }
  std::vector<uint64_t> scratch = values;
  RC_ASSERT(MajorityReached(absl::MakeSpan(scratch)) == expected);
}

// Won or lost exactly when no way to fill in the open votes could change it.
RC_GTEST_PROP(QuorumTest, TallyIsDecidedWhenNothingCanChangeIt, ()) {
  const size_t n = *rc::gen::inRange<size_t>(1, 8);
  std::vector<NodeId> voters;
  for (uint64_t id = 1; id <= n; ++id) voters.push_back(NodeId(id));
  Votes votes;
  for (const auto& [id, granted] : *rc::gen::arbitrary<std::map<uint8_t, bool>>()) {
    votes[NodeId(id % 12 + 1)] = granted;  // some of them are no voters
  }
  size_t least = 0;
  size_t most = 0;
  for (NodeId voter : voters) {
    const bool open = votes.count(voter) == 0;
    least += !open && votes[voter] ? 1 : 0;
    most += open || votes[voter] ? 1 : 0;
    if (open) votes.erase(voter);
  }
  const VoteResult expected = 2 * least > n  ? VoteResult::kWon
                              : 2 * most > n ? VoteResult::kPending
                                             : VoteResult::kLost;
  RC_ASSERT(Tally(voters, votes) == expected);
}

// Two majorities of the same voters always meet: what all of Raft rests on.
RC_GTEST_PROP(QuorumTest, MajoritiesMeet, ()) {
  const size_t n = *rc::gen::inRange<size_t>(1, 8);
  std::vector<NodeId> voters;
  Votes a;
  Votes b;
  bool meet = false;
  for (uint64_t id = 1; id <= n; ++id) {
    voters.push_back(NodeId(id));
    a[NodeId(id)] = *rc::gen::arbitrary<bool>();
    b[NodeId(id)] = *rc::gen::arbitrary<bool>();
    meet |= a[NodeId(id)] && b[NodeId(id)];
  }
  if (Tally(voters, a) == VoteResult::kWon && Tally(voters, b) == VoteResult::kWon) {
    RC_ASSERT(meet);
  }
}

TEST(QuorumTest, NobodyWinsWithoutVoters) {
  EXPECT_EQ(Tally({}, {{NodeId(1), true}}), VoteResult::kLost);
}

}  // namespace
}  // namespace konsul::raft
