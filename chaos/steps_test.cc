// Shapes, strengths, and faults of several steps.
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/director.h"
#include "chaos/expand.h"
#include "chaos/parse.h"
#include "chaos/shapes.h"
#include "chaos/strength.h"
#include "chaos/write.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::chaos {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Nodes(size_t n) {
  std::vector<std::string> names;
  for (size_t i = 1; i <= n; ++i) names.push_back(absl::StrCat("n", i));
  return names;
}

std::string Text(const std::string& faults) {
  return absl::StrCat(R"(
apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: test}
spec:
  duration: 60s
  sim: {swarm: true}
  topology: {datacenters: [{servers: 5, clients: 1, racks: 3}]}
  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}DAMAGE}
)",
                      "  faults:\n", faults);
}

Experiment Make(const std::string& faults, const std::string& damage = "") {
  std::string text = Text(faults);
  text.replace(text.find("DAMAGE"), 6, damage);
  const absl::StatusOr<Experiment> e = ParseExperiment(text, "x.yaml");
  EXPECT_TRUE(e.ok()) << e.status();
  return *e;
}

std::string ErrorOf(const std::string& faults) {
  std::string text = Text(faults);
  text.replace(text.find("DAMAGE"), 6, "");
  return std::string(ParseExperiment(text, "x.yaml").status().message());
}

Inventory Servers(const Experiment& e) {
  Inventory out;
  for (uint32_t i = 1; i <= 5; ++i) {
    const std::string name = absl::StrCat("n", i);
    out.push_back({name, e.datacenter.LabelsOf("server", name, i)});
  }
  return out;
}

std::string Partition(const std::string& beside, const std::string& more = "") {
  return absl::StrCat(R"(
    - name: cut
      at: 2s
      type: NetworkChaos
      networkChaos: {action: partition, mode: all, selector: {labelSelectors: {component: server}}, direction: both, duration: 3s)",
                      more, "}\n      ", beside, "\n");
}

// Who hears whom, itself included.
std::set<std::string> Heard(const std::set<Link>& cut, const std::string& by, size_t n) {
  std::set<std::string> out;
  for (const std::string& from : Nodes(n)) {
    if (!cut.contains({from, by})) out.insert(from);
  }
  return out;
}

TEST(Shapes, InARingEachHearsAMajorityAndNoTwoTheSame) {
  for (size_t n = 3; n <= 9; ++n) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      env::Random random(seed);
      const std::set<Link> cut = LinksOf(Shape::kRing, Direction::kBoth, Nodes(n), random);
      std::set<std::set<std::string>> views;
      for (const std::string& node : Nodes(n)) {
        const auto heard = Heard(cut, node, n);
        EXPECT_EQ(heard.size(), n / 2 + 1);
        EXPECT_TRUE(heard.contains(node));
        views.insert(heard);
      }
      EXPECT_EQ(views.size(), n);
    }
  }
}

TEST(Shapes, OneHearsBothHalvesOfABridge) {
  for (size_t n = 3; n <= 9; ++n) {
    env::Random random(n);
    const std::set<Link> cut = LinksOf(Shape::kBridge, Direction::kBoth, Nodes(n), random);
    size_t bridges = 0;
    for (const std::string& node : Nodes(n)) {
      if (Heard(cut, node, n).size() == n) ++bridges;
    }
    EXPECT_EQ(bridges, 1u);
    EXPECT_EQ(cut.size(), 2 * ((n - 1) / 2) * (n - 1 - (n - 1) / 2));
  }
}

TEST(Shapes, GroupsAreAsBigAsTheShapeSaysAndDirectionsLeaveAWayOpen) {
  std::set<size_t> splits;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    env::Random random(seed);
    EXPECT_THAT(LinksOf(Shape::kIsolate, Direction::kBoth, Nodes(5), random), SizeIs(8));
    EXPECT_THAT(LinksOf(Shape::kIsolate, Direction::kTo, Nodes(5), random), SizeIs(4));
    const size_t minority = LinksOf(Shape::kMajority, Direction::kTo, Nodes(5), random).size();
    EXPECT_TRUE(minority == 4 || minority == 6) << minority;
    splits.insert(LinksOf(Shape::kSplit, Direction::kFrom, Nodes(5), random).size());
  }
  EXPECT_EQ(splits, (std::set<size_t>{4, 6}));
}

