#include "core/server/expirer.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/server/parts_support.h"
#include "core/state/machine_support.h"
#include "gtest/gtest.h"

namespace konsul::server {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(AttentiveClockTest, CountsWhileItIsToldAndALeaderIsKnown) {
  AttentiveClock clock;
  int64_t ms = 0;
  const auto tick = [&](int64_t after, bool known) {
    clock.Tick(Instant{(ms += after) * 1'000'000}, known);
    return clock.elapsed() / 1ms;
  };
  EXPECT_EQ(tick(0, true), 0);
  EXPECT_EQ(tick(100, true), 100);
  EXPECT_EQ(tick(5000, true), 300) << "it was asleep";
  EXPECT_EQ(tick(100, false), 300) << "nobody knows when in that time the leader went";
  EXPECT_EQ(tick(100, true), 300);
  EXPECT_EQ(tick(100, true), 400);
  EXPECT_EQ(tick(-1000, true), 400) << "the clock went back";
  clock.Pause();
  EXPECT_EQ(tick(150, true), 400);
}

TEST(DueTest, KeepsTheTimeOfWhatIsNotBegunAnew) {
  Due due;
  due.Begin("a", 1, 10s);
  due.Begin("b", 2, 5s);
  due.Begin("a", 1, 99s);
  due.Begin("b", 3, 20s);
  const auto over = [&](Duration now) {
    std::string names;
    for (const auto& each : due.Over(now, 9)) absl::StrAppend(&names, each.name, each.since, " ");
    return names;
  };
  EXPECT_EQ(over(9s), "");
  EXPECT_EQ(over(10s), "a1 ");
  EXPECT_EQ(over(20s), "a1 b3 ");
  EXPECT_EQ(due.Over(20s, 1).size(), 1u);
  due.End("a");
  due.End("c");
  EXPECT_EQ(over(20s), "b3 ");
}

// A server of one with real tables: what it proposes is applied at once.
class ExpirerTest : public PartsTest, public Consensus {
 protected:
  ExpirerTest() : watches_(scheduler) {
    world_.machine().PublishTo(watches_);
    world_.Apply(wire::Register{.node = {.name = "n"}});
  }
  ~ExpirerTest() override { Stop(); }

  absl::StatusOr<std::string> Execute(std::string command, Instant) override {
    if (!reachable_) return absl::UnavailableError("No cluster leader");
    ++proposals_;
    return wire::EncodeCommandResult(world_.Apply(*wire::DecodeCommand(command)));
  }
  absl::StatusOr<ReadPoint> ReadBarrier(Consistency, Instant) override { return ReadPoint(); }
  std::string LeaderAddress() const override { return ""; }
  std::vector<std::string> PeerAddresses() const override { return {}; }

  void Start(uint32_t drift_max_ppm = 50'000) {
    group_ = std::make_unique<fiber::Group>(scheduler);
    expirer_ = std::make_unique<Expirer>(
        Expirer::World{clock, scheduler, logger_}, *this, world_.store(), watches_,
        [this] { return office_; }, drift_max_ppm);
    group_->Spawn("expirer", [this] { expirer_->Run(); });
    Run(clock.now);
  }
  void Stop() {
    if (group_ == nullptr) return;
    group_->Cancel();
    Run(clock.now);
    group_.reset();
  }
  // As it passes for a server that runs.
  void Pass(Duration d) {
    const Instant end = clock.now + d;
    while (clock.now < end) Run(std::min(end, clock.now + 20ms));
  }
  void Create(char digit, uint64_t ttl_s, uint64_t lock_delay_s = 0) {
    const std::string id = state::SessionId(digit);
    ASSERT_TRUE(world_
                    .Apply(wire::SessionCreate{{.id = id,
                                                .node = "n",
                                                .lock_delay = lock_delay_s * kSecond,
                                                .ttl = ttl_s * kSecond}})
                    .success);
  }
  void Renew(char digit) { world_.Apply(wire::SessionRenew{state::SessionId(digit)}); }
  bool Lives(char digit) {
    return state::FindSession(*world_.store().Read(), state::SessionId(digit))->has_value();
  }

  class Quiet final : public Logger {
    bool Enabled(LogLevel) const override { return false; }
    void Write(LogLevel, absl::string_view, absl::string_view,
               absl::Span<const LogField>) override {}
  };

