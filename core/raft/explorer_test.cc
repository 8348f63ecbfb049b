// All that can happen within small scopes. tests/explore has a program for larger ones.
#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include "core/raft/cluster_support.h"
#include "core/raft/explore_support.h"

namespace konsul::raft::testing {
namespace {

// More than any scope here has; one that grows beyond it is not complete and fails.
constexpr uint64_t kStatesMax = 3'000'000;

void ExpectKept(const Scope& scope) {
  const Exploration found = Explore(scope, kStatesMax);
  EXPECT_EQ(found.broken, "") << found.tale;
  EXPECT_TRUE(found.complete || !found.broken.empty()) << found.states << " states";
  EXPECT_GT(found.states, 1000u);
  std::cout << found.states << " states, " << found.transitions << " transitions, depth "
            << found.depth << ", " << found.server_states << " states of single servers\n";
}

TEST(ExplorerTest, Elections) { ExpectKept({.term_max = 3, .wire_max = 2}); }

TEST(ExplorerTest, PreVotes) {
  ExpectKept({.candidates = 2, .term_max = 3, .wire_max = 2, .pre_vote = true});
}

TEST(ExplorerTest, Proposals) {
  ExpectKept({.candidates = 2, .wire_max = 3, .proposals = 1, .duplicates = 1});
}

// Paper figure 8: an entry of term 2 is on a majority in term 4 and is overwritten in term 5.
TEST(ExplorerTest, OldEntries) {
  ExpectKept({.candidates = 2, .term_max = 5, .wire_max = 2, .append_entries_max = 1});
}

TEST(ExplorerTest, ReadsOfOldLeaders) {
  ExpectKept({.candidates = 2, .term_max = 3, .wire_max = 2, .reads = 1});
}

TEST(ExplorerTest, ReadsAmongWrites) {
  ExpectKept({.candidates = 1, .wire_max = 2, .proposals = 1, .reads = 2});
}

TEST(ExplorerTest, Restarts) {
  ExpectKept({.candidates = 2, .wire_max = 3, .restarts = 1, .slow_disks = true});
}

TEST(ExplorerTest, TwoChanges) {
  ExpectKept({.founders = 2,
              .term_max = 3,
              .wire_max = 2,
              .heartbeats = 2,
              .changes = {MakeConfiguration({1, 3}, {}), MakeConfiguration({2, 3}, {})}});
}

// Two of three are replaced by one: a majority of the old and all of the new need not meet.
TEST(ExplorerTest, AChangeOfFour) {
  ExpectKept({.servers = 4,
              .candidates = 2,
              .term_max = 3,
              .wire_max = 2,
              .heartbeats = 1,
              .changes = {MakeConfiguration({1, 4}, {})}});
}

TEST(ExplorerTest, Snapshots) {
  ExpectKept({.candidates = 2, .term_max = 3, .wire_max = 2, .proposals = 1, .compactions = 1});
}

TEST(ExplorerTest, Transfers) {
  ExpectKept({.candidates = 1, .term_max = 3, .wire_max = 3, .transfers = 1});
}

}  // namespace
}  // namespace konsul::raft::testing
