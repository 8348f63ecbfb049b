// Clocks and sleeping.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class ClockContract : public Contract {};
KONSUL_CONTRACT(ClockContract);

TEST_P(ClockContract, NowNeverGoesBack) {
  world().Run([](env::Env& env) {
    Instant last = env.clock.Now();
    for (int i = 0; i < 1000; ++i) {
      const Instant now = env.clock.Now();
      EXPECT_GE(now, last);
      last = now;
      if (i % 100 == 0) {
        EXPECT_TRUE(env.scheduler.Yield().ok());
      }
    }
  });
}

TEST_P(ClockContract, SleepIsNeverEarlyAndTimePasses) {
  world().Run([](env::Env& env) {
    for (const Duration span :
         {Duration(1), Duration(1us), Duration(137us), Duration(1ms), Duration(17ms)}) {
      const Instant until = env.After(span);
      EXPECT_TRUE(env.scheduler.SleepUntil(until).ok());
      EXPECT_GE(env.clock.Now(), until);
    }
  });
}

TEST_P(ClockContract, SleepUntilThePastReturns) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(env.scheduler.SleepUntil(Instant::Past()).ok());
    EXPECT_TRUE(env.scheduler.SleepUntil(env.clock.Now()).ok());
  });
}

TEST_P(ClockContract, SleepersWakeInTheOrderOfTheirDeadlines) {
  world().Run([](env::Env& env) {
    std::vector<int> order;
    {
      fiber::Group group(env.scheduler);
      for (const int ms : {30, 10, 20, 0}) {
        group.Spawn("sleeper", [&, ms] {
          EXPECT_TRUE(env.Sleep(ms * 1ms).ok());
          order.push_back(ms);
        });
      }
      group.Join();
    }
    EXPECT_EQ(order, (std::vector<int>{0, 10, 20, 30}));
  });
}

// In no promised order, but all of them, and none early.
TEST_P(ClockContract, EqualDeadlinesAllEnd) {
  world().Run([](env::Env& env) {
    const Instant until = env.After(5ms);
    int woken = 0;
    {
      fiber::Group group(env.scheduler);
      for (int i = 0; i < 100; ++i) {
        group.Spawn("sleeper", [&] {
          EXPECT_TRUE(env.scheduler.SleepUntil(until).ok());
          EXPECT_GE(env.clock.Now(), until);
          ++woken;
        });
      }
      group.Join();
    }
    EXPECT_EQ(woken, 100);
  });
}

TEST_P(ClockContract, AWaitThatWasWokenLeavesNoTimerBehind) {
  world().Run([](env::Env& env) {
    fiber::WaitList list(env.scheduler);
    absl::Status first, second;
    bool waits_again = false;
    fiber::Group group(env.scheduler);
    const Instant early = env.After(10ms);
    group.Spawn("waiter", [&] {
      first = list.Wait(early);
      waits_again = true;
      second = list.Wait(env.After(kLong));
    });
    EXPECT_TRUE(env.scheduler.Yield().ok());
    list.WakeOne();
    while (!waits_again) EXPECT_TRUE(env.scheduler.Yield().ok());
    EXPECT_TRUE(env.scheduler.SleepUntil(early + 10ms).ok());
    EXPECT_FALSE(list.empty()) << "the old deadline ended the new wait: " << second;
    list.WakeAll();
    group.Join();
    EXPECT_TRUE(first.ok()) << first;
    EXPECT_TRUE(second.ok()) << second;
  });
}

TEST_P(ClockContract, ADeadlineInThePastEndsAWaitWithoutTimePassing) {
  world().Run([](env::Env& env) {
    fiber::WaitList list(env.scheduler);
    const Instant begin = env.clock.Now();
    EXPECT_TRUE(absl::IsDeadlineExceeded(list.Wait(Instant::Past())));
    EXPECT_TRUE(absl::IsDeadlineExceeded(list.Wait(begin)));
    EXPECT_LT(env.clock.Now() - begin, kLong);
  });
}

TEST_P(ClockContract, SleepIsCancelled) {
  world().Run([](env::Env& env) {
    const Instant begin = env.clock.Now();
    absl::Status status;
    {
      fiber::Group group(env.scheduler);
      group.Spawn("sleeper", [&] { status = env.Sleep(1h); });
      EXPECT_TRUE(env.Sleep(1ms).ok());
      group.Cancel();
      group.Join();
    }
    EXPECT_TRUE(absl::IsCancelled(status)) << status;
    EXPECT_LT(env.clock.Now() - begin, kLong);
  });
}

TEST_P(ClockContract, WallTimeIsAPlausibleDate) {
  world().Run([](env::Env& env) { EXPECT_GT(env.clock.WallNow().ns, 0); });
}

TEST_P(ClockContract, HostsDrawDifferentRandomNumbers) {
  std::vector<uint64_t> drawn(2);
  world().RunHosts({[&](env::Env& env) { drawn[0] = env.random.Next(); },
                    [&](env::Env& env) { drawn[1] = env.random.Next(); }});
  EXPECT_NE(drawn[0], drawn[1]);
}

}  // namespace
}  // namespace konsul::contract
