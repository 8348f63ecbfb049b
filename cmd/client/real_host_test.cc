#include "cmd/client/real_host.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace konsul::client {
namespace {

class RealHostTest : public ::testing::Test {
 protected:
  ~RealHostTest() override { std::remove(path.c_str()); }

  // Runs a shell line to its end; its exit code.
  absl::StatusOr<int> Sh(const std::string& line, ChildSpec spec = {}) {
    spec.words = {"sh", "-c", line};
    absl::StatusOr<int> code;
    world.Run([&] {
      auto child = host.Start(spec);
      code = child.ok() ? (*child)->Wait(Instant::Never()) : child.status();
    });
    return code;
  }
  std::string Written() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path = absl::StrCat(::testing::TempDir(), "/real_host.", getpid());
  reactor::RealWorld world{{.io_threads = 1, .catch_signals = true}};
  RealHost host{world};
};

TEST_F(RealHostTest, TellsHowItEnded) {
  EXPECT_EQ(*Sh("exit 0"), 0);
  EXPECT_EQ(*Sh("exit 7"), 7);
  EXPECT_EQ(*Sh("kill -KILL $$"), 128 + SIGKILL);
}

TEST_F(RealHostTest, ItsSignalsAreNotBlocked) {
  EXPECT_EQ(*Sh("kill -TERM $$; exit 3"), 128 + SIGTERM);
}

TEST_F(RealHostTest, GivesInputAndVariables) {
  setenv("KONSUL_TEST_VALUE", "before", 1);
  const std::string big(300'000, 'x');
  EXPECT_EQ(*Sh(absl::StrCat("cat > ", path), {.input = big}), 0);
  EXPECT_EQ(Written(), big);
  EXPECT_EQ(*Sh(absl::StrCat("echo $KONSUL_TEST_VALUE > ", path),
                {.environment = {{"KONSUL_TEST_VALUE", "ours"}}}),
            0);
  EXPECT_EQ(Written(), "ours\n");
  EXPECT_EQ(*Sh("read x"), 1) << "nothing to read";
}

TEST_F(RealHostTest, AProgramThatIsNotThere) {
  world.Run([&] {
    const auto child = host.Start({.words = {"/nowhere/program"}});
    EXPECT_TRUE(absl::StrContains(child.status().message(), "Cannot run /nowhere/program: No such"))
        << child.status();
  });
}

TEST_F(RealHostTest, SignalsReachWhatItStarted) {
  world.Run([&] {
    auto child = host.Start({.words = {"sh", "-c", "sleep 1000; true"}});
    ASSERT_TRUE(child.ok());
    EXPECT_TRUE(absl::IsDeadlineExceeded((*child)->Wait(world.clock().Now() + 50ms).status()));
    (*child)->Signal(SIGTERM);
    EXPECT_EQ(*(*child)->Wait(Instant::Never()), 128 + SIGTERM);
  });
}

}  // namespace
}  // namespace konsul::client
