// A run is a pure function of the seed and of what the driver does.
#include "sim/world.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sim/sim_support.h"

namespace konsul::sim {
namespace {

struct Outcome {
  Hash128 hash;
  uint64_t events = 0;
  std::vector<Hash128> checkpoints;
  std::vector<std::string> files;
};

// Three gossiping hosts and some of every fault.
Outcome RunFaulty(uint64_t seed, const Trace::Sink& sink = nullptr) {
  World world(seed);
  world.SetTraceSink(sink);
  const std::vector<std::string> addresses = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
  const auto start = [&](HostId id) {
    world.host(id).Start([addresses, id](env::Env env) { Gossip(env, addresses, id.value - 1); });
  };
  for (const std::string& ip : addresses) start(world.AddHost(ip).id());
  world.network().options().datagrams.loss_ppm = 100'000;
  env::Random chaos = world.Fork("chaos");
  for (int i = 0; i < 30; ++i) {
    const HostId a(1 + chaos.Below(3));
    const HostId b(1 + chaos.Below(3));
    const uint64_t what = chaos.Below(8);
    if (what == 0 && a != b) world.network().Cut(a, b);
    if (what == 1) world.network().HealAll();
    if (what == 2) world.host(a).Kill();
    if (what == 3) world.host(a).PowerLoss();
    if (what == 4) world.host(a).Pause(20ms);
    if (what == 5) world.host(a).clock().SetDrift(static_cast<int64_t>(chaos.Below(1000)));
    if (what == 6) world.network().ResetConnections(a, b);
    if (what == 7) world.network().Clog(a, b, 30ms);
    for (const HostId id : world.host_ids()) {
      if (!world.host(id).running() && chaos.Chance(1, 2)) start(id);
    }
    world.RunFor(50ms);
  }
  world.SetTraceSink(nullptr);
  Outcome outcome{world.trace().hash(), world.trace().events(), world.trace().checkpoints(), {}};
  for (const HostId id : world.host_ids()) {
    for (const std::string& path : world.host(id).disk().Paths()) {
      outcome.files.push_back(world.host(id).disk().Content(path));
    }
  }
  return outcome;
}

TEST(World, TheSameSeedGivesTheSameRun) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Outcome a = RunFaulty(seed);
    const Outcome b = RunFaulty(seed);
    EXPECT_EQ(a.hash.ToHex(), b.hash.ToHex());
    EXPECT_EQ(a.events, b.events);
    EXPECT_EQ(a.checkpoints, b.checkpoints);
    EXPECT_EQ(a.files, b.files);
    EXPECT_GT(a.events, 3000u);
    EXPECT_EQ(a.checkpoints.size(), a.events / Trace::kCheckpointEvery);
  }
}

TEST(World, DifferentSeedsGiveDifferentRuns) {
  std::set<std::string> hashes;
  for (uint64_t seed = 1; seed <= 20; ++seed) hashes.insert(RunFaulty(seed).hash.ToHex());
  EXPECT_EQ(hashes.size(), 20u);
}

TEST(World, TracingChangesNothing) {
  uint64_t records = 0;
  Hash128 last;
  std::string some_json;
  const Outcome traced = RunFaulty(7, [&](const TraceRecord& record) {
    EXPECT_EQ(record.number, ++records);
    last = record.hash;
    if (record.kind == EventKind::kSegment) some_json = ToJson(record);
  });
  EXPECT_EQ(traced.hash, RunFaulty(7).hash);
  EXPECT_EQ(traced.hash, last);
  EXPECT_EQ(traced.events, records);
  EXPECT_NE(some_json.find("\"kind\":\"segment\""), std::string::npos) << some_json;
}

// Guards against a difference between compilers and builds: the value is part of the promise.
TEST(World, TheHashOfAKnownRunIsTheSameInEveryBuild) {
  World world(42);
  const std::vector<std::string> addresses = {"10.0.0.1", "10.0.0.2"};
  for (size_t i = 0; i < addresses.size(); ++i) {
    world.AddHost(addresses[i]).Start([addresses, i](env::Env env) { Gossip(env, addresses, i); });
  }
  world.RunFor(1s);
  EXPECT_EQ(world.trace().hash().ToHex(), "9ed4497b3a054b244d60daec20d38028");
}

