#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/fiber/channel.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::fiber {
namespace {

// Virtual time: jumps from deadline to deadline until nothing is left to do.
class FiberTest : public ::testing::Test {
 protected:
  void RunToEnd() {
    scheduler.Run(now);
    while (scheduler.NextDeadline() != Instant::Never()) {
      now = scheduler.NextDeadline();
      scheduler.Run(now);
    }
  }
  void Note(absl::string_view what) { absl::StrAppend(&story, story.empty() ? "" : " ", what); }

  StackPool stacks;
  Scheduler scheduler{stacks};
  Instant now{0};
  std::string story;
};

TEST_F(FiberTest, RunsInSpawnOrderAndTakesTurns) {
  Group group(scheduler);
  for (const char* name : {"a", "b"}) {
    group.Spawn(name, [&, name] {
      Note(absl::StrCat(name, 1));
      ASSERT_TRUE(scheduler.Yield().ok());
      Note(absl::StrCat(name, 2));
    });
  }
  RunToEnd();
  EXPECT_EQ(story, "a1 b1 a2 b2");
  EXPECT_TRUE(group.empty());
}

TEST_F(FiberTest, WhoYieldsInATurnGoesOnInTheNextAndWhoIsWokenInThisOne) {
  Group group(scheduler);
  WaitList list(scheduler);
  group.Spawn("woken", [&] {
    ASSERT_TRUE(list.Wait().ok());
    Note("woken");
  });
  for (const char* name : {"a", "b"}) {
    group.Spawn(name, [&, name] {
      for (int i = 1; i <= 3; ++i) {
        Note(absl::StrCat(name, i));
        list.WakeOne();
        ASSERT_TRUE(scheduler.Yield().ok());
      }
    });
  }
  scheduler.RunTurn(now, 100);
  EXPECT_EQ(story, "a1 b1 woken");
  EXPECT_TRUE(scheduler.HasRunnable());
  scheduler.RunTurn(now, 1);
  EXPECT_EQ(story, "a1 b1 woken a2");
  scheduler.RunTurn(now, 100);
  EXPECT_EQ(story, "a1 b1 woken a2 b2 a3");
  scheduler.Run(now);
  EXPECT_EQ(story, "a1 b1 woken a2 b2 a3 b3");
  EXPECT_TRUE(group.empty());
}

TEST_F(FiberTest, SleepsInDeadlineOrder) {
  Group group(scheduler);
  for (int ms : {30, 10, 20}) {
    group.Spawn("sleeper", [&, ms] {
      ASSERT_TRUE(scheduler.SleepUntil(Instant{ms}).ok());
      Note(absl::StrCat(ms, "@", now.ns));
    });
  }
  RunToEnd();
  EXPECT_EQ(story, "10@10 20@20 30@30");
}

TEST_F(FiberTest, CancellationEndsWaitsNowAndLater) {
  Group group(scheduler);
  group.Spawn("waiter", [&] {
    EXPECT_TRUE(absl::IsCancelled(scheduler.SleepUntil(Instant{1'000'000})));
    EXPECT_TRUE(absl::IsCancelled(scheduler.SleepUntil(Instant{1'000'000})));
    EXPECT_TRUE(absl::IsCancelled(scheduler.Yield()));
    Note("out");
  });
  scheduler.Run(now);
  group.Cancel();
  scheduler.Run(now);
  EXPECT_EQ(story, "out");
  EXPECT_EQ(scheduler.NextDeadline(), Instant::Never());
}

TEST_F(FiberTest, GroupDestructorCancelsAndJoins) {
  Group outer(scheduler);
  outer.Spawn("parent", [&] {
    {
      Group inner(scheduler);
      inner.Spawn("child", [&] {
        EXPECT_TRUE(absl::IsCancelled(scheduler.SleepUntil(Instant::Never())));
        Note("child");
      });
      ASSERT_TRUE(scheduler.Yield().ok());
    }
    Note("parent");
  });
  RunToEnd();
  EXPECT_EQ(story, "child parent");
}

TEST_F(FiberTest, SpawnIntoCancelledGroupIsBornCancelled) {
  Group group(scheduler);
  group.Cancel();
  group.Spawn("late", [&] {
    EXPECT_TRUE(scheduler.cancelled());
    Note("late");
  });
  RunToEnd();
  EXPECT_EQ(story, "late");
}

TEST_F(FiberTest, MutexIsExclusiveAndTimesOut) {
  Mutex mutex(scheduler);
  Group group(scheduler);
  group.Spawn("holder", [&] {
    ASSERT_TRUE(mutex.Lock().ok());
    MutexLock lock(mutex);
    ASSERT_TRUE(scheduler.SleepUntil(Instant{100}).ok());
    Note("released");
  });
  group.Spawn("impatient", [&] {
    EXPECT_TRUE(absl::IsDeadlineExceeded(mutex.Lock(Instant{50})));
    Note("gave-up");
  });
  group.Spawn("patient", [&] {
    ASSERT_TRUE(mutex.Lock().ok());
    MutexLock lock(mutex);
    Note("got-it");
  });
  RunToEnd();
  EXPECT_EQ(story, "gave-up released got-it");
}

TEST_F(FiberTest, ConditionAwaitsItsPredicate) {
  Condition condition(scheduler);
  int level = 0;
  Group group(scheduler);
  group.Spawn("waiter", [&] {
    ASSERT_TRUE(condition.Await([&] { return level >= 2; }).ok());
    Note(absl::StrCat("level", level));
    EXPECT_TRUE(absl::IsDeadlineExceeded(condition.Await([] { return false; }, Instant{500})));
  });
  group.Spawn("raiser", [&] {
    for (; level < 3; ++level) {
      condition.NotifyAll();
      ASSERT_TRUE(scheduler.Yield().ok());
    }
  });
  RunToEnd();
  EXPECT_EQ(story, "level2");
  EXPECT_EQ(now.ns, 500);
}

TEST_F(FiberTest, ChannelBlocksWhenFullAndDrainsWhenClosed) {
  Channel<int> channel(scheduler, 2);
  Group group(scheduler);
  group.Spawn("producer", [&] {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(channel.Push(i).ok());
    channel.Close();
    EXPECT_FALSE(channel.Push(9).ok());
  });
  group.Spawn("consumer", [&] {
    while (true) {
      const auto item = channel.Pop();
      if (!item.ok()) break;
      Note(absl::StrCat(*item));
    }
    Note("closed");
  });
  RunToEnd();
  EXPECT_EQ(story, "0 1 2 3 4 closed");
}

TEST_F(FiberTest, WakeHookTellsAnIdleDriver) {
  int calls = 0;
  scheduler.SetWakeHook([&] { ++calls; });
  WaitList list(scheduler);
  Group group(scheduler);
  group.Spawn("waiter", [&] { ASSERT_TRUE(list.Wait().ok()); });
  EXPECT_EQ(calls, 1);
  scheduler.Run(now);
  list.WakeAll();
  EXPECT_EQ(calls, 2);
  scheduler.Run(now);
}

TEST_F(FiberTest, StacksAreReused) {
  for (int round = 0; round < 3; ++round) {
    Group group(scheduler);
    for (int i = 0; i < 10; ++i) group.Spawn("short", [] {});
    RunToEnd();
  }
  EXPECT_EQ(stacks.in_use(), 0u);
}

// Each call takes 4 KiB; who is called knows where, so that no optimisation makes a loop of it.
int Recurse(int depth, const volatile char* caller = nullptr) {
  volatile char frame[4096];
  for (volatile char& byte : frame) byte = static_cast<char>(depth);
  if (depth == 0) return caller == nullptr ? 0 : caller[0];
  return Recurse(depth - 1, frame) + frame[depth % 4096];
}

TEST(StackPoolDeathTest, OverflowHitsTheGuardPage) {
  EXPECT_DEATH(
      {
        StackPool small(32 * 1024);
        Scheduler scheduler(small);
        Group group(scheduler);
        group.Spawn("deep", [] { Recurse(1000); });
        scheduler.Run(Instant{0});
      },
      "");
}

// Any mix of sleeps, expires in the order of (deadline, order of parking): the heap against a sort.
RC_GTEST_PROP(SchedulerProperty, DeadlinesExpireInOrder, (const std::vector<uint8_t>& spans)) {
  StackPool stacks;
  Scheduler scheduler(stacks);
  std::vector<std::pair<int64_t, size_t>> expected, seen;
  {
    Group group(scheduler);
    for (size_t i = 0; i < spans.size(); ++i) {
      expected.emplace_back(spans[i], i);
      group.Spawn("s", [&, i] {
        (void)scheduler.SleepUntil(Instant{spans[i]});
        seen.emplace_back(spans[i], i);
      });
    }
    scheduler.Run(Instant{-1});
    while (scheduler.NextDeadline() != Instant::Never()) scheduler.Run(scheduler.NextDeadline());
  }
  std::sort(expected.begin(), expected.end());
  RC_ASSERT(seen == expected);
}

}  // namespace
}  // namespace konsul::fiber
