#include "chaos/director.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::chaos {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Inventory ThreeServers() {
  Inventory inventory;
  for (int i = 1; i <= 3; ++i) {
    inventory.push_back({absl::StrCat("n", i),
                         {{"component", "server"},
                          {"dc", "dc1"},
                          {"node", absl::StrCat("n", i)},
                          {"raft", i == 2 ? "leader" : "follower"}}});
  }
  inventory.push_back({"c1", {{"component", "client"}, {"dc", "dc1"}, {"node", "c1"}}});
  return inventory;
}

Experiment Make(const std::string& faults, const std::string& more = "") {
  absl::StatusOr<Experiment> e = ParseExperiment(absl::StrCat(R"(
apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: test}
spec:
  duration: 60s
  sim: {swarm: true}
  topology: {datacenters: [{servers: 3, clients: 1}]}
)",
                                                              more, "  faults:\n", faults),
                                                 "x.yaml");
  EXPECT_TRUE(e.ok()) << e.status();
  return *e;
}

constexpr const char* kCutLeader = R"(
    - name: cut
      at: 2s
      type: NetworkChaos
      networkChaos: {action: partition, mode: one, selector: {labelSelectors: {raft: leader}}, direction: DIRECTION, target: {mode: all, selector: {labelSelectors: {component: server}}}, duration: 3s}
)";

std::string CutLeader(const std::string& direction) {
  std::string text = kCutLeader;
  text.replace(text.find("DIRECTION"), 9, direction);
  return text;
}

TEST(Director, DamageMeetsOnlyTheMinorityOfTheAtlas) {
  const Experiment e =
      Make(R"(
    - name: rot
      every: 1s
      type: IOChaos
      ioChaos: {action: rot, mode: all, selector: {labelSelectors: {component: server}}}
    - name: slow
      every: 1s
      type: IOChaos
      ioChaos: {action: stall, mode: all, selector: {labelSelectors: {component: server}}, duration: 100ms}
)",
           "  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}}\n");
  std::set<std::string> hit;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Director director(e, env::Random(seed));
    EXPECT_THAT(director.atlas(), SizeIs(1));
    for (const Injection& injection : director.Advance(30s, ThreeServers())) {
      if (injection.kind == Injection::Kind::kIoStall) {
        EXPECT_THAT(injection.targets, SizeIs(3));
      }
      if (injection.kind != Injection::Kind::kIoRot) continue;
      EXPECT_THAT(injection.targets, ElementsAre(*director.atlas().begin()));
      hit.insert(injection.targets[0]);
    }
  }
  EXPECT_THAT(hit, SizeIs(3)) << "another one with another seed";
}

TEST(Director, WhatMayBeTheOnlyCopyIsNotDamaged) {
  const Experiment e = Make(R"(
    - name: misdirect
      every: 1s
      type: IOChaos
      ioChaos: {action: misdirect, mode: all, selector: {labelSelectors: {component: server}}}
)");
  Director director(e, env::Random(1));
  Inventory servers = ThreeServers();
  for (Node& server : servers) server.only_copy = true;
  const auto is_skipped = [](const Injection& injection) {
    return injection.kind == Injection::Kind::kSkipped;
  };
  const std::vector<Injection> early = director.Advance(5s, servers);
  EXPECT_TRUE(!early.empty() && std::all_of(early.begin(), early.end(), is_skipped));
  const std::vector<Injection> later = director.Advance(10s, ThreeServers());
  EXPECT_TRUE(!later.empty() && std::none_of(later.begin(), later.end(), is_skipped));
}

TEST(Director, TheAtlasIsAMinorityOfTheSmallestClusterThatMayCome) {
  Experiment e = Make(CutLeader("both"));
  e.datacenter.servers = 5;
  e.datacenter.spares = 2;
  EXPECT_THAT(Director(e, env::Random(1)).atlas(), SizeIs(2));
  e.op.interval = 1s;
  e.op.voters_min = 3;
  EXPECT_THAT(Director(e, env::Random(1)).atlas(), SizeIs(1));
}

TEST(Director, CutsTheLeaderOfTheMomentAndEndsIt) {
  const Experiment e = Make(CutLeader("to"));
  Director director(e, env::Random(1));
  EXPECT_EQ(director.next(), 2s);
  const std::vector<Injection> begun = director.Advance(2s, ThreeServers());
  ASSERT_THAT(begun, SizeIs(1));
  EXPECT_THAT(begun[0].links, ElementsAre(Link{"n2", "n1"}, Link{"n2", "n3"}));
  EXPECT_EQ(director.next(), 5s);
  const std::vector<Injection> ended = director.Advance(5s, ThreeServers());
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].kind, Injection::Kind::kEnd);
  EXPECT_EQ(ended[0].id, begun[0].id);
  EXPECT_EQ(ended[0].links, begun[0].links);
  EXPECT_EQ(director.next(), Duration::max());
  EXPECT_EQ(
      ToJson(begun[0]),
      "{\"id\":1,\"at_ns\":2000000000,\"kind\":\"cut\",\"fault\":\"cut\",\"targets\":[\"n2\"],"
      "\"links\":[[\"n2\",\"n1\"],[\"n2\",\"n3\"]],\"lasts_ns\":3000000000}");
}

TEST(Director, DirectionsMeanWhatChaosMeshMeans) {
  for (const auto& [direction, count] : {std::pair{"to", 2}, {"from", 2}, {"both", 4}}) {
    const Experiment e = Make(CutLeader(direction));
    Director director(e, env::Random(1));
    EXPECT_THAT(director.Advance(2s, ThreeServers())[0].links, SizeIs(count)) << direction;
  }
}