  Quiet logger_;
  state::MachineWorld world_;
  state::WatchIndex watches_;
  Expirer::Office office_{.is_leader = true, .leader_known = true};
  bool reachable_ = true;
  int proposals_ = 0;
  std::unique_ptr<Expirer> expirer_;
  std::unique_ptr<fiber::Group> group_;
};

TEST_F(ExpirerTest, ASessionEndsAfterItsTtlAndAMargin) {
  Start();
  Create('1', 10);
  Create('2', 0);
  Pass(10s);
  EXPECT_TRUE(Lives('1'));
  Pass(1s);
  EXPECT_FALSE(Lives('1'));
  EXPECT_TRUE(Lives('2'));
  EXPECT_EQ(proposals_, 1);
}

TEST_F(ExpirerTest, ARenewalBeginsItAnew) {
  Start();
  Create('1', 10);
  Pass(9s);
  Renew('1');
  Pass(10s);
  EXPECT_TRUE(Lives('1'));
  Pass(1s);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, AFollowerCountsAndTheNextLeaderGoesOn) {
  office_.is_leader = false;
  Start();
  Create('1', 10);
  Pass(9s);
  for (int election = 0; election < 5; ++election) {
    office_.is_leader = true;
    Pass(100ms);
    office_.is_leader = false;
    Pass(100ms);
  }
  EXPECT_EQ(proposals_, 0);
  EXPECT_TRUE(Lives('1'));
  office_.is_leader = true;
  Pass(1s);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, ASleepOfTheProcessIsNotHeldAgainstClients) {
  Start();
  Create('1', 10);
  Pass(5s);
  Run(clock.now + 60s);
  EXPECT_TRUE(Lives('1'));
  Pass(4500ms);
  EXPECT_TRUE(Lives('1'));
  Pass(1500ms);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, NorIsALateTickThatItBeganIn) {
  Start(0);
  Create('1', 100);
  Pass(1s);
  clock.now = clock.now + 190ms;
  Create('2', 1);
  Pass(990ms);
  EXPECT_TRUE(Lives('2'));
  Pass(400ms);
  EXPECT_FALSE(Lives('2'));
}

TEST_F(ExpirerTest, NorIsATimeWithoutALeader) {
  Start();
  Create('1', 10);
  Pass(5s);
  office_ = {.is_leader = false, .leader_known = false};
  Pass(60s);
  office_ = {.is_leader = true, .leader_known = true};
  Pass(4500ms);
  EXPECT_TRUE(Lives('1'));
  Pass(1500ms);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, WhatCouldNotBeProposedIsProposedAgain) {
  Start();
  Create('1', 10);
  reachable_ = false;
  Pass(20s);
  EXPECT_TRUE(Lives('1'));
  reachable_ = true;
  Pass(100ms);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, ALockDelayEndsToo) {
  Start();
  Create('1', 0, 5);
  const std::string id = state::SessionId('1');
  world_.Apply(wire::KvOp{wire::KvVerb::kLock, "k", "", 0, 0, id});
  world_.Apply(wire::SessionDestroy{id});
  Create('2', 0);
  const std::string next = state::SessionId('2');
  const wire::KvOp lock{wire::KvVerb::kLock, "k", "", 0, 0, next};
  Pass(5s);
  EXPECT_EQ(world_.Say(lock), "no");
  Pass(600ms);
  EXPECT_EQ(world_.Say(lock), "ok");
}

TEST_F(ExpirerTest, AShortLockDelayIsShort) {
  Start();
  Create('1', 100);
  Pass(50ms);
  Create('2', 0);
  const std::string next = state::SessionId('2');
  const wire::KvOp lock{wire::KvVerb::kLock, "k", "", 0, 0, next};
  ASSERT_TRUE(world_
                  .Apply(wire::SessionCreate{
                      {.id = state::SessionId('3'), .node = "n", .lock_delay = kSecond / 1000}})
                  .success);
  world_.Apply(wire::KvOp{wire::KvVerb::kLock, "k", "", 0, 0, state::SessionId('3')});
  world_.Apply(wire::SessionDestroy{state::SessionId('3')});
  Run(clock.now);
  EXPECT_EQ(world_.Say(lock), "no");
  Run(clock.now + 1ms);
  EXPECT_EQ(world_.Say(lock), "no") << "the clock may run fast";
  Run(clock.now + 50us);
  EXPECT_EQ(world_.Say(lock), "ok");
}

TEST_F(ExpirerTest, ARestartedServerBeginsAnewFromTheTables) {
  Create('1', 10);
  Start();
  Pass(9s);
  Stop();
  Start();
  Pass(10s);
  EXPECT_TRUE(Lives('1'));
  Pass(1s);
  EXPECT_FALSE(Lives('1'));
}

TEST_F(ExpirerTest, NothingToDoCostsNothing) {
  Start();
  EXPECT_EQ(scheduler.NextDeadline(), Instant::Never());
  Create('1', 10);
  Pass(15s);
  EXPECT_EQ(scheduler.NextDeadline(), Instant::Never());
}

}  // namespace
}  // namespace konsul::server
