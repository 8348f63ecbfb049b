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