TEST(Strengths, AreDrawnOncePerRunFromTheWholeRangeAndAreOnRecord) {
  const Experiment e = Make(R"(
    - name: slow
      every: 1s
      type: NetworkChaos
      networkChaos: {action: delay, mode: all, selector: {labelSelectors: {component: server}}, delay: {latency: 7ms}, duration: 100ms}
      strength: {latency: 1ms-1s}
)");
  std::set<Duration> drawn;
  size_t small = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Director director(e, env::Random(seed));
    std::set<Duration> of_run;
    for (const Injection& injection : director.Advance(20s, Servers(e))) {
      if (injection.kind != Injection::Kind::kNetem) continue;
      of_run.insert(std::get<NetworkChaos>(injection.body).latency);
    }
    ASSERT_THAT(of_run, SizeIs(1));
    EXPECT_GE(*of_run.begin(), 1ms);
    EXPECT_LE(*of_run.begin(), 1s);
    if (*of_run.begin() < 32ms) ++small;
    drawn.insert(*of_run.begin());
  }
  EXPECT_GT(drawn.size(), 190u);
  EXPECT_NEAR(static_cast<double>(small), 100, 30) << "small ones are as likely as big ones";
}

TEST(Strengths, WhatAFaultDoesNotHaveIsNamed) {
  EXPECT_THAT(ErrorOf(Partition("strength: {latency: 1ms-2ms}")),
              HasSubstr("unknown key \"latency\""));
  EXPECT_THAT(ErrorOf(Partition("strength: {duration: 2ms-1ms}")),
              HasSubstr("ends before it begins"));
  EXPECT_THAT(ErrorOf(Partition("strength: {duration: 5}")), HasSubstr("5"));
  EXPECT_EQ(ErrorOf(Partition("strength: {duration: 1ms-1s}")), "");
}

TEST(Shapes, WhatDoesNotGoTogetherIsRefused) {
  EXPECT_EQ(ErrorOf(Partition("shape: ring")), "");
  EXPECT_THAT(ErrorOf(Partition("shape: star")), HasSubstr("shape is \"star\""));
  EXPECT_THAT(ErrorOf(Partition("shape: split\n      swizzle: true")),
              HasSubstr("goes with neither shape nor flap"));
  EXPECT_THAT(ErrorOf(Partition("flap: 1ms")), HasSubstr("10ms or more"));
  EXPECT_THAT(ErrorOf(Partition("connections: one")), HasSubstr("reset, clog and half-open"));
  EXPECT_THAT(ErrorOf(Partition("group: shelf")),
              HasSubstr("no node of the topology has the label"));
  EXPECT_THAT(ErrorOf(Partition("shape: split",
                                ", target: {mode: all, selector: {labelSelectors: {node: n1}}}")),
              HasSubstr("says who is cut off from whom"));
}

// All that happens until 30 s, looked at as often as the director wants.
std::vector<Injection> RunAll(Director& director, Inventory inventory) {
  std::vector<Injection> out;
  while (director.next() <= 30s) {
    for (Injection& done : director.Advance(director.next(), inventory)) {
      out.push_back(std::move(done));
    }
  }
  return out;
}

TEST(Steps, AFlappingCutIsManyCuts) {
  const Experiment e = Make(Partition("flap: 500ms\n      shape: split"));
  Director director(e, env::Random(1));
  const std::vector<Injection> done = RunAll(director, Servers(e));
  ASSERT_THAT(done, SizeIs(12));
  for (size_t i = 0; i < 6; ++i) {
    const Injection& cut = done[2 * i];
    EXPECT_EQ(cut.kind, Injection::Kind::kCut);
    EXPECT_EQ(cut.at, 2s + 500ms * static_cast<int>(i));
    EXPECT_EQ(cut.occurrence, absl::StrCat("cut/", i));
    EXPECT_EQ(cut.links, done[0].links) << "one split that flaps";
    EXPECT_EQ(done[2 * i + 1].kind, Injection::Kind::kEnd);
    EXPECT_EQ(done[2 * i + 1].at, cut.at + 250ms);
  }
}

TEST(Steps, ASwizzleCutsInOneOrderAndHealsInAnother) {
  const Experiment e = Make(Partition("swizzle: true"));
  bool other_order = false;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Director director(e, env::Random(seed));
    std::vector<std::string> cut;
    std::vector<std::string> healed;
    Duration last_cut{};
    Duration first_heal = Duration::max();
    for (const Injection& done : RunAll(director, Servers(e))) {
      ASSERT_THAT(done.targets, SizeIs(1));
      EXPECT_THAT(done.links, SizeIs(8));
      const bool begins = done.kind == Injection::Kind::kCut;
      (begins ? cut : healed).push_back(done.targets[0]);
      if (begins) last_cut = done.at;
      if (!begins) first_heal = std::min(first_heal, done.at);
    }
    EXPECT_THAT(cut, ::testing::UnorderedElementsAreArray(Nodes(5)));
    EXPECT_THAT(healed, ::testing::UnorderedElementsAreArray(Nodes(5)));
    EXPECT_LT(last_cut, first_heal) << "all are cut off at one time";
    other_order = other_order || cut != healed;
  }
  EXPECT_TRUE(other_order);
}

