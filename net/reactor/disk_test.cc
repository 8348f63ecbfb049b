// What only the kernel's file system has; the rest is in tests/contract.
#include "net/reactor/disk.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "net/reactor/errors.h"
#include "net/reactor/file_system.h"
#include "net/reactor/real_world.h"

namespace konsul::reactor {
namespace {

using ::testing::HasSubstr;

class DiskTest : public ::testing::Test {
 protected:
  void Run(std::function<void(env::Disk& disk)> body) {
    const auto env = world.MakeEnv("", NullLogger());
    ASSERT_TRUE(env.ok()) << env.status();
    world.Run([&] { body(env->disk); });
  }

  RealWorld world{{.catch_signals = false}};
};

TEST(FileErrorTest, CodesFollowTheCause) {
  const auto code = [](int error) { return FileError("open", "/d/f", error).code(); };
  EXPECT_EQ(code(ENOENT), absl::StatusCode::kNotFound);
  EXPECT_EQ(code(EEXIST), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(code(ENOSPC), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(EDQUOT), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(EACCES), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code(EROFS), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code(EIO), absl::StatusCode::kUnavailable);
  EXPECT_EQ(FileError("open", "/d/f", ENOSPC).message(), "open /d/f: No space left on device");
}

TEST_F(DiskTest, PathsStayBelowTheRoot) {
  Run([](env::Disk& disk) {
    for (const char* path : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "LOCK"}) {
      const absl::Status status = disk.Open(path, env::OpenMode::kCreate).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << path << ": " << status;
    }
    EXPECT_TRUE(absl::IsInvalidArgument(disk.Remove("")));
    EXPECT_TRUE(absl::IsInvalidArgument(
        disk.Open(std::string(5000, 'x'), env::OpenMode::kCreate).status()));
  });
}

TEST_F(DiskTest, MessagesNameTheFullPathAndTheReason) {
  Run([](env::Disk& disk) {
    const absl::Status status = disk.Open("no/file", env::OpenMode::kRead).status();
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat(disk.root(), "/no/file: No such file or directory")));
  });
}

TEST_F(DiskTest, FilesAndDirectoriesAreNotConfused) {
  Run([](env::Disk& disk) {
    ASSERT_TRUE(disk.CreateDir("d").ok());
    ASSERT_TRUE(disk.Open("f", env::OpenMode::kCreate).ok());
    ASSERT_TRUE(disk.Open("d/f", env::OpenMode::kCreate).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.Open("d", env::OpenMode::kRead).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.Open("d", env::OpenMode::kCreate).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.Open("f/x", env::OpenMode::kCreate).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.List("f").status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.CreateDir("f")));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk.Remove("d")));
    ASSERT_TRUE(disk.Remove("d/f").ok());
    EXPECT_TRUE(disk.Remove("d").ok());
  });
}

TEST_F(DiskTest, AllocateReallyTakesTheBlocks) {
  Run([](env::Disk& disk) {
    const auto file = disk.Open("f", env::OpenMode::kCreate).value();
    ASSERT_TRUE(file->WriteAt(500'000, "x").ok());  // a hole before it
    ASSERT_TRUE(file->Allocate(3'000'000).ok());
    struct stat info;
    ASSERT_EQ(stat(absl::StrCat(disk.root(), "/f").c_str(), &info), 0);
    EXPECT_EQ(info.st_size, 3'000'000);
    EXPECT_GE(info.st_blocks * 512, 3'000'000);
    EXPECT_TRUE(absl::IsInvalidArgument(file->Allocate(10)));
  });
}

TEST_F(DiskTest, AFullDiskIsResourceExhaustedAndLeavesTheSize) {
  Run([](env::Disk& disk) {
    const auto file = disk.Open("f", env::OpenMode::kCreate).value();
    ASSERT_TRUE(file->WriteAt(0, "kept").ok());
    signal(SIGXFSZ, SIG_IGN);
    rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const absl::Status allocate = file->Allocate(3'000'000);
    const absl::Status write = file->WriteAt(90'000, std::string(20'000, 'x'));
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_TRUE(absl::IsResourceExhausted(allocate)) << allocate;
    EXPECT_TRUE(absl::IsResourceExhausted(write)) << write;
    EXPECT_THAT(std::string(allocate.message()), HasSubstr(disk.root()));
    ASSERT_TRUE(file->Truncate(4).ok());
  });
}

TEST_F(DiskTest, AFileClosesWithoutHoldingUpItsFiber) {
  Run([](env::Disk& disk) {
    for (int i = 0; i < 5000; ++i) {  // more than there are descriptors, if they leaked
      ASSERT_TRUE(disk.Open("f", env::OpenMode::kCreate).ok()) << i;
    }
  });
}

TEST(RootTest, AnUnusableRootSaysWhy) {
  RealWorld world({.catch_signals = false});
  const auto under_file = world.MakeEnv("/dev/null/data", NullLogger());
  EXPECT_TRUE(absl::IsFailedPrecondition(under_file.status())) << under_file.status();
  EXPECT_THAT(std::string(under_file.status().message()), HasSubstr("/dev/null"));
  const auto read_only = world.MakeEnv("/proc/konsul", NullLogger());
  EXPECT_FALSE(read_only.ok());
  EXPECT_THAT(std::string(read_only.status().message()), HasSubstr("/proc/konsul"));
}

TEST(RootTest, IsMadeWithItsParentsAndSurvivesTheWorld) {
  const std::string base = absl::StrCat(::testing::TempDir(), "konsul-root-", getpid());
  const std::string root = absl::StrCat(base, "/a/b");
  for (const bool again : {false, true}) {
    RealWorld world({.catch_signals = false});
    const auto env = world.MakeEnv(root, NullLogger());
    ASSERT_TRUE(env.ok()) << env.status();
    world.Run([&] {
      EXPECT_EQ(env->disk.Exists("f").value(), again);
      EXPECT_TRUE(env->disk.Open("f", env::OpenMode::kCreate).ok());
    });
  }
  EXPECT_TRUE(RemoveTree(base).ok());
}

TEST(RootTest, ATemporaryRootGoesWithTheWorld) {
  std::string root;
  {
    RealWorld world({.catch_signals = false});
    const auto env = world.MakeEnv("", NullLogger());
    ASSERT_TRUE(env.ok()) << env.status();
    root = env->disk.root();
    EXPECT_EQ(access(root.c_str(), F_OK), 0);
  }
  EXPECT_NE(access(root.c_str(), F_OK), 0);
}

TEST(DirectoryLockTest, SecondProcessIsRefusedUntilTheFirstIsGone) {
  const std::string directory = absl::StrCat(::testing::TempDir(), "konsul-lock-", getpid());
  ASSERT_TRUE(MakeDirectories(directory).ok());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = LockDirectory(directory);
    const char result = lock.ok() ? 'y' : 'n';
    if (write(ready[1], &result, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char result = 0;
  ASSERT_EQ(read(ready[0], &result, 1), 1);
  EXPECT_EQ(result, 'y');
  const absl::Status refused = LockDirectory(directory).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(refused.message(), absl::StrCat("data directory ", directory,
                                            " is in use by another process (pid ", child, ")"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(LockDirectory(directory).ok());
  close(ready[0]);
  close(ready[1]);
  EXPECT_TRUE(RemoveTree(directory).ok());
}

}  // namespace
}  // namespace konsul::reactor
