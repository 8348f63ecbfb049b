#include "net/reactor/reactor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "net/reactor/real_world.h"

namespace konsul::reactor {
namespace {

class ReactorTest : public ::testing::Test {
 protected:
  Instant After(Duration d) { return world.clock().Now() + d; }

  RealWorld world;
};

struct Note final : Arrival {
  explicit Note(fiber::Scheduler& scheduler) : arrived(scheduler) {}
  void Deliver() override {
    delivered = true;
    arrived.WakeAll();
  }
  bool delivered = false;
  fiber::WaitList arrived;
};

TEST_F(ReactorTest, APostFromAnotherThreadWakesTheSleepingLoop) {
  world.Run([&] {
    for (int i = 0; i < 200; ++i) {
      Note note(world.scheduler());
      std::thread other([&] {
        if (i % 2 == 0) usleep(500);  // both orders of posting and falling asleep
        world.reactor().Post(&note);
      });
      while (!note.delivered) ASSERT_TRUE(note.arrived.Wait(After(10s)).ok());
      other.join();
    }
  });
}

TEST_F(ReactorTest, PostsOfOneThreadArriveInOrder) {
  struct Numbered final : Arrival {
    void Deliver() override { out->push_back(number); }
    std::vector<int>* out = nullptr;
    int number = 0;
  };
  std::vector<int> out;
  std::vector<Numbered> arrivals(1000);
  world.Run([&] {
    std::thread other([&] {
      for (int i = 0; i < 1000; ++i) {
        arrivals[i].out = &out;
        arrivals[i].number = i;
        world.reactor().Post(&arrivals[i]);
      }
    });
    while (out.size() < 1000) ASSERT_TRUE(world.scheduler().SleepUntil(After(1ms)).ok());
    other.join();
  });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(out[i], i);
}

TEST_F(ReactorTest, TheLoopSleepsWhileNothingIsToDo) {
  rusage before, after;
  getrusage(RUSAGE_THREAD, &before);
  world.Run([&] { ASSERT_TRUE(world.scheduler().SleepUntil(After(200ms)).ok()); });
  getrusage(RUSAGE_THREAD, &after);
  const auto used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1'000'000 +
                    (after.ru_utime.tv_usec - before.ru_utime.tv_usec);
  EXPECT_LT(used, 50'000) << "microseconds of processor time";
}

TEST_F(ReactorTest, ABusyFiberDoesNotHoldUpDeadlines) {
  world.Run([&] {
    bool stop = false;
    fiber::Group group(world.scheduler());
    group.Spawn("busy", [&] {
      while (!stop && world.scheduler().Yield().ok()) {
      }
    });
    ASSERT_TRUE(world.scheduler().SleepUntil(After(5ms)).ok());
    stop = true;
    group.Join();
  });
}

TEST_F(ReactorTest, WhatArrivedComesBeforeWhoeverYields) {
  world.Run([&] {
    Note note(world.scheduler());
    world.reactor().Post(&note);
    ASSERT_TRUE(world.scheduler().Yield().ok());
    EXPECT_TRUE(note.delivered);
  });
}

TEST_F(ReactorTest, OperationsThatNeverWaitGiveWayInTheEnd) {
  world.Run([&] {
    bool other_ran = false;
    fiber::Group group(world.scheduler());
    group.Spawn("other", [&] { other_ran = true; });
    int operations = 0;
    while (!other_ran && operations < 1000) {
      ASSERT_TRUE(world.reactor().GiveWay().ok());
      ++operations;
    }
    EXPECT_TRUE(other_ran);
    EXPECT_GT(operations, 10);
  });
}

TEST_F(ReactorTest, SignalsBecomeEvents) {
  world.Run([&] {
    EXPECT_TRUE(absl::IsDeadlineExceeded(world.NextSignal(After(1ms)).status()));
    kill(getpid(), SIGTERM);
    EXPECT_EQ(world.NextSignal(After(10s)).value(), SIGTERM);
    kill(getpid(), SIGINT);
    EXPECT_EQ(world.NextSignal(After(10s)).value(), SIGINT);
  });
}

TEST_F(ReactorTest, WorkRunsOnAnotherThread) {
  world.Run([&] {
    const std::thread::id here = std::this_thread::get_id();
    std::thread::id there;
    const int result = world.io_pool().Run([&] {
      there = std::this_thread::get_id();
      return 42;
    });
    EXPECT_EQ(result, 42);
    EXPECT_NE(here, there);
  });
}

TEST_F(ReactorTest, WorkIsWaitedForWhenItsFiberIsCancelled) {
  world.Run([&] {
    std::atomic<bool> let_go = false;
    bool ended = false;
    fiber::Group group(world.scheduler());
    group.Spawn("worker", [&] {
      ended = world.io_pool().Run([&] {
        while (!let_go) usleep(100);
        return true;
      });
    });
    ASSERT_TRUE(world.scheduler().SleepUntil(After(1ms)).ok());
    group.Cancel();
    ASSERT_TRUE(world.scheduler().SleepUntil(After(5ms)).ok());
    EXPECT_FALSE(ended);
    let_go = true;
    group.Join();
    EXPECT_TRUE(ended);
  });
}

TEST_F(ReactorTest, RunReturnsTheLoopForAnotherRun) {
  int runs = 0;
  for (int i = 0; i < 3; ++i) world.Run([&] { ++runs; });
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace konsul::reactor
