#include "sim/checkers/lock_exclusion.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

// Sessions "a" and "b" with a TTL of 10 s, created at 0; "a" holds the lock since 2 s.
class LockExclusionTest : public ::testing::Test {
 protected:
  LockExclusionTest() {
    leases_.OnCreated("a", {.client = "first", .ttl = 10s, .lock_delay = 5s});
    leases_.OnCreated("b", {.client = "second", .ttl = 10s});
    oracle_.OnAcquired("k", "a", {1s, 2s});
  }
  std::string Found() const { return findings_.empty() ? "" : findings_.list()[0].text; }

  Findings findings_;
  Leases leases_;
  LockExclusion oracle_{leases_, findings_};
};

TEST_F(LockExclusionTest, NobodyElseGetsWhatIsHeld) {
  oracle_.OnAcquired("other", "b", {3s, 4s});
  oracle_.OnAcquired("k", "a", {3s, 4s});
  EXPECT_EQ(Found(), "");
  oracle_.OnAcquired("k", "b", {3s, 4s});
  EXPECT_THAT(Found(), HasSubstr("second with session b got k at 3 s..4 s, but first"));
}

TEST_F(LockExclusionTest, WhoAskedBeforeMayHaveBeenFirst) {
  oracle_.OnAcquired("k", "b", {1500ms, 4s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, AReleasedLockIsFree) {
  oracle_.OnReleasing("k", "a");
  oracle_.OnAcquired("k", "b", {3s, 4s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, AnEndedSessionLeavesItsLock) {
  leases_.OnGivenUp("a");
  oracle_.OnAcquired("k", "b", {3s, 4s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, ALockDelayIsKept) {
  oracle_.OnAcquired("k", "b", {11s, 15s});
  EXPECT_EQ(Found(), "");
  oracle_.OnAcquired("k", "b", {11s, 14900ms});
  EXPECT_THAT(Found(), HasSubstr("lock delay 5 s"));
}

TEST_F(LockExclusionTest, ASessionThatDependsOnMoreIsNotRelied) {
  leases_.OnCreated("a", {.client = "first", .ttl = 10s, .ttl_only = false});
  oracle_.OnAcquired("k", "b", {3s, 4s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, ReadsShowTheHolder) {
  oracle_.OnRead("k", "a", {1, 1}, {3s, 4s});
  oracle_.OnRead("k", "", {1, 1}, {3s, 11s});
  oracle_.OnRead("k", "", {1, 1}, {1s, 4s});
  EXPECT_EQ(Found(), "");
  oracle_.OnRead("k", "", {1, 1}, {3s, 4s});
  EXPECT_THAT(Found(), HasSubstr("shows that nobody holds k, but first"));
}

TEST_F(LockExclusionTest, TheHolderIsNotRefused) {
  oracle_.OnRefused("k", "b", {3s, 4s});
  oracle_.OnRefused("k", "a", {11s, 12s});
  EXPECT_EQ(Found(), "");
  oracle_.OnRefused("k", "a", {3s, 4s});
  EXPECT_THAT(Found(), HasSubstr("that it does not hold k"));
}

TEST_F(LockExclusionTest, WhatLivesHasLostNothing) {
  oracle_.OnAcquired("k", "b", {20s, 21s});
  EXPECT_EQ(Found(), "");
  oracle_.OnRenewed("a", 20500ms);
  EXPECT_EQ(Found(), "");
  oracle_.OnRenewed("a", 22s);
  EXPECT_THAT(Found(), HasSubstr("session a was renewed by a request of 22 s"));
}

TEST_F(LockExclusionTest, TokensGrowFromHolderToHolder) {
  oracle_.OnRead("k", "a", {1, 2}, {3s, 4s});
  oracle_.OnAcquired("k", "b", {20s, 21s});
  oracle_.OnRead("k", "b", {1, 3}, {22s, 23s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, ATokenThatDoesNotGrowIsFound) {
  oracle_.OnRead("k", "a", {1, 2}, {3s, 4s});
  oracle_.OnAcquired("k", "b", {20s, 21s});
  oracle_.OnRead("k", "b", {1, 2}, {22s, 23s});
  EXPECT_THAT(Found(), HasSubstr("and token 1/2; first"));
}

TEST_F(LockExclusionTest, AKeyThatWasDeletedBeginsAnew) {
  oracle_.OnRead("k", "a", {1, 7}, {3s, 4s});
  oracle_.OnAcquired("k", "b", {20s, 21s});
  oracle_.OnRead("k", "b", {5, 1}, {22s, 23s});
  EXPECT_EQ(Found(), "");
}

TEST_F(LockExclusionTest, WritesAreInTheOrderOfTheirTokens) {
  oracle_.OnWrite("k", {1, 1}, 10);
  oracle_.OnWrite("k", {1, 2}, 30);
  oracle_.OnWrite("k", {1, 1}, 20);
  EXPECT_EQ(Found(), "");
  oracle_.OnWrite("k", {1, 1}, 40);
  EXPECT_THAT(Found(), HasSubstr("index 30 under k has token 1/2, and that at index 40 has 1/1"));
}

}  // namespace
}  // namespace konsul::checkers
