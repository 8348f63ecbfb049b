// One follower as its leader sees it (thesis 10.2.1; paper figure 2, nextIndex and matchIndex).
#include "core/raft/progress.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <vector>

namespace konsul::raft {
namespace {

using State = Progress::State;

Progress Replicating(uint64_t match) {
  Progress progress(Index(match + 1), Instant{});
  progress.Acknowledged(Index(match));
  return progress;
}

TEST(ProgressTest, ProbesOneAtATime) {
  Progress progress(Index(5), Instant{});
  EXPECT_TRUE(progress.CanSend(8));
  progress.Sent(Index(7));
  EXPECT_FALSE(progress.CanSend(8));
  EXPECT_EQ(progress.next(), Index(5));
  EXPECT_TRUE(progress.Acknowledged(Index(7)));
  EXPECT_EQ(progress.state(), State::kReplicate);
  EXPECT_EQ(progress.next(), Index(8));
}

TEST(ProgressTest, ReplicatesAheadUpToTheWindow) {
  Progress progress = Replicating(4);
  progress.Sent(Index(6));
  progress.Sent(Index(9));
  EXPECT_EQ(progress.next(), Index(10));
  EXPECT_FALSE(progress.CanSend(2));
  EXPECT_TRUE(progress.Acknowledged(Index(6)));
  EXPECT_TRUE(progress.CanSend(2));
}

// PySyncObj #167: replies come late and in any order.
TEST(ProgressTest, MatchNeverGoesBack) {
  Progress progress = Replicating(4);
  progress.Sent(Index(9));
  EXPECT_TRUE(progress.Acknowledged(Index(9)));
  EXPECT_FALSE(progress.Acknowledged(Index(6)));
  EXPECT_EQ(progress.match(), Index(9));
  EXPECT_FALSE(progress.Rejected(Index(7), Index(2)));
  EXPECT_EQ(progress.next(), Index(10));
}

TEST(ProgressTest, ARejectionLeadsBackToProbing) {
  Progress progress = Replicating(4);
  progress.Sent(Index(6));
  progress.Sent(Index(9));
  EXPECT_TRUE(progress.Rejected(Index(6), Index(5)));
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_EQ(progress.next(), Index(6));
  // The others of the same pipeline are no news.
  EXPECT_FALSE(progress.Rejected(Index(9), Index(5)));
  EXPECT_EQ(progress.next(), Index(6));
}

TEST(ProgressTest, AProbeIsNotEndedByAnOlderAnswer) {
  Progress progress(Index(9), Instant{});
  progress.Sent(Index(9));
  EXPECT_TRUE(progress.Acknowledged(Index(3)));
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_FALSE(progress.CanSend(8));
}

TEST(ProgressTest, ALostConnectionStartsAgainFromWhatIsKnown) {
  Progress progress = Replicating(4);
  progress.Sent(Index(9));
  progress.Lost();
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_EQ(progress.next(), Index(5));
  // It was not lost after all.
  EXPECT_TRUE(progress.Acknowledged(Index(9)));
  EXPECT_EQ(progress.next(), Index(10));
}

// Whatever is said in whatever order, next stays beyond match and match does not go back.
RC_GTEST_PROP(ProgressTest, NextStaysBeyondMatch, ()) {
  const uint64_t last = 20;
  Progress progress(Index(*rc::gen::inRange<uint64_t>(1, last)), Instant{});
  Index match;
  for (uint32_t word : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
    const Index a(word / 4 % last);
    const Index b(word / 97 % last);
    switch (word % 4) {
      case 0:
        progress.Acknowledged(a);
        break;
      case 1:
        progress.Rejected(a, b);
        break;
      case 2:
        progress.Lost();
        break;
      case 3:
        if (progress.CanSend(3) && progress.next() <= Index(last)) progress.Sent(Index(last));
        break;
    }
    RC_ASSERT(progress.match() >= match);
    RC_ASSERT(progress.next() > progress.match());
    RC_ASSERT(progress.next() <= Index(last + 1));
    RC_ASSERT(progress.inflight() <= 3u);
    match = progress.match();
  }
}

}  // namespace
}  // namespace konsul::raft