constexpr const char* kRolling = R"(
    - name: upgrade
      at: 2s
      type: PodChaos
      podChaos: {action: pod-kill, mode: all, selector: {labelSelectors: {component: server}}}
      restart: {after: 100ms, version: 2}
      rolling: true
)";

TEST(Steps, ARollingRestartWaitsForWhomItRestarted) {
  const Experiment e = Make(kRolling);
  Director director(e, env::Random(1));
  Inventory inventory = Servers(e);
  std::set<std::string> restarted;
  Duration last{};
  std::map<std::string, Duration> serves_at;
  for (Duration now = 2s; now < 20s; now += 10ms) {
    for (Node& node : inventory) {
      node.running = node.serving = serves_at[node.name] <= now;
    }
    for (const Injection& done : director.Advance(now, inventory)) {
      if (done.kind != Injection::Kind::kKill) continue;
      ASSERT_THAT(done.targets, SizeIs(1));
      EXPECT_TRUE(restarted.insert(done.targets[0]).second) << "once";
      if (last > Duration::zero()) {
        EXPECT_GE(now - last, 700ms) << "the former serves again";
      }
      EXPECT_EQ(std::get<PodChaos>(done.body).version, 2u);
      last = now;
      serves_at[done.targets[0]] = now + 700ms;
    }
  }
  EXPECT_THAT(restarted, SizeIs(5));
}

TEST(Steps, WhatWasDoneIsAnExperimentWithoutShapesStepsAndStrengths) {
  const Experiment e = Make(
      Partition("flap: 500ms\n      shape: ring\n      strength: {flap: 200ms-900ms}") + kRolling);
  Director director(e, env::Random(3));
  const std::vector<Injection> done = RunAll(director, Servers(e));
  const std::string text = WriteExperiment(Expand(e, 3, director.record()));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("shape:")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("flap:")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("rolling:")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("strength:")));
  EXPECT_THAT(text, HasSubstr("links: [n"));
  const absl::StatusOr<Experiment> again = ParseExperiment(text, "y.yaml");
  ASSERT_TRUE(again.ok()) << again.status() << text;
  Director repeats(*again, env::Random(3));
  const std::vector<Injection> repeated = RunAll(repeats, Servers(e));
  ASSERT_EQ(repeated.size(), done.size());
  for (size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(repeated[i].at, done[i].at);
    EXPECT_EQ(repeated[i].kind, done[i].kind);
    EXPECT_EQ(repeated[i].links, done[i].links);
    EXPECT_EQ(repeated[i].targets, done[i].targets);
    EXPECT_EQ(repeated[i].lasts, done[i].lasts);
  }
}

TEST(Groups, ARackGoesDownAsOne) {
  const Experiment e = Make(R"(
    - name: rack
      every: 1s
      type: PodChaos
      podChaos: {action: pod-kill, mode: one, selector: {labelSelectors: {component: server}}}
      restart: {after: 10ms, loseUnsynced: true}
      group: rack
)");
  std::set<std::vector<std::string>> hit;
  Director director(e, env::Random(1));
  for (const Injection& done : RunAll(director, Servers(e))) {
    EXPECT_NE(done.kind, Injection::Kind::kSkipped);
    hit.insert(done.targets);
  }
  const std::set<std::vector<std::string>> racks = {{"n1", "n4"}, {"n2", "n5"}, {"n3"}};
  EXPECT_EQ(hit, racks);
}

constexpr const char* kWipe = R"(
    - name: wipe
      every: 1s
      type: PodChaos
      podChaos: {action: pod-kill, mode: one, selector: {labelSelectors: {component: server}}}
      restart: {after: 10ms, wipe: true}
)";

TEST(Wipes, MeetTheAtlasEachOnceUnlessDamageMayBeAnywhere) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Experiment e = Make(kWipe);
    Director director(e, env::Random(seed));
    std::set<std::string> wiped;
    for (const Injection& done : RunAll(director, Servers(e))) {
      if (done.kind != Injection::Kind::kWipe) continue;
      EXPECT_TRUE(wiped.insert(done.targets[0]).second) << "once";
    }
    EXPECT_EQ(wiped, director.atlas());
    EXPECT_THAT(wiped, SizeIs(2));
  }
  const Experiment anywhere = Make(kWipe, ", damage: anywhere");
  Director director(anywhere, env::Random(1));
  std::multiset<std::string> wiped;
  for (const Injection& done : RunAll(director, Servers(anywhere))) {
    if (done.kind == Injection::Kind::kWipe) wiped.insert(done.targets[0]);
  }
  EXPECT_GT(wiped.size(), 20u);
  EXPECT_THAT(director.atlas(), SizeIs(5));
}

