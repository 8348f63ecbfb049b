// Processes: how they end, and what reaches whom when they do.
#include "sim/host.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sim/sim_support.h"
#include "sim/world.h"

namespace konsul::sim {
namespace {

const env::Endpoint kServer{"10.0.0.1", 7};

class HostTest : public ::testing::Test {
 protected:
  World world_{1};
  Host& server_ = world_.AddHost("10.0.0.1");
  Host& client_ = world_.AddHost("10.0.0.2");
};

TEST_F(HostTest, AProcessEndsWhenItsFibersHave) {
  server_.Start([](env::Env env) {
    fiber::Group group(env.scheduler);
    group.Spawn("child", [&] { EXPECT_TRUE(env.Sleep(1s).ok()); });
    group.Join();
  });
  world_.RunFor(500ms);
  EXPECT_TRUE(server_.running());
  EXPECT_EQ(server_.fiber_count(), 2u);
  world_.RunFor(1s);
  EXPECT_FALSE(server_.running());
  EXPECT_EQ(server_.exits(), 1u);
  server_.Start([](env::Env) {});
  world_.RunFor(1s);
  EXPECT_EQ(server_.starts(), 2u);
}

TEST_F(HostTest, KillCancelsEveryCallAndNothingGetsOut) {
  std::vector<absl::StatusCode> codes;
  const auto note = [&](const absl::Status& status) { codes.push_back(status.code()); };
  server_.Start([&](env::Env env) {
    auto socket = env.network.Bind({"10.0.0.1", 9});
    auto file = env.disk.Open("f", env::OpenMode::kCreate);
    note(env.Sleep(1h));
    note(env.Sleep(1h));
    note((*socket)->Send({"10.0.0.2", 9}, "from the dead"));
    note((*socket)->Receive(Instant::Never()).status());
    note((*file)->WriteAt(0, "from the dead"));
    note((*file)->Sync());
    note(env.disk.Open("g", env::OpenMode::kCreate).status());
    note(env.network.Dial({"10.0.0.2", 7}, Instant::Never()).status());
    note(env.network.Listen({"10.0.0.1", 1}).status());
    note(env.scheduler.Yield());
    env.logger.Error("test", "from the dead");
  });
  bool heard = false;
  client_.Start([&](env::Env env) {
    auto socket = env.network.Bind({"10.0.0.2", 9});
    heard = (*socket)->Receive(env.After(1h)).ok();
  });
  world_.RunFor(1s);
  server_.Kill();
  EXPECT_FALSE(server_.running());
  EXPECT_EQ(codes, std::vector<absl::StatusCode>(10, absl::StatusCode::kCancelled));
  EXPECT_TRUE(server_.log().lines().empty());
  world_.RunFor(2h);
  EXPECT_FALSE(heard);
  EXPECT_EQ(server_.disk().Paths(), std::vector<std::string>{"f"});
  EXPECT_EQ(server_.disk().Content("f"), "");
}

TEST_F(HostTest, FibersSpawnedWhileDyingDieToo) {
  server_.Start([](env::Env env) {
    fiber::Group group(env.scheduler);
    (void)env.Sleep(1h);
    group.Spawn("late", [&] { (void)env.Sleep(1h); });
    group.Join();
  });
  world_.RunFor(1s);
  server_.Kill();
  EXPECT_FALSE(server_.running());
  EXPECT_EQ(world_.stacks_in_use(), 0u);
}

void KillAnImmortal() {
  World world(1);
  Host& host = world.AddHost("10.0.0.1");
  host.Start([](env::Env env) {
    fiber::WaitList never(env.scheduler);
    fiber::Group group(env.scheduler);
    group.Spawn("immortal", [&] { never.WaitUncancellable(); });
    group.Join();
  });
  world.RunFor(1s);
  host.Kill();
}

TEST(HostDeathTest, AFiberThatDoesNotDieIsNamed) {
  EXPECT_DEATH(KillAnImmortal(), "host 1 was killed but these fibers wait on: .*immortal");
}

TEST_F(HostTest, WrittenBytesSurviveAKill) {
  server_.Start([](env::Env env) {
    auto file = env.disk.Open("f", env::OpenMode::kCreate);
    EXPECT_TRUE((*file)->WriteAt(0, "written").ok());
    (void)env.Sleep(1h);
  });
  world_.RunFor(1s);
  const uint64_t boot = server_.boot_id();
  server_.Kill();
  EXPECT_EQ(server_.boot_id(), boot);
  EXPECT_EQ(server_.disk().Content("f"), "written");
}

TEST_F(HostTest, AWriteUnderWayAtAKillHappenedOrNotOrInPart) {
  int whole = 0, nothing = 0, part = 0;
  const std::string data(5000, 'x');
  for (uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed);
    Host& host = world.AddHost("10.0.0.1");
    host.Start([&](env::Env env) {
      auto file = env.disk.Open("f", env::OpenMode::kCreate);
      EXPECT_FALSE((*file)->WriteAt(0, data).ok());
    });
    ASSERT_TRUE(world.RunUntilTrue([&] { return host.disk().counters().writes == 1; }, 1s));
    host.Kill();
    const std::string content = host.disk().Content("f");
    EXPECT_EQ(content, data.substr(0, content.size()));
    ++(content.empty() ? nothing : content.size() == data.size() ? whole : part);
  }
  EXPECT_GT(whole, 5);
  EXPECT_GT(nothing, 5);
  EXPECT_GT(part, 5);
}

TEST_F(HostTest, PeersOfAKilledProcessSeeItSoon) {
  int resets = 0, ends = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    World world(seed);
    Host& server = world.AddHost("10.0.0.1");
    Host& client = world.AddHost("10.0.0.2");
    server.Start([](env::Env env) { Echo(env, kServer); });
    absl::StatusOr<size_t> got = absl::UnknownError("still waits");
    client.Start([&](env::Env env) {
      const auto stream = DialAgain(env, kServer);
      char buffer[10];
      got = stream->Read(absl::MakeSpan(buffer), Instant::Never());
    });
    world.RunFor(1s);
    EXPECT_TRUE(absl::IsUnknown(got.status()));
    server.Kill();
    world.RunFor(100ms);
    if (got.ok() && *got == 0) ++ends;
    if (absl::IsUnavailable(got.status())) ++resets;
    // And the port is free for the next process, nobody answers meanwhile.
    EXPECT_EQ(world.network().open_connections(), 0u);
  }
  EXPECT_EQ(resets + ends, 40);
  EXPECT_GT(resets, 5);
  EXPECT_GT(ends, 5);
}