TEST(World, EventsAtOneTimeRunInTheOrderTheyWereScheduled) {
  World world(1);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    world.At(Time{1000 - i / 10 * 100}, [&order, i] { order.push_back(i); });
  }
  world.RunUntil(Time{2000});
  std::vector<int> expected;
  for (int tens = 9; tens >= 0; --tens) {
    for (int i = 0; i < 10; ++i) expected.push_back(tens * 10 + i);
  }
  EXPECT_EQ(order, expected);
  EXPECT_EQ(world.now(), Time{2000});
}

TEST(World, JumpsToTheNextEvent) {
  World world(1);
  Host& host = world.AddHost("10.0.0.1");
  Instant woke;
  host.Start([&](env::Env env) {
    EXPECT_TRUE(env.Sleep(24h).ok());
    woke = env.clock.Now();
  });
  world.RunFor(25h);
  EXPECT_EQ(woke.ns, Duration(24h).count());
  EXPECT_FALSE(host.running());
  EXPECT_LT(world.trace().events(), 10u);
}

TEST(World, StepDoesOneEventAndSaysWhenNothingIsLeft) {
  World world(1);
  int calls = 0;
  world.After(1s, [&] { ++calls; });
  world.After(2s, [&] { ++calls; });
  EXPECT_TRUE(world.Step());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(world.now(), Time{} + 1s);
  EXPECT_TRUE(world.Step());
  EXPECT_FALSE(world.Step());
  EXPECT_EQ(calls, 2);
}

TEST(World, StopEndsARun) {
  World world(1);
  world.After(1s, [&] { world.Stop(); });
  world.RunFor(10s);
  EXPECT_EQ(world.now(), Time{} + 1s);
  world.RunFor(10s);
  EXPECT_EQ(world.now(), Time{} + 11s);
}

TEST(World, RunUntilTrueStopsThereOrAtTheLimit) {
  World world(1);
  bool done = false;
  world.After(5ms, [&] { done = true; });
  EXPECT_TRUE(world.RunUntilTrue([&] { return done; }, 1s));
  EXPECT_EQ(world.now(), Time{} + 5ms);
  EXPECT_FALSE(world.RunUntilTrue([] { return false; }, 1s));
  EXPECT_EQ(world.now(), Time{} + 1005ms);
}

TEST(World, TheAfterStepHookSeesEveryHostThatRanAndMayKill) {
  World world(1);
  std::vector<HostId> seen;
  for (const char* ip : {"10.0.0.1", "10.0.0.2"}) {
    world.AddHost(ip).Start([](env::Env env) {
      while (env.Sleep(10ms).ok()) {
      }
    });
  }
  world.SetAfterStep([&](HostId id) {
    seen.push_back(id);
    if (id == HostId(2) && seen.size() > 5) world.host(id).Kill();
  });
  world.RunFor(50ms);
  EXPECT_FALSE(world.host(HostId(2)).running());
  EXPECT_TRUE(world.host(HostId(1)).running());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), HostId(2)), 3);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), HostId(1)), 6);
}

TEST(World, WhichFiberRunsNextIsPickedBySeed) {
  const auto order = [](uint64_t seed) {
    std::string text;
    World world(seed);
    world.AddHost("10.0.0.1").Start([&](env::Env env) {
      fiber::Group group(env.scheduler);
      for (char c = 'a'; c < 'k'; ++c) group.Spawn("x", [&text, c] { text += c; });
    });
    world.RunFor(1ms);
    return text;
  };
  EXPECT_EQ(order(1), order(1));
  std::set<std::string> orders;
  for (uint64_t seed = 0; seed < 20; ++seed) orders.insert(order(seed));
  EXPECT_GE(orders.size(), 19u);
}

TEST(World, AFiberThatNeverWaitsDoesNotStopTheOthersNorTime) {
  World world(1);
  world.AddHost("10.0.0.1").Start([](env::Env env) {
    const Instant until = env.After(10ms);
    while (env.clock.Now() < until && env.scheduler.Yield().ok()) {
    }
  });
  world.RunFor(1s);
  EXPECT_FALSE(world.host(HostId(1)).running());
}

TEST(World, NotesAreRecordsOfTheRun) {
  World a(1);
  World b(1);
  a.Note(HostId(), 1, "one");
  b.Note(HostId(), 2, "two");
  EXPECT_NE(a.trace().hash(), b.trace().hash());
  EXPECT_EQ(a.trace().count(EventKind::kNote), 1u);
}

}  // namespace
}  // namespace konsul::sim
