#include "chaos/parse.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::chaos {
namespace {

using ::testing::HasSubstr;

constexpr const char* kHead = R"(apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: test}
spec:
  seed: 7
  duration: 20s
  sim: {runs: 3, swarm: true}
  topology:
    datacenters:
      - {name: dc1, servers: 3, clients: 2, labels: {tier: primary}}
    defaults: {latency: 2ms, jitter: 1ms, disk: {size: 64MiB, fsync: 3ms}}
  workload:
    - {name: reg, type: register, keys: 4, rate: 100/s, mix: {read: 5, write: 3, cas: 2}}
    - {name: kv, type: kv, keys: 9, valueSize: 16-64, mix: {get: 1, put: 1, delete: 1}}
)";

std::string ErrorOf(const std::string& tail) {
  const absl::StatusOr<Experiment> result = ParseExperiment(absl::StrCat(kHead, tail), "x.yaml");
  return result.ok() ? "" : std::string(result.status().message());
}

Experiment Good(const std::string& tail) {
  absl::StatusOr<Experiment> result = ParseExperiment(absl::StrCat(kHead, tail), "x.yaml");
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : Experiment{};
}

TEST(Parse, ReadsTheWhole) {
  const Experiment e = Good(R"(
  faults:
    - name: cut
      at: 2s
      type: NetworkChaos
      networkChaos: {action: partition, mode: one, selector: {labelSelectors: {raft: leader}}, duration: 3s}
    - name: kills
      swarm: {weight: 3}
      type: PodChaos
      podChaos: {action: pod-kill, mode: random-max-percent, value: "34", selector: {labelSelectors: {component: server}}}
      restart: {after: 1s-10s, loseUnsynced: true}
  liveness: {heal: all, within: 10s, require: [leader-per-dc, acked-write]}
  invariants:
    - {type: linearizability, workload: [reg, kv]}
)");
  EXPECT_EQ(e.name, "test");
  EXPECT_EQ(e.seed, 7u);
  EXPECT_EQ(e.datacenter.servers, 3u);
  EXPECT_EQ(e.defaults.fsync, 3ms);
  ASSERT_EQ(e.workloads.size(), 2u);
  EXPECT_EQ(e.workloads[0].interval, 10ms);
  EXPECT_EQ(e.workloads[1].remove, 1u);
  ASSERT_EQ(e.faults.size(), 2u);
  const auto& cut = std::get<NetworkChaos>(e.faults[0].body);
  EXPECT_EQ(cut.direction, Direction::kTo) << "Chaos Mesh's default";
  EXPECT_EQ(e.faults[0].duration, 3s);
  EXPECT_FALSE(e.faults[1].duration.has_value());
  const auto& kill = std::get<PodChaos>(e.faults[1].body);
  EXPECT_EQ(kill.targets.value, 340'000u);
  EXPECT_TRUE(kill.lose_unsynced);
  EXPECT_EQ(kill.restart_after, (DurationRange{1s, 10s}));
  EXPECT_TRUE(e.Checks("linearizability"));
  EXPECT_FALSE(e.Checks("state-digest"));
  EXPECT_FALSE(e.liveness.logs_equal);
}

TEST(Parse, ReadsAnOperatorAndTheLivenessOfAMajority) {
  const Experiment e = Good(R"(
  operator: {rate: 2/s, votersMin: 2, mix: {transfer: 3, remove: 2, add: 2, snapshot: 1, readmit: 1}}
  liveness: {heal: core, within: 20s, progress: 8s, leadersMax: 1}
)");
  EXPECT_EQ(e.op.interval, 500ms);
  EXPECT_EQ(e.op.voters_min, 2u);
  EXPECT_EQ(e.op.transfer, 3u);
  EXPECT_EQ(e.op.readmit, 1u);
  EXPECT_TRUE(e.liveness.core_first);
  EXPECT_EQ(e.liveness.progress, 8s);
  EXPECT_EQ(e.liveness.leaders_max, 1u);
  EXPECT_EQ(Good("").op.interval, 0s) << "nobody, unless asked for";
}

TEST(Parse, ReadsWhatTheSeedMustNotDraw) {
  const auto with = [](const std::string& tunables) {
    std::string text = kHead;
    const std::string swarm = "swarm: true";
    return text.replace(text.find(swarm), swarm.size(), swarm + ", tunables: " + tunables);
  };
  const auto parsed = ParseExperiment(
      with("{latency: 5ms, leasePromise: 0, appendEntriesMax: 1, trailingEntries: 0}"), "t.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->pins.latency, 5ms);
  EXPECT_EQ(parsed->pins.lease_promise, 0s);
  EXPECT_EQ(parsed->pins.append_entries_max, 1u);
  EXPECT_EQ(parsed->pins.trailing_entries, 0u);
  EXPECT_FALSE(parsed->pins.inflight_max.has_value());
  EXPECT_FALSE(Good("").pins.latency.has_value());
  const auto list = ParseExperiment(
      with("{electionTimeouts: [200ms, 400ms], latencyJitter: 0s, faultsFromTheStart: true}"),
      "t.yaml");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_THAT(list->pins.election_timeouts, ::testing::ElementsAre(200ms, 400ms));
  EXPECT_EQ(list->pins.latency_jitter, 0s);
  EXPECT_EQ(list->pins.faults_from_the_start, 1u);
  EXPECT_THAT(ParseExperiment(with("{electionTimeouts: [soon]}"), "t.yaml").status().message(),
              HasSubstr("is not a duration"));
  EXPECT_THAT(ParseExperiment(with("{inflightMax: 0}"), "t.yaml").status().message(),
              HasSubstr("inflightMax"));
  EXPECT_THAT(ParseExperiment(with("{inflight: 1}"), "t.yaml").status().message(),
              HasSubstr("did you mean \"inflightMax\""));
}

TEST(Parse, RefusesAnOperatorWithNothingToDo) {
  EXPECT_THAT(ErrorOf("  operator: {rate: 1/s, mix: {}}\n"),
              HasSubstr("the operator's mix is empty"));
  EXPECT_THAT(ErrorOf("  operator: {mix: {add: 1}}\n"), HasSubstr("rate"));
  EXPECT_THAT(ErrorOf("  operator: {rate: 1/s, votersMin: 4, mix: {add: 1}}\n"),
              HasSubstr("votersMin"));
  EXPECT_THAT(ErrorOf("  liveness: {leadersMax: 1}\n"), HasSubstr("goes with progress only"));
}

TEST(Parse, ReadsDamageAndClocksThatStandStill) {
  const Experiment e = Good(R"(
  faults:
    - name: rot
      at: 2s
      type: IOChaos
      ioChaos: {action: rot, mode: one, selector: {labelSelectors: {component: server}}, path: "wal/*"}
      bits: 3
    - name: stall
      at: 2s
      type: IOChaos
      ioChaos: {action: stall, mode: one, selector: {labelSelectors: {raft: leader}}, methods: [fsync], duration: 3s}
    - name: freeze
      at: 2s
      type: TimeChaos
      timeChaos: {mode: one, selector: {labelSelectors: {raft: leader}}, duration: 3s}
      freeze: true
)");
  ASSERT_EQ(e.faults.size(), 3u);
  EXPECT_EQ(std::get<IoChaos>(e.faults[0].body).action, IoChaos::Action::kRot);
  EXPECT_EQ(std::get<IoChaos>(e.faults[0].body).bits, 3u);
  EXPECT_EQ(std::get<IoChaos>(e.faults[1].body).action, IoChaos::Action::kStall);
  EXPECT_TRUE(std::get<TimeChaos>(e.faults[2].body).freeze);
}

TEST(Parse, AnUnknownKeyIsNamedWithItsPlaceAndItsNeighbour) {
  EXPECT_EQ(ErrorOf("  fualts: []\n"),
            "x.yaml:15:3: unknown key \"fualts\" in spec; did you mean \"faults\"?");
  EXPECT_THAT(ErrorOf("  liveness: {wihtin: 3s}\n"),
              HasSubstr("unknown key \"wihtin\" in spec.liveness; did you mean \"within\"?"));
}

TEST(Parse, AllProblemsAreShownInTheOrderOfTheFile) {
  const std::string error = ErrorOf("  liveness: {within: 3}\n  safety: {blastRadios: {}}\n");
  EXPECT_THAT(error, HasSubstr("x.yaml:15:22: spec.liveness.within: \"3\" is a duration without"));
  EXPECT_THAT(error, HasSubstr("x.yaml:16:12: unknown key \"blastRadios\""));
  EXPECT_LT(error.find("within"), error.find("blastRadios"));
}

std::string FaultError(const std::string& fault) {
  return ErrorOf(absl::StrCat("  faults:\n    - ", fault, "\n"));
}

constexpr const char* kKill =
    "type: PodChaos, podChaos: {action: pod-kill, mode: one, selector: {labelSelectors: "
    "{component: server}}}}";

TEST(Parse, AFaultHasExactlyOneTrigger) {
  EXPECT_THAT(FaultError(absl::StrCat("{name: a, ", kKill)),
              HasSubstr("a fault needs a trigger: one of at, every, random, after, swarm"));
  EXPECT_THAT(FaultError(absl::StrCat("{name: a, at: 1s, every: 2s, ", kKill)),
              HasSubstr("a fault has exactly one trigger, not at and every"));
  EXPECT_THAT(FaultError(absl::StrCat("{name: a, at: 1s, jitter: 2s, ", kKill)),
              HasSubstr("jitter goes with every only"));
  EXPECT_THAT(FaultError(absl::StrCat("{name: a, cron: '* * * * *', ", kKill)),
              HasSubstr("cron is not supported"));
}

TEST(Parse, WhatCannotBeRunIsRefusedByName) {
  EXPECT_THAT(FaultError("{name: a, at: 1s, type: KernelChaos, kernelChaos: {}}"),
              HasSubstr("fault \"a\": KernelChaos cannot be run by Konsul"));
  EXPECT_THAT(FaultError("{name: a, at: 1s, type: NetworkChoas}"),
              HasSubstr("did you mean \"NetworkChaos\"?"));
  EXPECT_THAT(FaultError("{name: a, at: 1s, type: PodChaos, podChaos: {action: pod-failure, mode: "
                         "one, selector: {}}}"),
              HasSubstr("only pod-kill is supported"));
}

TEST(Parse, PercentagesAreStrings) {
  EXPECT_THAT(FaultError("{name: a, at: 1s, type: PodChaos, podChaos: {action: pod-kill, mode: "
                         "fixed-percent, value: 34, selector: {}}}"),
              HasSubstr("podChaos.value must be a string: \"34\""));
}

TEST(Parse, AFaultThatMatchesNobodyIsAnError) {
  EXPECT_THAT(
      FaultError("{name: a, at: 1s, type: PodChaos, podChaos: {action: pod-kill, mode: one, "
                 "selector: {labelSelectors: {node: n9}}}}"),
      HasSubstr("fault \"a\": no node of the topology can match {node: n9}"));
}

TEST(Parse, LosingTheQuorumMustBeSaid) {
  EXPECT_THAT(ErrorOf("  safety: {blastRadius: {perDatacenter: all}}\n"),
              HasSubstr("allowQuorumLoss: true"));
  EXPECT_EQ(ErrorOf("  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}}\n"), "");
}

TEST(Parse, NoYamlSaysWhere) {
  const auto result = ParseExperiment("a: [1\nb: }", "x.yaml");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("x.yaml:2:"));
  EXPECT_THAT(std::string(ParseExperiment("", "x.yaml").status().message()), HasSubstr("empty"));
  EXPECT_THAT(std::string(ParseExperiment("a: 1\na: 2\n", "x.yaml").status().message()),
              HasSubstr("x.yaml:2:1: \"a\" stands here twice, first in line 1"));
}

}  // namespace
}  // namespace konsul::chaos