TEST(Director, NobodyMatchingIsOnRecord) {
  const Experiment e = Make(CutLeader("to"));
  Inventory leaderless = ThreeServers();
  leaderless[1].labels["raft"] = "follower";
  Director director(e, env::Random(1));
  EXPECT_EQ(director.Advance(2s, leaderless)[0].kind, Injection::Kind::kSkipped);
  EXPECT_EQ(director.record()[0].why, "nobody matches now");
}

constexpr const char* kKillEverySecond = R"(
    - name: kills
      every: 1s
      type: PodChaos
      podChaos: {action: pod-kill, mode: one, selector: {labelSelectors: {component: server}}}
      restart: {after: 10s}
)";

TEST(Director, AMinorityIsAllThatMayBeHurtUnlessTheFileSaysOtherwise) {
  const Experiment careful = Make(kKillEverySecond);
  Director director(careful, env::Random(1));
  Inventory inventory = ThreeServers();
  const std::vector<Injection> first = director.Advance(1s, inventory);
  ASSERT_EQ(first[0].kind, Injection::Kind::kKill);
  for (Node& node : inventory) node.running = node.name != first[0].targets[0];
  EXPECT_EQ(director.Advance(2s, inventory)[0].kind, Injection::Kind::kSkipped);

  const Experiment careless = Make(
      kKillEverySecond, "  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}}\n");
  Director other(careless, env::Random(1));
  other.Advance(1s, inventory);
  EXPECT_EQ(other.Advance(2s, inventory)[0].kind, Injection::Kind::kKill);
}

TEST(Director, HealingRestartsWhatIsDown) {
  const Experiment e = Make(kKillEverySecond);
  Director director(e, env::Random(1));
  director.Advance(1s, ThreeServers());
  const std::vector<Injection> healed = director.Heal(3s);
  ASSERT_THAT(healed, SizeIs(1));
  EXPECT_EQ(healed[0].kind, Injection::Kind::kRestart);
  EXPECT_THAT(director.Advance(4s, ThreeServers()), IsEmpty());
}

TEST(Director, FollowsAnEvent) {
  const Experiment e = Make(R"(
    - name: kill-new-leader
      after: {event: leader-elected, delay: 50ms}
      type: PodChaos
      podChaos: {action: pod-kill, mode: one, selector: {labelSelectors: {raft: leader}}}
)");
  // Swarm: not in every run.
  uint64_t seed = 0;
  while (Director(e, env::Random(seed)).swarmed_out(0)) ++seed;
  Director director(e, env::Random(seed));
  EXPECT_EQ(director.next(), Duration::max());
  director.OnEvent("leader-elected", 3s);
  EXPECT_EQ(director.next(), 3050ms);
  EXPECT_THAT(director.Advance(3050ms, ThreeServers())[0].targets, ElementsAre("n2"));
}

std::vector<std::string> RunAll(const Experiment& e, uint64_t seed) {
  Director director(e, env::Random(seed));
  std::vector<std::string> lines;
  while (director.next() != Duration::max()) {
    const Duration now = director.next();
    for (const Injection& injection : director.Advance(now, ThreeServers())) {
      lines.push_back(ToJson(injection));
    }
  }
  return lines;
}

constexpr const char* kSkew = R"(
    - name: skew
      random: {mean: 2s}
      type: TimeChaos
      timeChaos: {mode: one, selector: {labelSelectors: {component: server}}, timeOffset: "-5s", duration: 1s}
)";

TEST(Director, ASeedMakesOneScheduleAndFaultsDoNotMoveEachOther) {
  const Experiment alone = Make(kSkew);
  const Experiment both = Make(absl::StrCat(kSkew, CutLeader("to")));
  EXPECT_EQ(RunAll(alone, 5), RunAll(alone, 5));
  EXPECT_NE(RunAll(alone, 5), RunAll(alone, 6));
  const auto times = [](const Experiment& e) {
    std::vector<Duration> out;
    for (const Occurrence& o : MakeTimeline(e, env::Random(5)).occurrences) {
      if (e.faults[o.fault].name == "skew") out.push_back(o.at);
    }
    return out;
  };
  EXPECT_EQ(times(alone), times(both));
  EXPECT_GT(times(alone).size(), 10u);
}

TEST(Interval, HasTheMeanAskedFor) {
  env::Random random(3);
  int64_t sum = 0;
  for (int i = 0; i < 20'000; ++i) sum += DrawInterval(1ms, random).count();
  EXPECT_NEAR(static_cast<double>(sum) / 20'000, 1e6, 5e4);
}

RC_GTEST_PROP(Select, PercentRulesOfChaosMesh, ()) {
  const auto n = *rc::gen::inRange<size_t>(1, 30);
  const auto percent = *rc::gen::inRange<uint64_t>(0, 101);
  Inventory inventory;
  for (size_t i = 0; i < n; ++i) inventory.push_back({absl::StrCat("n", i), {}});
  env::Random random(*rc::gen::arbitrary<uint64_t>());
  const size_t ceiling = (n * percent + 99) / 100;
  TargetSet fixed{Mode::kFixedPercent, percent * 10'000, {}};
  RC_ASSERT(Select(fixed, inventory, random).size() == ceiling);
  TargetSet at_most{Mode::kRandomMaxPercent, percent * 10'000, {}};
  RC_ASSERT(Select(at_most, inventory, random).size() <= ceiling);
}

}  // namespace
}  // namespace konsul::chaos
