#include "cmd/agent/pid_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

class PidFileTest : public ::testing::Test {
 protected:
  ~PidFileTest() override { std::filesystem::remove(path_); }

  std::string Content() {
    std::ifstream file(path_);
    std::string text;
    std::getline(file, text);
    return text;
  }

  std::string path_ = absl::StrCat(testing::TempDir(), "/konsul-", getpid(), ".pid");
};

TEST_F(PidFileTest, LivesAsLongAsItsOwner) {
  {
    auto file = PidFile::Create(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(Content(), absl::StrCat(getpid()));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(PidFileTest, RefusesWhileAnotherOfOurProgramLives) {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  std::ofstream(path_) << child << "\n";
  auto file = PidFile::Create(path_);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(file.status().message()),
              testing::HasSubstr(absl::StrCat("a running konsul, process ", child)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(PidFile::Create(path_).ok()) << "what a dead one left is replaced";
}

TEST_F(PidFileTest, ReplacesOneThatHasEndedAndThatNobodyWaitedFor) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  std::ofstream(path_) << child << "\n";
  EXPECT_TRUE(PidFile::Create(path_).ok());
  waitpid(child, nullptr, 0);
}

TEST_F(PidFileTest, ReplacesGarbageAndForeignProcesses) {
  std::ofstream(path_) << "garbage";
  EXPECT_TRUE(PidFile::Create(path_).ok());
  std::ofstream(path_) << "1\n";
  EXPECT_TRUE(PidFile::Create(path_).ok());
}

TEST_F(PidFileTest, LeavesTheFileOfASuccessorAlone) {
  {
    auto file = PidFile::Create(path_);
    ASSERT_TRUE(file.ok());
    std::ofstream(path_) << "1\n";
  }
  EXPECT_EQ(Content(), "1");
}

TEST_F(PidFileTest, SaysWhereItCannotWrite) {
  auto file = PidFile::Create("/nowhere/k.pid");
  EXPECT_THAT(std::string(file.status().message()),
              testing::HasSubstr("/nowhere/k.pid cannot be written"));
}

}  // namespace
}  // namespace konsul::agent
