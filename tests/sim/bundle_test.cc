// Bundles: what is kept of a failed run, and running it again. The run fails because nothing can
// elect a leader within the millisecond that its experiment gives.
#include "cmd/konsul-sim/bundle.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::simulator {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFails = R"(apiVersion: konsul.io/v1alpha1
kind: Experiment
metadata: {name: fails}
spec:
  duration: 2s
  sim: {swarm: true}
  topology: {datacenters: [{servers: 3, clients: 1}]}
  workload: [{name: reg, type: register, keys: 2, rate: 20/s}]
  faults:
    - name: dark
      at: 1900ms
      type: PodChaos
      podChaos: {action: pod-kill, mode: all, selector: {labelSelectors: {component: server}}}
  safety: {blastRadius: {perDatacenter: all, allowQuorumLoss: true}}
  liveness: {within: 1ms}
)";

struct Output {
  int code = -1;
  std::string text;  // both streams
};

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() : root_(absl::StrCat(::testing::TempDir(), "/bundles-", ::getpid())) {
    std::filesystem::create_directories(root_);
    EXPECT_TRUE(WriteFile(Path("fails.yaml"), kFails).ok());
  }
  ~BundleTest() override { std::filesystem::remove_all(root_); }

  std::string Path(const std::string& name) const { return absl::StrCat(root_, "/", name); }
  // In the directory of the test.
  Output Sim(const std::string& arguments) const {
    Output out;
    FILE* pipe = popen(
        absl::StrCat("cd ", root_, " && ", KONSUL_SIM_BINARY, " ", arguments, " 2>&1").c_str(),
        "r");
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), pipe)) > 0;) out.text.append(bytes, n);
    out.code = WEXITSTATUS(pclose(pipe));
    return out;
  }

 private:
  const std::string root_;
};

TEST_F(BundleTest, AFailedRunIsKeptAndReplayedAsTheSame) {
  const Output run = Sim("run fails.yaml --seed 3");
  EXPECT_EQ(run.code, 3) << run.text;
  EXPECT_THAT(run.text, HasSubstr("the run is kept in konsul-sim-fails-3.bundle.yaml"));
  const Output replay = Sim("replay konsul-sim-fails-3.bundle.yaml");
  EXPECT_EQ(replay.code, 0) << replay.text;
  EXPECT_THAT(replay.text, HasSubstr("verdict   liveness liveness, the same"));
  EXPECT_THAT(replay.text, HasSubstr(", the same\n"));

  const auto bundle = LoadBundle(Path("konsul-sim-fails-3.bundle.yaml"));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->build.substr(0, 5), BuildId().substr(0, 5));
  EXPECT_EQ(bundle->experiment, kFails);
  EXPECT_THAT(bundle->schedule, HasSubstr("nodes: [n1, n2, n3]"));
  EXPECT_THAT(bundle->trace, HasSubstr("\"detail\":"));
  EXPECT_EQ(bundle->checkpoints.size(), bundle->events / 1000);
}

TEST_F(BundleTest, AFailedSearchKeepsItsRunToo) {
  const Output search = Sim("search fails.yaml --seeds 3 --jobs 2 --bundle b.yaml");
  EXPECT_EQ(search.code, 3) << search.text;
  EXPECT_EQ(Sim("replay b.yaml").code, 0);
}

TEST_F(BundleTest, NothingIsKeptWhenNobodyWantsIt) {
  EXPECT_EQ(Sim("run fails.yaml --seed 3 --bundle=").code, 3);
  EXPECT_FALSE(std::filesystem::exists(Path("konsul-sim-fails-3.bundle.yaml")));
}

TEST_F(BundleTest, AnotherRunIsToldFromTheSame) {
  Sim("run fails.yaml --seed 3 --bundle b.yaml");
  std::string text = *ReadFile(Path("b.yaml"));
  // As another build might run it: one more client.
  text = absl::StrReplaceAll(text, {{"clients: 1}", "clients: 2}"}});
  ASSERT_TRUE(WriteFile(Path("other.yaml"), text).ok());
  const Output replay = Sim("replay other.yaml");
  EXPECT_EQ(replay.code, 4) << replay.text;
  EXPECT_THAT(replay.text, HasSubstr("verdict   liveness liveness, the same"));
  EXPECT_THAT(replay.text, HasSubstr("differs   between events 1 and 1000"));

  const Output diff = Sim("replay b.yaml --diff other.yaml");
  EXPECT_EQ(diff.code, 4) << diff.text;
  EXPECT_THAT(diff.text, HasSubstr("the first event that differs is "));
  EXPECT_THAT(diff.text, HasSubstr("\na {\"n\":"));
  EXPECT_THAT(diff.text, HasSubstr("\nb {\"n\":"));
  EXPECT_THAT(Sim("replay b.yaml --diff 3").text, HasSubstr("no event differs"));
}

TEST_F(BundleTest, UntilStopsAtTheEventAndShowsTheServers) {
  Sim("run fails.yaml --seed 3 --bundle b.yaml");
  const Output until = Sim("replay b.yaml --until 700");
  EXPECT_EQ(until.code, 0) << until.text;
  EXPECT_THAT(until.text, HasSubstr("event     {\"n\":700,"));
  for (const char* server : {"\n  n1 ", "\n  n2 ", "\n  n3 "}) {
    EXPECT_THAT(until.text, HasSubstr(server));
  }
  EXPECT_EQ(Sim("replay b.yaml --until 700").text, until.text);
  EXPECT_THAT(Sim("replay b.yaml --until 99999999").text, HasSubstr("events only"));
  EXPECT_THAT(Sim("replay b.yaml --until never").text, HasSubstr("must be the number of an event"));
}

TEST_F(BundleTest, WhatIsNoBundleIsRefusedWithItsPlace) {
  const Output experiment = Sim("replay fails.yaml");
  EXPECT_EQ(experiment.code, 2);
  EXPECT_THAT(experiment.text, HasSubstr("fails.yaml is not a bundle"));
  EXPECT_THAT(Sim("replay gone.yaml").text, HasSubstr("cannot read gone.yaml: No such file"));
  EXPECT_THAT(Sim("replay").text, HasSubstr("replay needs the path of a bundle"));

  Bundle bundle;
  bundle.experiment = kFails;
  bundle.verdict = "liveness";
  const std::string good = WriteBundle(bundle);
  EXPECT_TRUE(ParseBundle(good, "b").ok()) << ParseBundle(good, "b").status();
  const auto error = [&](const char* from, const char* to) {
    return std::string(
        ParseBundle(absl::StrReplaceAll(good, {{from, to}}), "b.yaml").status().message());
  };
  EXPECT_THAT(error("seed: 0", "seed: x"), HasSubstr("b.yaml:4:7: seed must be a whole number"));
  EXPECT_THAT(error("seed: 0", "sede: 0"),
              HasSubstr("b.yaml:4:1: unknown key \"sede\" in the experiment; did you mean"));
  EXPECT_THAT(error("duration: 2s", "duration: 2x"),
              HasSubstr("b.yaml (its experiment):5:13: spec.duration"));
}

}  // namespace
}  // namespace konsul::simulator
