// Runs testdata/*.txt. KONSUL_REWRITE=1 in the environment writes what came out into the files;
// read the difference before it is committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/raft/transcript_support.h"

namespace konsul::raft::testing {
namespace {

const char* const kFolder = KONSUL_SOURCE_DIR "/core/raft/testdata";

// The story again, with what really came out. A block is: prose lines "# ...", commands, "----",
// output; blank lines part the blocks.
std::string Retell(const std::string& story) {
  Transcript transcript;
  std::string told;
  std::string output;
  bool in_output = false;
  const std::vector<std::string> lines = absl::StrSplit(story, '\n');
  for (const std::string& line : lines) {
    if (in_output && !line.empty()) continue;  // what was expected
    in_output = line == "----";
    if (!line.empty() && !in_output && !absl::StartsWith(line, "#")) {
      absl::StrAppend(&output, transcript.Run(line));
    }
    absl::StrAppend(&told, line, "\n");
    if (in_output) absl::StrAppend(&told, std::exchange(output, ""));
  }
  told.pop_back();  // the split made one line more than there are
  return told;
}

class TranscriptTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TranscriptTest, ReadsAsBefore) {
  const std::string path = absl::StrCat(kFolder, "/", GetParam(), ".txt");
  std::stringstream story;
  story << std::ifstream(path).rdbuf();
  const std::string told = Retell(story.str());
  if (std::getenv("KONSUL_REWRITE") != nullptr) {
    std::ofstream(path) << told;
  } else {
    EXPECT_EQ(story.str(), told);
  }
}

std::vector<std::string> Stories() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() == ".txt") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Stories, TranscriptTest, ::testing::ValuesIn(Stories()),
                         [](const auto& story) { return story.param; });

}  // namespace
}  // namespace konsul::raft::testing
