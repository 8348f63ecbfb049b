#include "sim/clock.h"

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "sim/world.h"

namespace konsul::sim {
namespace {

TEST(Timeline, DriftIsExact) {
  Timeline line(1000);
  line.SetDrift(Time{0}, 100);
  EXPECT_EQ(line.At(Time{0} + 1h), 1000 + Duration(1h).count() / 1'000'000 * 1'000'100);
  line.SetDrift(Time{0} + 1h, -500'000);
  EXPECT_EQ(line.At(Time{0} + 1h + 2s) - line.At(Time{0} + 1h), Duration(1s).count());
}

RC_GTEST_PROP(Timeline, WhenReachesIsTheFirstSuchTime, ()) {
  const auto ppm = *rc::gen::inRange<int64_t>(-500'000, 500'001);
  const auto since = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
  const auto start = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
  const auto ahead = *rc::gen::inRange<int64_t>(1, 1'000'000'000'000);
  Timeline line(start);
  line.Restart(Time{since}, start);
  line.SetDrift(Time{since}, ppm);
  const Time when = line.WhenReaches(start + ahead);
  RC_ASSERT(line.At(when) >= start + ahead);
  RC_ASSERT(line.At(Time{when.ns - 1}) < start + ahead);
}

RC_GTEST_PROP(Timeline, ChangesKeepTheReading, ()) {
  Timeline line(5);
  Time now;
  int64_t last = 5;
  for (const int choice : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3))) {
    now = now + Duration(*rc::gen::inRange<int64_t>(0, 1'000'000));
    const int64_t before = line.At(now);
    RC_ASSERT(before >= last);
    if (choice == 0) line.SetDrift(now, *rc::gen::inRange<int64_t>(-500'000, 500'000));
    if (choice == 1) line.SetFrozen(now, true);
    if (choice == 2) line.SetFrozen(now, false);
    RC_ASSERT(line.At(now) == before);
    last = before;
  }
}

TEST(Clock, ASleeperWakesByItsOwnClock) {
  World world(1);
  Host& fast = world.AddHost("10.0.0.1");
  Host& slow = world.AddHost("10.0.0.2");
  fast.clock().SetDrift(200'000);
  slow.clock().SetDrift(-200'000);
  Time fast_woke, slow_woke;
  fast.Start([&](env::Env env) {
    EXPECT_TRUE(env.Sleep(12s).ok());
    fast_woke = world.now();
  });
  slow.Start([&](env::Env env) {
    EXPECT_TRUE(env.Sleep(8s).ok());
    slow_woke = world.now();
  });
  world.RunFor(20s);
  EXPECT_EQ(fast_woke, Time{} + 10s);
  EXPECT_EQ(slow_woke, Time{} + 10s);
}

TEST(Clock, AChangeOfTheClockMovesTheWakeUp) {
  World world(1);
  Host& host = world.AddHost("10.0.0.1");
  std::vector<Time> woke;
  host.Start([&](env::Env env) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(env.Sleep(10s).ok());
      woke.push_back(world.now());
    }
  });
  world.At(Time{} + 5s, [&] { host.clock().StepMonotonic(3s); });
  world.At(Time{} + 10s, [&] { host.clock().SetFrozen(true); });
  world.At(Time{} + 50s, [&] { host.clock().SetFrozen(false); });
  world.At(Time{} + 60s, [&] { host.clock().SetDrift(-500'000); });
  world.RunFor(1h);
  // 2 s into the second sleep it froze for 40 s at 10 s: 3 s slept, 7 s left from 50 s on. Of the
  // third, 3 s pass until 60 s, the other 7 s at half the speed.
  EXPECT_EQ(woke, (std::vector<Time>{Time{} + 7s, Time{} + 57s, Time{} + 74s}));
}

TEST(Clock, WallAndMonotonicAreApart) {
  World world(1);
  Host& host = world.AddHost("10.0.0.1");
  SimClock& clock = host.clock();
  world.RunFor(1s);
  EXPECT_EQ(clock.WallNow().ns, SimClock::kWallEpochNs + 1'000'000'000);
  clock.StepWall(-1h);
  EXPECT_EQ(clock.wall_error(), Duration(-1h));
  EXPECT_EQ(clock.Now().ns, 1'000'000'000);
  clock.SetWallFrozen(true);
  world.RunFor(1s);
  EXPECT_EQ(clock.wall_error(), Duration(-1h - 1s));
  EXPECT_EQ(clock.Now().ns, 2'000'000'000);
  clock.SetWallFrozen(false);
  clock.SetWallDrift(1000);
  world.RunFor(1000s);
  EXPECT_EQ(clock.wall_error(), Duration(-1h));
  clock.Mend();
  EXPECT_EQ(clock.wall_error(), Duration::zero());
  EXPECT_EQ(clock.Now().ns, Duration(1002s).count());
}

}  // namespace
}  // namespace konsul::sim
