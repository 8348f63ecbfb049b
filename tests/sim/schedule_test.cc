// A schedule is data: what a run did, written down and read back, is the same run again.
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/expand.h"
#include "chaos/parse.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/explicit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/cluster/runner.h"
#include "sim/scenarios/scenarios.h"

namespace konsul::simulator {
namespace {

using cluster::Report;
using ::testing::HasSubstr;

class ScheduleTest : public ::testing::Test {
 protected:
  ScheduleTest() : scratch_(absl::StrCat(::testing::TempDir(), "/schedule-", ::getpid())) {}
  ~ScheduleTest() override { std::filesystem::remove_all(scratch_); }

  Report Run(const chaos::Experiment& experiment, uint64_t seed) {
    std::filesystem::remove_all(scratch_);
    std::filesystem::create_directories(scratch_);
    cluster::RunOptions options;
    options.seed = seed;
    options.scratch = scratch_;
    return RunExperiment(experiment, options);
  }
  static chaos::Experiment Parse(const std::string& text) {
    const auto experiment = chaos::ParseExperiment(text, "test.yaml");
    EXPECT_TRUE(experiment.ok()) << experiment.status() << "\n" << text;
    return *experiment;
  }

 private:
  const std::string scratch_;
};

TEST_F(ScheduleTest, WhatIsWrittenIsReadBackAsTheSame) {
  for (const scenarios::Scenario& scenario : scenarios::All()) {
    const std::string written = chaos::WriteExperiment(Parse(scenario.text));
    EXPECT_EQ(chaos::WriteExperiment(Parse(written)), written);
  }
}

// What the seed drew about the servers, said aloud, is the same run again, event for event.
TEST_F(ScheduleTest, ExplicitTunablesAreTheSameRun) {
  for (const char* name : {"default", "five", "handover", "figure8", "membership"}) {
    const chaos::Experiment drawn = Parse(scenarios::Find(name)->text);
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const Report first = Run(drawn, seed);
      chaos::Experiment schedule = ExplicitExperiment(drawn, first, /*operations=*/false);
      schedule = Parse(chaos::WriteExperiment(WithTunables(schedule, first)));
      EXPECT_FALSE(schedule.swarm);
      const Report again = Run(schedule, seed);
      EXPECT_EQ(again.tunables, first.tunables) << name << " " << seed;
      EXPECT_EQ(again.hash, first.hash) << name << " " << seed;
    }
  }
}

// Reading a scenario loses nothing: the copy runs as the original does.
TEST_F(ScheduleTest, ACopyRunsAsTheOriginal) {
  for (const scenarios::Scenario& scenario : scenarios::All()) {
    const chaos::Experiment original = Parse(scenario.text);
    const Report first = Run(original, 4);
    const Report again = Run(Parse(chaos::WriteExperiment(original)), 4);
    EXPECT_EQ(again.hash, first.hash) << scenario.name;
  }
}

TEST_F(ScheduleTest, AnExplicitScheduleIsTheSameRun) {
  for (const char* name : {"default", "five", "membership", "snapshots", "disk", "partial",
                           "clocks-beyond", "shapes", "network", "upgrade", "wiped", "ruined"}) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
      const chaos::Experiment original = Parse(scenarios::Find(name)->text);
      const Report first = Run(original, seed);
      const std::string text =
          chaos::WriteExperiment(ExplicitExperiment(original, first, /*operations=*/false));
      const chaos::Experiment written = Parse(text);
      EXPECT_EQ(written.seed, seed);
      const Report again = Run(written, seed);
      EXPECT_EQ(again.hash, first.hash) << name << " " << seed;
      // And once more: what is explicit stays as it is.
      EXPECT_EQ(chaos::WriteExperiment(ExplicitExperiment(written, again, false)), text);
    }
  }
}

// Of a run that ends with a finding before the heal, operations are all there is to know.
TEST_F(ScheduleTest, ExplicitOperationsAreTheSameOperations) {
  for (const char* name : {"default", "membership"}) {
    const chaos::Experiment original = Parse(scenarios::Find(name)->text);
    const Report first = Run(original, 1);
    const Report again =
        Run(Parse(chaos::WriteExperiment(ExplicitExperiment(original, first, true))), 1);
    EXPECT_EQ(again.verdict, first.verdict);
    size_t steps = 0;
    for (size_t w = 0; w < first.steps.size(); ++w) {
      ASSERT_EQ(again.steps[w].size(), first.steps[w].size());
      for (size_t i = 0; i < first.steps[w].size(); ++i, ++steps) {
        EXPECT_EQ(again.steps[w][i].at, first.steps[w][i].at);
        EXPECT_EQ(again.steps[w][i].key, first.steps[w][i].key);
        EXPECT_EQ(again.steps[w][i].server, first.steps[w][i].server);
      }
    }
    EXPECT_GT(steps, 100u);
    ASSERT_EQ(again.turns.size(), first.turns.size());
    for (size_t i = 0; i < first.turns.size(); ++i) {
      EXPECT_EQ(again.turns[i].at, first.turns[i].at);
      EXPECT_EQ(again.turns[i].number, first.turns[i].number);
    }
  }
}

TEST_F(ScheduleTest, WrongSchedulesAreRefusedWithTheirPlace) {
  const std::string head = R"(apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: x}
spec:
  topology: {datacenters: [{servers: 3, clients: 1}]}
  workload: [{name: reg, type: register, keys: 2STEPS}]
  faults:
    - name: f
      at: 1s
      type: TimeChaos
      timeChaos: {mode: all, selector: {nodes: [NODES]}}
      driftsPpm: [DRIFTS]
)";
  const auto with = [&](std::string steps, std::string nodes, std::string drifts) {
    std::string text = head;
    text.replace(text.find("STEPS"), 5, steps);
    text.replace(text.find("NODES"), 5, nodes);
    text.replace(text.find("DRIFTS"), 6, drifts);
    return std::string(chaos::ParseExperiment(text, "x.yaml").status().message());
  };
  EXPECT_EQ(with("", "n1, n3", "100, -5"), "");
  EXPECT_THAT(with("", "n4", "1"), HasSubstr(":8:1: fault \"f\": the topology has no node \"n4\""));
  EXPECT_THAT(with("", "n1", "1, 2"), HasSubstr("one number for each of selector.nodes"));
  EXPECT_THAT(with(", steps: [{at: 1s, client: c2, do: read, key: 0, server: n1}]", "n1", "1"),
              HasSubstr("the topology has no client \"c2\""));
  EXPECT_THAT(with(", steps: [{at: 1s, client: c1, do: reed, key: 0, server: n1}]", "n1", "1"),
              HasSubstr("x.yaml:6:84: spec.workload[0].steps[0].do is \"reed\""));
  EXPECT_THAT(with(", steps: [{at: 2s, client: c1, do: read, key: 0, server: n1},"
                   " {at: 1s, client: c1, do: read, key: 0, server: n1}]",
                   "n1", "1"),
              HasSubstr("earlier than what stands before it"));
}

}  // namespace
}  // namespace konsul::simulator
