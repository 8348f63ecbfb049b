// Searches: shares of many machines, limits, and what they say about themselves.
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/konsul-sim/coverage.h"
#include "cmd/konsul-sim/search_worker.h"
#include "cmd/konsul-sim/share.h"
#include "core/base/probe.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_command_support.h"

namespace konsul::simulator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ShareTest : public ::testing::Test {
 protected:
  // "INDEX/COUNT", or what is wrong.
  std::string Ask() {
    const auto share = ShareOf(flags_, [this](const char* name) -> const char* {
      const auto it = environment_.find(name);
      return it == environment_.end() ? nullptr : it->second.c_str();
    });
    if (!share.ok()) return std::string(share.status().message());
    return absl::StrCat(share->index, "/", share->count);
  }

  flags::Parsed flags_;
  std::map<std::string, std::string> environment_;
};

TEST_F(ShareTest, WithoutAnythingSaidItIsEverything) { EXPECT_EQ(Ask(), "0/1"); }

TEST_F(ShareTest, FlagsWinOverTheEnvironment) {
  environment_ = {{"KONSUL_SEARCH_INDEX", "1"}, {"KONSUL_SEARCH_COUNT", "8"}};
  EXPECT_EQ(Ask(), "1/8");
  flags_.values["index"] = {"3"};
  EXPECT_EQ(Ask(), "3/8");
  flags_.values["count"] = {"4"};
  EXPECT_EQ(Ask(), "3/4");
}

TEST_F(ShareTest, AKubernetesIndexedJobTellsTheIndexOnly) {
  environment_ = {{"JOB_COMPLETION_INDEX", "2"}};
  EXPECT_THAT(Ask(), HasSubstr("JOB_COMPLETION_INDEX says which share of the search this is, but "
                               "not of how many: give --count, or KONSUL_SEARCH_COUNT"));
  environment_["KONSUL_SEARCH_COUNT"] = "16";
  EXPECT_EQ(Ask(), "2/16");
}

TEST_F(ShareTest, ASlurmArrayMayBeginAnywhereAndGoInSteps) {
  environment_ = {{"SLURM_ARRAY_TASK_ID", "110"},
                  {"SLURM_ARRAY_TASK_MIN", "100"},
                  {"SLURM_ARRAY_TASK_STEP", "5"},
                  {"SLURM_ARRAY_TASK_COUNT", "4"}};
  EXPECT_EQ(Ask(), "2/4");
}

TEST_F(ShareTest, WhatMakesNoSenseIsRefused) {
  flags_.values["index"] = {"4"};
  flags_.values["count"] = {"4"};
  EXPECT_EQ(Ask(), "--index is 4, but the shares are numbered from 0 to 3");
  flags_.values["index"] = {"x"};
  EXPECT_EQ(Ask(), "--index must be a whole number, not \"x\"");
  flags_.values.erase("index");
  EXPECT_THAT(Ask(), HasSubstr("--count is there, but no index"));
  flags_.values["index"] = {"0"};
  flags_.values["count"] = {"0"};
  EXPECT_EQ(Ask(), "--count must be from 1 to 1000000, not 0");
}

// Whatever the number of machines, together they do each run once.
TEST(SearchPlan, TheSharesAreTheWhole) {
  const Scenario one;
  const Scenario two;
  for (const uint64_t count : {1, 2, 3, 7, 30}) {
    std::set<std::pair<const Scenario*, uint64_t>> done;
    uint64_t runs = 0;
    for (uint64_t index = 0; index < count; ++index) {
      SearchPlan plan;
      plan.scenarios = {&one, &two};
      plan.start = 100;
      plan.seeds = 10;
      plan.share = {index, count};
      runs += plan.runs();
      for (uint64_t i = 0; i < plan.runs(); ++i) {
        const uint64_t run = plan.RunAt(i);
        done.emplace(&plan.ScenarioOf(run), plan.SeedOf(run));
      }
    }
    EXPECT_EQ(runs, 20u) << count;
    EXPECT_EQ(done.size(), 20u) << count;
    std::set<uint64_t> seeds;
    for (const auto& [scenario, seed] : done) seeds.insert(seed);
    EXPECT_EQ(*seeds.begin(), 100u);
    EXPECT_EQ(*seeds.rbegin(), 119u);
  }
}

TEST(CoverageTest, SaysWhatNeverHappened) {
  Coverage coverage;
  for (const probe::Named& each : probe::Names()) coverage.rare_paths[std::string(each.name)] = 1;
  EXPECT_THAT(coverage.NeverTaken(), IsEmpty());
  coverage.rare_paths["split-vote"] = 0;
  coverage.rare_paths.erase("made-way");
  EXPECT_THAT(coverage.NeverTaken(), ElementsAre("split-vote", "made-way"));
}

TEST(CoverageTest, ListsTheCellsThatCouldBeFilled) {
  Coverage coverage;
  EXPECT_THAT(coverage.KindsMissing(), Contains("kill"));
  coverage.matrix["kill/leader/quiet"] = 3;
  EXPECT_THAT(coverage.KindsMissing(), Not(Contains("kill")));
  EXPECT_THAT(coverage.EmptyCells(), Contains("kill/leader/election"));
  EXPECT_THAT(coverage.EmptyCells(), Not(Contains("kill/leader/quiet")));
  // A candidate stands in an election, who is dead cannot be killed, and of what was never
  // injected all cells would be empty.
  EXPECT_THAT(coverage.EmptyCells(), Not(Contains("kill/candidate/quiet")));
  EXPECT_THAT(coverage.EmptyCells(), Not(Contains("kill/down/quiet")));
  EXPECT_THAT(coverage.EmptyCells(), Not(Contains("pause/leader/quiet")));
  EXPECT_THAT(coverage.Table(), HasSubstr("EMPTY"));
}

TEST(CoverageTest, SurvivesThePipe) {
  Coverage coverage{
      {{"leaders", 3}}, {{"split-vote", 1}}, {{"small-batch", 0}}, {{"kill/leader/quiet", 2}}};
  coverage.Add(Coverage::Decode(coverage.Encode()));
  EXPECT_EQ(coverage.happened["leaders"], 6u);
  EXPECT_EQ(coverage.rare_paths["split-vote"], 2u);
  EXPECT_EQ(coverage.matrix["kill/leader/quiet"], 4u);
  EXPECT_THAT(coverage.NeverTaken(), Contains("buggify/small-batch"));
}

TEST(SearchCommand, AShareOfIt) {
  const Output out = Sim("search lite --seeds 7 --index 2 --count 3");
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_THAT(out.text, HasSubstr("seeds     2, "));
  EXPECT_THAT(out.text, HasSubstr("share 2 of 3"));
}

TEST(SearchCommand, ForAWhile) {
  const Output out = Sim("search lite --for 500ms --json");
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_THAT(out.text, HasSubstr("\"verdict\":\"pass\""));
  EXPECT_THAT(out.text, HasSubstr("\"rare_paths_never\":["));
  const Output wrong = Sim("search lite --for soon");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.text, HasSubstr("--for must be a duration such as \"60s\" or \"5m\""));
}

// One seed of one scenario cannot have seen everything.
TEST(SearchCommand, ASearchThatMustCoverEverythingFailsWhenItDoesNot) {
  const Output out = Sim("search lite --seeds 1 --cover --coverage");
  EXPECT_EQ(out.code, 6) << out.text;
  EXPECT_THAT(out.text, HasSubstr("snapshot-mended"));
}

}  // namespace
}  // namespace konsul::simulator