TEST_F(HostTest, PeersOfAHostWithoutPowerHearNothingUntilTheyAskLongEnough) {
  server_.Start([](env::Env env) { Echo(env, kServer); });
  Time reader_ended, writer_ended;
  absl::Status dial;
  client_.Start([&](env::Env env) {
    const auto quiet = DialAgain(env, kServer);
    const auto asking = DialAgain(env, kServer);
    fiber::Group group(env.scheduler);
    group.Spawn("reader", [&] {
      char buffer[10];
      (void)quiet->Read(absl::MakeSpan(buffer), Instant::Never());
      reader_ended = world_.now();
    });
    group.Spawn("writer", [&] {
      EXPECT_TRUE(env.Sleep(2s).ok());
      EXPECT_TRUE(asking->Write("are you there?", Instant::Never()).ok());
      EXPECT_EQ(ReadBytes(*asking, 1), "");
      writer_ended = world_.now();
    });
    EXPECT_TRUE(env.Sleep(2s).ok());
    dial = env.network.Dial(kServer, Instant::Never()).status();
    group.Cancel();
    group.Join();
  });
  world_.RunFor(1s);
  server_.PowerLoss();
  EXPECT_FALSE(server_.powered());
  world_.RunFor(1min);
  EXPECT_TRUE(absl::IsUnavailable(dial)) << dial;
  EXPECT_GT(writer_ended, Time{} + 16s);
  EXPECT_LT(writer_ended, Time{} + 18s);
  // The one that only listens learns nothing; our own cancelling ended it, after the dial did.
  EXPECT_GT(reader_ended, Time{} + 17s);
}

TEST_F(HostTest, ARestartedHostResetsWhatItDoesNotKnow) {
  server_.Start([](env::Env env) { Echo(env, kServer); });
  absl::Status ended;
  client_.Start([&](env::Env env) {
    const auto stream = DialAgain(env, kServer);
    EXPECT_TRUE(env.Sleep(2s).ok());
    EXPECT_TRUE(stream->Write("hello?", Instant::Never()).ok());
    char buffer[10];
    ended = stream->Read(absl::MakeSpan(buffer), Instant::Never()).status();
  });
  world_.RunFor(1s);
  server_.PowerLoss();
  server_.Start([](env::Env env) { Echo(env, kServer); });
  world_.RunFor(1s + 100ms);
  EXPECT_TRUE(absl::IsUnavailable(ended)) << ended;
}

