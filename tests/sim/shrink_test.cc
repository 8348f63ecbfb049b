// Shrinking: what is planted in a failing experiment is what is left of it, and what has nothing to
// do with the finding goes.
#include "cmd/konsul-sim/shrink.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/explicit.h"
#include "cmd/konsul-sim/shrink_changes.h"
#include "cmd/konsul-sim/shrink_kin.h"
#include "cmd/konsul-sim/shrink_operations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

using ::testing::HasSubstr;

// Nobody leads again within 50 ms after all servers were down; everything else is decoration.
constexpr const char* kDark = R"(apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: dark}
spec:
  seed: 1
  duration: 5s
  topology: {datacenters: [{servers: 3, clients: 2}]}
  workload: [{name: reg, type: register, keys: 2, rate: 100/s, mix: {read: 2, write: 2, cas: 1}}]
  faults:
    - name: reset
      every: 500ms
      type: NetworkChaos
      networkChaos: {action: reset, mode: one, selector: {labelSelectors: {component: client}}, direction: to, target: {mode: one, selector: {labelSelectors: {component: server}}}}
    - name: slow
      at: 2034ms
      type: IOChaos
      ioChaos: {action: latency, mode: all, selector: {labelSelectors: {component: server}}, methods: [fsync], delay: 10ms, duration: 1s}
    - name: dark
      at: 4903ms
      type: PodChaos
      podChaos: {action: pod-kill, mode: all, selector: {labelSelectors: {component: server}}}
  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}}
  liveness: {within: 50ms, require: [leader-per-dc]}
)";

class ShrinkTest : public ::testing::Test {
 protected:
  ShrinkTest() : scratch_(absl::StrCat(::testing::TempDir(), "/shrink-", ::getpid())) {
    std::filesystem::create_directories(scratch_);
  }
  ~ShrinkTest() override { std::filesystem::remove_all(scratch_); }

  static chaos::Experiment Parse(const std::string& text) {
    const auto experiment = chaos::ParseExperiment(text, "test.yaml");
    EXPECT_TRUE(experiment.ok()) << experiment.status() << "\n" << text;
    return *experiment;
  }
  cluster::Report Run(const chaos::Experiment& experiment) {
    Scratch scratch(scratch_);
    cluster::RunOptions options;
    options.seed = *experiment.seed;
    options.scratch = scratch.Fresh();
    return RunExperiment(experiment, options);
  }
  // The steps and faults of a run, which must fail.
  chaos::Experiment Failing(const std::string& text) {
    const chaos::Experiment experiment = Parse(text);
    const cluster::Report report = Run(experiment);
    EXPECT_EQ(report.verdict, cluster::Verdict::kLiveness);
    return ExplicitExperiment(experiment, report, true);
  }

  const std::string scratch_;
};

TEST_F(ShrinkTest, WhatIsPlantedIsWhatIsLeft) {
  const chaos::Experiment start = Failing(kDark);
  EXPECT_GT(SizeOf(start).faults, 5u);
  EXPECT_GT(SizeOf(start).operations, 50u);
  Trials trials("", scratch_, 2);
  Shrink shrink(start, "liveness", trials);
  const chaos::Experiment min = shrink.Run();
  ASSERT_EQ(min.faults.size(), 1u) << chaos::WriteExperiment(min);
  EXPECT_EQ(min.faults[0].name, "dark");
  EXPECT_EQ(min.faults[0].trigger.at, 4900ms) << "rounded";
  EXPECT_EQ(SizeOf(min).operations, 0u);
  EXPECT_EQ(SizeOf(min).clients, 0u);

  // It is what is written, and still fails by the same oracle; without the fault it passes.
  const cluster::Report report = Run(Parse(chaos::WriteExperiment(min)));
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].oracle, "liveness");
  chaos::Experiment without = min;
  without.faults.clear();
  EXPECT_EQ(Run(without).verdict, cluster::Verdict::kPass);
}

