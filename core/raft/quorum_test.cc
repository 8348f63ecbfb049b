// Majorities against the dumbest way to count them, and joint ones for all small configurations.
#include "core/raft/quorum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bitset>
#include <cstdint>
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

// ---- Every configuration of up to five servers, as a set of bits: bit i stands for server i+1. --

constexpr uint32_t kServers = 5;
constexpr uint32_t kSets = 1U << kServers;
using Set = uint32_t;

std::vector<Member> MembersOf(Set set) {
  std::vector<Member> members;
  for (uint32_t i = 0; i < kServers; ++i) {
    if ((set >> i & 1) != 0) members.push_back({NodeId(i + 1), "", ""});
  }
  return members;
}

Votes VotesOf(Set granted, Set refused) {
  Votes votes;
  for (uint32_t i = 0; i < kServers; ++i) {
    if ((granted >> i & 1) != 0) votes[NodeId(i + 1)] = true;
    if ((refused >> i & 1) != 0) votes[NodeId(i + 1)] = false;
  }
  return votes;
}

bool IsMajority(Set of, Set granted) {
  return 2 * std::bitset<kServers>(of & granted).count() > std::bitset<kServers>(of).count();
}

// By the rule of the thesis (4.3): separate majorities of both.
bool Decides(Set voters, Set outgoing, Set granted) {
  return IsMajority(voters, granted) && (outgoing == 0 || IsMajority(outgoing, granted));
}

// Won when enough have granted; lost when not even all that have not answered could change it.
TEST(QuorumTest, TallyIsRightForAllVotesInAllSmallConfigurations) {
  for (Set voters = 1; voters < kSets; ++voters) {
    for (Set outgoing = 0; outgoing < kSets; ++outgoing) {
      const Configuration configuration{.voters = MembersOf(voters),
                                        .outgoing = MembersOf(outgoing)};
      for (Set granted = 0; granted < kSets; ++granted) {
        // Of the others all, none, or every second one have refused.
        for (Set refused : {~granted, Set{0}, ~granted & 0x15, ~granted & 0x0a}) {
          const VoteResult expected = Decides(voters, outgoing, granted)    ? VoteResult::kWon
                                      : Decides(voters, outgoing, ~refused) ? VoteResult::kPending
                                                                            : VoteResult::kLost;
          ASSERT_EQ(Tally(configuration, VotesOf(granted, refused & (kSets - 1))), expected)
              << "voters " << voters << " outgoing " << outgoing << " granted " << granted
              << " refused " << refused;
        }
      }
    }
  }
}

// What joint consensus rests on: at each step of old -> old,new -> new, whatever decides before
// and whatever decides after have a server in common. Directly from old to new they need not.
TEST(QuorumTest, MajoritiesOfNeighbouringConfigurationsMeet) {
  bool old_and_new_always_meet = true;
  const auto deciders = [](Set voters, Set outgoing) {
    const Configuration configuration{.voters = MembersOf(voters), .outgoing = MembersOf(outgoing)};
    std::vector<Set> sets;
    for (Set granted = 0; granted < kSets; ++granted) {
      if (Tally(configuration, VotesOf(granted, 0)) == VoteResult::kWon) sets.push_back(granted);
    }
    return sets;
  };
  const auto meet = [](const std::vector<Set>& a, const std::vector<Set>& b) {
    for (Set x : a) {
      for (Set y : b) {
        if ((x & y) == 0) return false;
      }
    }
    return true;
  };
  for (Set before = 1; before < kSets; ++before) {
    const std::vector<Set> old_deciders = deciders(before, 0);
    ASSERT_TRUE(meet(old_deciders, old_deciders));
    for (Set after = 1; after < kSets; ++after) {
      const std::vector<Set> joint_deciders = deciders(after, before);
      const std::vector<Set> new_deciders = deciders(after, 0);
      ASSERT_TRUE(meet(old_deciders, joint_deciders)) << before << " to " << after;
      ASSERT_TRUE(meet(joint_deciders, joint_deciders)) << before << " to " << after;
      ASSERT_TRUE(meet(joint_deciders, new_deciders)) << before << " to " << after;
      old_and_new_always_meet &= meet(old_deciders, new_deciders);
    }
  }
  EXPECT_FALSE(old_and_new_always_meet);
}

TEST(QuorumTest, VotesOfOthersDoNotCount) {
  const Configuration configuration{.voters = MembersOf(0x3), .learners = MembersOf(0x1c)};
  EXPECT_EQ(Tally(configuration, VotesOf(0x1d, 0)), VoteResult::kPending);
  EXPECT_EQ(Tally(configuration, VotesOf(0x1d, 0x2)), VoteResult::kLost);
}

TEST(QuorumTest, NobodyWinsWithoutVoters) {
  EXPECT_EQ(Tally(Configuration{}, {{NodeId(1), true}}), VoteResult::kLost);
}

}  // namespace
}  // namespace konsul::raft