TEST_F(HostTest, PowerLossChangesTheBootAndTheMonotonicClockButNotTheWallClock) {
  world_.RunFor(1s);
  const uint64_t boot = server_.boot_id();
  server_.PowerLoss();
  EXPECT_NE(server_.boot_id(), boot);
  EXPECT_EQ(server_.clock().wall_error(), Duration::zero());
  EXPECT_NE(server_.clock().Now().ns, 1'000'000'000);
  server_.Start([](env::Env env) { (void)env.Sleep(1h); });
  EXPECT_TRUE(server_.powered());
  world_.RunFor(1h + 1s);
  EXPECT_EQ(server_.exits(), 1u);
}

TEST_F(HostTest, APausedProcessFindsEverythingWhenItGoesOn) {
  std::vector<std::string> got;
  Time woke;
  server_.Start([&](env::Env env) {
    fiber::Group group(env.scheduler);
    group.Spawn("sleeper", [&] {
      EXPECT_TRUE(env.Sleep(2s).ok());
      woke = world_.now();
    });
    auto socket = env.network.Bind({"10.0.0.1", 9});
    for (int i = 0; i < 5; ++i) got.push_back((*socket)->Receive(Instant::Never()).value().data);
  });
  client_.Start([](env::Env env) {
    auto socket = env.network.Bind({"10.0.0.2", 9});
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(env.Sleep(1s).ok());
      EXPECT_TRUE((*socket)->Send({"10.0.0.1", 9}, absl::StrCat(i)).ok());
    }
  });
  world_.RunFor(1500ms);
  EXPECT_EQ(got.size(), 1u);
  server_.Pause(10s);
  const Instant before = server_.clock().Now();
  world_.RunFor(9s);
  EXPECT_TRUE(server_.paused());
  EXPECT_EQ(got.size(), 1u);
  EXPECT_EQ(server_.clock().Now() - before, Duration(9s));
  world_.RunFor(2s);
  EXPECT_FALSE(server_.paused());
  EXPECT_EQ(got, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(woke, Time{} + 11500ms);
  EXPECT_FALSE(server_.running());
}

TEST_F(HostTest, APausedProcessCanBeKilledAndResumed) {
  const auto sleepy = [](env::Env env) { (void)env.Sleep(1s); };
  server_.Start(sleepy);
  client_.Start(sleepy);
  world_.RunFor(10ms);
  server_.Pause(1h);
  client_.Pause(1h);
  world_.RunFor(5s);
  server_.Kill();
  EXPECT_FALSE(server_.paused());
  client_.Resume();
  world_.RunFor(1ms);
  EXPECT_EQ(client_.exits(), 1u);
}

TEST_F(HostTest, ASlowProcessorWakesFibersLater) {
  Time answered;
  server_.Start([](env::Env env) { Echo(env, kServer); });
  client_.Start([&](env::Env env) {
    const auto stream = DialAgain(env, kServer);
    EXPECT_TRUE(stream->Write("x", Instant::Never()).ok());
    EXPECT_EQ(ReadBytes(*stream, 1), "x");
    answered = world_.now();
  });
  server_.SetSlowness(1s);
  world_.RunFor(1min);
  EXPECT_GT(answered, Time{} + 1s);
  EXPECT_LT(answered, Time{} + 1100ms);
}

TEST_F(HostTest, EveryStartGetsItsOwnRandomNumbers) {
  std::vector<uint64_t> drawn;
  for (int i = 0; i < 3; ++i) {
    server_.Start([&](env::Env env) { drawn.push_back(env.random.Next()); });
    world_.RunFor(1ms);
  }
  EXPECT_NE(drawn[0], drawn[1]);
  EXPECT_NE(drawn[1], drawn[2]);
}

TEST_F(HostTest, TheLogKeepsTheNewestLinesWithTheWorldsTime) {
  server_.log().SetCapacity(2);
  std::vector<std::string> sunk;
  server_.log().SetSink([&](const LogLine& line) { sunk.push_back(line.ToString()); });
  server_.Start([](env::Env env) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(env.Sleep(1s).ok());
      env.logger.Info("test", "tick", {{"i", i}});
      env.logger.Debug("test", "not kept");
    }
  });
  world_.RunFor(1min);
  EXPECT_EQ(server_.log().lines().size(), 2u);
  EXPECT_EQ(server_.log().lines().back().time, Time{} + 3s);
  ASSERT_EQ(sunk.size(), 3u);
  EXPECT_EQ(sunk[0], "   1.000000s h1 info  test: tick i=0");
}

}  // namespace
}  // namespace konsul::sim