TEST(Wipes, TheOnlyCopyIsSpared) {
  const Experiment e = Make(kWipe);
  Inventory inventory = Servers(e);
  for (Node& node : inventory) node.only_copy = true;
  Director director(e, env::Random(1));
  for (const Injection& done : RunAll(director, inventory)) {
    EXPECT_EQ(done.kind, Injection::Kind::kSkipped);
  }
}

TEST(Parse, ReadsAndWritesTheNetworkWordsOfChaosMesh) {
  const Experiment e = Make(R"(
    - name: all
      at: 1s
      type: NetworkChaos
      networkChaos:
        action: netem
        mode: all
        selector: {labelSelectors: {component: server}}
        delay: {latency: 5ms, jitter: 1ms, correlation: "10", reorder: {reorder: "20", correlation: "5", gap: 3}}
        loss: {loss: "1.5"}
        duplicate: {duplicate: "40", correlation: "25"}
        corrupt: {corrupt: "3"}
        duration: 1s
      truncate: "50"
      mtu: 600
    - name: narrow
      at: 1s
      type: NetworkChaos
      networkChaos: {action: bandwidth, mode: all, selector: {labelSelectors: {component: server}}, bandwidth: {rate: 64kbps, limit: 20971520, buffer: 10000}}
)");
  const auto& all = std::get<NetworkChaos>(e.faults[0].body);
  EXPECT_EQ(all.reorder_ppm, 200'000u);
  EXPECT_EQ(all.loss_ppm, 15'000u);
  EXPECT_EQ(all.duplicate_ppm, 400'000u);
  EXPECT_EQ(all.corrupt_ppm, 30'000u);
  EXPECT_EQ(all.truncate_ppm, 500'000u);
  EXPECT_EQ(all.mtu, 600u);
  EXPECT_EQ(std::get<NetworkChaos>(e.faults[1].body).rate, 64'000u);
  const std::string written = WriteExperiment(e);
  const absl::StatusOr<Experiment> again = ParseExperiment(written, "y.yaml");
  ASSERT_TRUE(again.ok()) << again.status() << written;
  EXPECT_EQ(WriteExperiment(*again), written);
  EXPECT_EQ(std::get<NetworkChaos>(again->faults[0].body).truncate_ppm, 500'000u);
  EXPECT_EQ(std::get<NetworkChaos>(again->faults[1].body).rate, 64'000u);
  EXPECT_THAT(ErrorOf(R"(
    - name: x
      at: 1s
      type: NetworkChaos
      networkChaos: {action: bandwidth, mode: all, selector: {labelSelectors: {component: server}}, bandwidth: {rate: fast}}
)"),
              HasSubstr("\"fast\" is no rate of bytes"));
  EXPECT_THAT(ErrorOf(R"(
    - name: x
      at: 1s
      type: NetworkChaos
      networkChaos: {action: duplicate, mode: all, selector: {labelSelectors: {component: server}}, loss: {loss: "5"}}
)"),
              HasSubstr("action duplicate needs duplicate"));
}

TEST(Parse, AClockThatIsNamedIsTheOneThatStandsStillOrDrifts) {
  const auto clocks = [](const std::string& ids, const std::string& beside) {
    const Experiment e = Make(absl::StrCat(R"(
    - name: clock
      at: 1s
      type: TimeChaos
      timeChaos: {mode: all, selector: {labelSelectors: {component: server}})",
                                           ids, "}\n      ", beside, "\n"));
    const std::string written = WriteExperiment(e);
    const absl::StatusOr<Experiment> again = ParseExperiment(written, "y.yaml");
    EXPECT_TRUE(again.ok()) << again.status() << written;
    const auto& time = std::get<TimeChaos>(again->faults[0].body);
    return absl::StrCat(time.freeze ? "monotonic " : "", time.freeze_wall ? "wall " : "",
                        time.drift_wall_only ? "drifts apart" : "");
  };
  EXPECT_EQ(clocks("", "freeze: true"), "monotonic ");
  EXPECT_EQ(clocks(", clockIds: [CLOCK_REALTIME]", "freeze: true"), "wall ");
  EXPECT_EQ(clocks(", clockIds: [CLOCK_MONOTONIC]", "freeze: true"), "monotonic ");
  EXPECT_EQ(clocks(", clockIds: [CLOCK_REALTIME, CLOCK_MONOTONIC]", "freeze: true"),
            "monotonic wall ");
  EXPECT_EQ(clocks("", "driftPpm: 5"), "");
  EXPECT_EQ(clocks(", clockIds: [CLOCK_REALTIME]", "driftPpm: 5"), "drifts apart");
}

}  // namespace
}  // namespace konsul::chaos
