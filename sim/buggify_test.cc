#include "sim/buggify.h"

#include <vector>

#include "gtest/gtest.h"
#include "sim/world.h"

namespace konsul::sim {
namespace {

constexpr auto kA = BuggifySite::kSlowApply;
constexpr auto kB = BuggifySite::kShortAppend;

std::vector<bool> Ask(SimBuggify& buggify, BuggifySite site, int times) {
  std::vector<bool> out;
  for (int i = 0; i < times; ++i) out.push_back(buggify.Fires(site));
  return out;
}

TEST(Buggify, ASiteFiresAsOftenAsItIsArmedAndIsCounted) {
  SimBuggify buggify;
  buggify.Arm(kA, 250'000, env::Random(1));
  Ask(buggify, kA, 10'000);
  EXPECT_NEAR(static_cast<double>(buggify.fired(kA)), 2500, 250);
  Ask(buggify, kB, 1000);
  EXPECT_EQ(buggify.fired(kB), 0u) << "not armed";
  buggify.DisarmAll();
  EXPECT_FALSE(buggify.Fires(kA));
  EXPECT_GT(buggify.fired(kA), 0u);
}

TEST(Buggify, SitesDoNotMoveEachOther) {
  SimBuggify alone;
  alone.Arm(kA, 500'000, env::Random(7));
  SimBuggify both;
  both.Arm(kB, 500'000, env::Random(7));
  both.Arm(kA, 500'000, env::Random(7));
  const std::vector<bool> b = Ask(both, kB, 50);
  const std::vector<bool> a = Ask(both, kA, 50);
  EXPECT_EQ(a, Ask(alone, kA, 50));
  EXPECT_NE(a, b);
}

TEST(Buggify, ProcessesOfAWorldAreAskedThroughTheirScheduler) {
  World world(1);
  world.buggify().Arm(kA, 1'000'000, world.Fork("buggify"));
  Host& host = world.AddHost("10.0.0.1");
  bool armed = false;
  bool other = true;
  host.Start([&](env::Env env) {
    armed = env.scheduler.Fires(kA);
    other = env.scheduler.Fires(kB);
  });
  world.RunFor(1s);
  EXPECT_TRUE(armed);
  EXPECT_FALSE(other);
  EXPECT_EQ(world.buggify().fired(kA), 1u);
}

}  // namespace
}  // namespace konsul::sim