TEST_F(ShrinkTest, TheNumberOfProcessesDecidesNothing) {
  const chaos::Experiment start = Failing(kDark);
  Trials one("", scratch_, 1);
  Trials three("", scratch_, 3);
  chaos::Experiment passes = start;
  passes.faults.clear();
  const Candidate fails = [&start] { return start; };
  for (Trials* trials : {&one, &three}) {
    EXPECT_EQ(trials->First({[&passes] { return passes; }, fails, fails, fails}, "liveness"), 1u);
    EXPECT_EQ(trials->First({fails, fails}, "linearizability"), std::nullopt);
  }
  Shrink a(start, "liveness", one);
  Shrink b(start, "liveness", three);
  EXPECT_EQ(chaos::WriteExperiment(a.Run()), chaos::WriteExperiment(b.Run()));
}

TEST_F(ShrinkTest, WhatARunDidIsNotAskedTwice) {
  const chaos::Experiment start = Failing(kDark);
  chaos::Experiment passes = start;
  passes.faults.clear();
  const std::vector<Candidate> candidates = {[&] { return passes; }, [&] { return start; }};
  Trials trials("", scratch_, 2);
  EXPECT_EQ(trials.First(candidates, "liveness"), 1u);
  EXPECT_EQ(trials.asked(), 2u);
  const uint64_t done = trials.done();
  EXPECT_EQ(trials.First(candidates, "liveness"), 1u);
  const std::vector<Outcome> all = trials.All(candidates);
  EXPECT_EQ(trials.done(), done);
  EXPECT_EQ(all[0].oracle, "");
  EXPECT_EQ(all[1].oracle, "liveness");
  EXPECT_EQ(all[1].faults, SizeOf(start).faults);
  EXPECT_EQ(all[0].operations, SizeOf(start).operations);
}

TEST_F(ShrinkTest, WhoeverHasNoPatienceGivesUp) {
  const chaos::Experiment start = Failing(kDark);
  Trials trials("", scratch_, 2);
  Shrink shrink(start, "liveness", trials);
  shrink.SetPatience(1);
  shrink.Run();
  EXPECT_TRUE(shrink.gave_up());
  EXPECT_LT(trials.asked(), 200u);
}

TEST_F(ShrinkTest, ASparserRunOfTheSameScenarioFailsAlike) {
  chaos::Experiment scenario = Parse(kDark);
  Trials trials("", scratch_, 2);
  const std::vector<chaos::Experiment> kin = SparsestKin(scenario, "liveness", trials);
  ASSERT_FALSE(kin.empty());
  // The sparsest there is, without the faults that nobody needs.
  EXPECT_EQ(kin[0].workloads[0].interval, 64 * scenario.workloads[0].interval);
  ASSERT_EQ(kin[0].faults.size(), 1u);
  EXPECT_EQ(kin[0].faults[0].name, "dark");
  ASSERT_FALSE(Run(kin[0]).findings.empty());
  EXPECT_EQ(Run(kin[0]).findings[0].oracle, "liveness");
  // Of what is scripted there is none.
  EXPECT_TRUE(SparserScenarios(Failing(kDark)).empty());
}

TEST(ShrinkOperations, ALoadIsThinnedOut) {
  chaos::Experiment e;
  e.workloads.resize(2);
  for (uint32_t i = 0; i < 40; ++i) {
    chaos::Step step;
    step.client = 1 + i % 3;
    step.key = 100 + i;
    if (i % 2 == 0) step.key = 7;
    if (!e.workloads[i / 20].steps.has_value()) e.workloads[i / 20].steps.emplace();
    e.workloads[i / 20].steps->push_back(step);
  }
  ASSERT_EQ(Operations(e), 40u);
  EXPECT_EQ(BusyClients(e), (std::vector<uint32_t>{1, 2, 3}));
  // One of eight, of four, of two: 16 would leave too few.
  const std::vector<ThinOut> thinner = ThinnerOperations(e);
  ASSERT_EQ(thinner.size(), 8u + 4 + 2);
  size_t left = 0;
  for (size_t i = 0; i < 8; ++i) {
    chaos::Experiment thin = e;
    thinner[i](thin);
    EXPECT_EQ(Operations(thin), 5u);
    left += Operations(thin);
  }
  EXPECT_EQ(left, 40u) << "each operation is one of those that stay, once";
  chaos::Experiment tail = e;
  RemoveOperationsBetween(tail, 15, 40);
  EXPECT_EQ(Operations(tail), 15u);
  EXPECT_EQ(tail.workloads[1].steps->size(), 0u);
  RemoveClients(tail, {1, 3});
  EXPECT_EQ(BusyClients(tail), std::vector<uint32_t>{2});
  chaos::Experiment others = e;
  RemoveKeys(others, {7});
  EXPECT_EQ(Operations(others), 20u);
  EXPECT_EQ(UsedKeys(others).size(), 20u);
}

