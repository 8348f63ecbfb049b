// The scenarios of regressions/: what was found once, shrunk, and kept. Each passes now. That it
// would still find its bug is checked where the bug can be planted (mutants.sh).
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/cluster/runner.h"

namespace konsul::cluster {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(KONSUL_SOURCE_DIR "/tests/sim/regressions")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().stem().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Regression : public ::testing::TestWithParam<std::string> {};

TEST_P(Regression, Passes) {
  const std::string path =
      absl::StrCat(KONSUL_SOURCE_DIR, "/tests/sim/regressions/", GetParam(), ".yaml");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto experiment = chaos::ParseExperiment(text.str(), path);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const std::string scratch =
      absl::StrCat(::testing::TempDir(), "/regression-", GetParam(), "-", ::getpid());
  fs::create_directories(scratch);
  RunOptions options;
  options.seed = experiment->seed.value();
  options.scratch = scratch;
  const Report report = RunExperiment(*experiment, options);
  fs::remove_all(scratch);
  EXPECT_EQ(report.verdict, Verdict::kPass)
      << report.findings[0].oracle << ": " << report.findings[0].text;
}

INSTANTIATE_TEST_SUITE_P(Kept, Regression, ::testing::ValuesIn(Files()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace konsul::cluster
