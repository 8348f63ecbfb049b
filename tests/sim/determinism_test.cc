// Two processes of one build, with different address spaces, and tracing on and off: one hash.
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_command_support.h"

namespace konsul {
namespace {

using ::testing::HasSubstr;

std::string HashOf(const std::string& arguments) {
  const Output out = Sim(absl::StrCat("run ", arguments, " --json"));
  EXPECT_EQ(out.code, 0) << out.text;
  const std::string key = "\"hash\":\"";
  const size_t at = out.text.find(key);
  return at == std::string::npos ? "" : out.text.substr(at + key.size(), 32);
}

TEST(Determinism, TwoProcessesOneHash) {
  for (const char* scenario : {"default", "five", "lite", "membership", "snapshots", "disk"}) {
    for (int seed = 1; seed <= 2; ++seed) {
      const std::string arguments = absl::StrCat(scenario, " --seed ", seed);
      const std::string hash = HashOf(arguments);
      EXPECT_EQ(hash.size(), 32u);
      EXPECT_EQ(HashOf(arguments), hash) << arguments;
    }
  }
}

TEST(Determinism, TracingChangesNothing) {
  const std::string trace = ::testing::TempDir() + "/simulator_trace.jsonl";
  EXPECT_EQ(HashOf("--seed 5 --log --trace " + trace), HashOf("--seed 5"));
  EXPECT_GT(std::filesystem::file_size(trace), 1000u);
  std::filesystem::remove(trace);
}

TEST(Determinism, APictureChangesNothing) {
  const std::string page = ::testing::TempDir() + "/simulator_picture.html";
  for (const char* arguments : {"--seed 5", "five --seed 2", "membership --seed 1"}) {
    EXPECT_EQ(HashOf(absl::StrCat(arguments, " --html ", page)), HashOf(arguments));
    // Something is in it, and a run of seconds is no burden to anybody.
    EXPECT_GT(std::filesystem::file_size(page), 100'000u);
    EXPECT_LT(std::filesystem::file_size(page), 10'000'000u);
  }
  std::filesystem::remove(page);
}

TEST(Determinism, AnotherSeedIsAnotherRun) { EXPECT_NE(HashOf("--seed 5"), HashOf("--seed 6")); }

TEST(CommandLine, WrongUsageSaysWhatAndExitsWithTwo) {
  const std::pair<const char*, const char*> cases[] = {
      {"run --sede 3", "unknown flag -sede, did you mean -seed?"},
      {"serach", "unknown command \"serach\", did you mean search?"},
      {"run defualt", "no scenario named \"defualt\", did you mean default?"},
      {"run --seed x", "--seed must be a whole number, not \"x\""},
      {"run lite --html /nowhere/run.html", "cannot write the picture to /nowhere/run.html"},
      {"search --seeds 0", "--seeds must be a whole number from 1, not \"0\""},
      {"", "Usage: konsul-sim COMMAND"},
  };
  for (const auto& [arguments, text] : cases) {
    const Output out = Sim(arguments);
    EXPECT_EQ(out.code, 2) << arguments;
    EXPECT_THAT(out.text, HasSubstr(text));
  }
}

TEST(CommandLine, ASearchPassesAndSaysHowFast) {
  const Output out = Sim("search lite --seeds 4 --jobs 2");
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_THAT(out.text, HasSubstr("seeds     4, "));
  EXPECT_THAT(out.text, HasSubstr("verdict   pass"));
}

TEST(CommandLine, AnInvalidScenarioFileIsShownWithItsPlace) {
  const std::string path = ::testing::TempDir() + "/broken_scenario.yaml";
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs("apiVersion: konsul.io/v1alpha1\nkind: Experiment\nmetadata: {name: x}\nspce: {}\n", file);
  fclose(file);
  const Output out = Sim("run " + path);
  EXPECT_EQ(out.code, 2);
  EXPECT_THAT(out.text, HasSubstr(":4:1: unknown key \"spce\" in the experiment; did you mean "
                                  "\"spec\"?"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace konsul