TEST(ShrinkChanges, ChanceIsTakenOutAndTheUsualComesBack) {
  chaos::Experiment e;
  e.pins.latency = 10ms;
  ASSERT_TRUE(QuieterWorlds(e).front()(e));
  EXPECT_EQ(e.pins.latency, 10ms);
  EXPECT_EQ(e.pins.latency_jitter, 0s);
  EXPECT_EQ(e.pins.fsync_jitter, 0s);
  EXPECT_EQ(e.buggify, std::nullopt);
  for (const ExperimentChange& change : QuieterWorlds(e)) EXPECT_FALSE(change(e)) << "is quiet";
  ASSERT_FALSE(FewerPins(e).empty());
  ASSERT_TRUE(FewerPins(e).front()(e));
  EXPECT_FALSE(e.pins.latency.has_value());
  EXPECT_TRUE(FewerPins(e).empty());
}

TEST(ShrinkChanges, TwoFaultsBecomeOneThatCoversBoth) {
  chaos::Experiment e;
  const auto cut = [&](const char* who, Duration at, Duration lasts) {
    chaos::Fault fault;
    fault.name = absl::StrCat("cut ", who);
    fault.trigger.at = at;
    fault.duration = lasts;
    chaos::NetworkChaos body;
    body.targets.mode = chaos::Mode::kAll;
    body.targets.nodes = {who};
    fault.body = body;
    e.faults.push_back(fault);
  };
  cut("n1", 1s, 1s);
  cut("n3", 3s, 2s);
  chaos::Fault pause;
  pause.body = chaos::ProcessChaos{};
  e.faults.push_back(pause);
  const std::vector<ExperimentChange> merged = MergedFaults(e);
  ASSERT_EQ(merged.size(), 1u) << "only those of one kind";
  ASSERT_TRUE(merged[0](e));
  ASSERT_EQ(e.faults.size(), 2u);
  EXPECT_EQ(e.faults[0].name, "cut n1");
  EXPECT_EQ(e.faults[0].trigger.at, 1s);
  EXPECT_EQ(e.faults[0].duration, Duration(4s));
  EXPECT_EQ(std::get<chaos::NetworkChaos>(e.faults[0].body).targets.nodes,
            (std::vector<std::string>{"n1", "n3"}));
}

TEST(ShrinkChanges, ARunEndsAsEarlyAsItCan) {
  chaos::Experiment e;
  e.duration = 16s;
  Duration last{};
  for (const ExperimentChange& change : ShorterRuns(e)) {
    chaos::Experiment shorter = e;
    ASSERT_TRUE(change(shorter));
    EXPECT_GT(shorter.duration, last);
    last = shorter.duration;
  }
  EXPECT_EQ(last, 15s);
  e.duration = 1s;
  for (const ExperimentChange& change : ShorterRuns(e)) EXPECT_FALSE(change(e));
}

TEST_F(ShrinkTest, TheCommandSaysWhatItCannotShrink) {
  const auto output = [](const std::string& arguments) {
    std::string text;
    FILE* pipe = popen(absl::StrCat(KONSUL_SIM_BINARY, " ", arguments, " 2>&1").c_str(), "r");
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), pipe)) > 0;) text.append(bytes, n);
    pclose(pipe);
    return text;
  };
  EXPECT_THAT(output("shrink lite --seed 1"), HasSubstr("seed 1 passes: there is nothing to"));
  EXPECT_THAT(output("shrink lite"), HasSubstr("Say --seed N, or give a bundle"));
  const std::string path = scratch_ + "/dark.yaml";
  ASSERT_TRUE(WriteFile(path, kDark).ok());
  const std::string min = scratch_ + "/min.yaml";
  EXPECT_THAT(output(absl::StrCat("shrink ", path, " --jobs 2 -o ", min)),
              HasSubstr("certified minimal: without any single one of its"));
  EXPECT_THAT(output(absl::StrCat("run ", min, " --bundle=")), HasSubstr("verdict   liveness"));
}

}  // namespace
}  // namespace konsul::simulator
