// Requests that wait without a fiber, and the connections they are on.
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"

namespace konsul::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kPark[] = "GET /park HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::string Reply(absl::string_view body) {
  return absl::StrCat(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ", body.size(),
      "\r\n\r\n", body);
}
std::string LastReply(absl::string_view body) {
  return absl::StrCat(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
      "Content-Length: ",
      body.size(), "\r\n\r\n", body);
}

// "/park" waits until `gate` is woken with `open` set, or for a minute.
class ParkingTest : public ::testing::Test {
 protected:
  struct Memory : Parked {
    explicit Memory(int& alive_in) : alive(alive_in) { ++alive; }
    ~Memory() override { --alive; }
    int& alive;
    int runs = 0;
  };

  void SetUp() override { options.send_date = false; }
  void Start() {
    server.emplace(world.env, options, [this](const Request& request) { return Handle(request); });
    world.group.Spawn("serve",
                      [this] { server->Serve(world.network.Listen(at).value()).IgnoreError(); });
    world.Run();
    base_fibers = world.scheduler.fiber_count();
  }
  Response Handle(const Request& request) {
    ++handled;
    if (request.path != "/park") return Response::Text(200, request.path);
    auto memory = std::static_pointer_cast<Memory>(request.parked);
    if (memory == nullptr) {
      memory = std::make_shared<Memory>(alive);
      memory->deadline = world.env.After(60s);
    }
    if (++memory->runs > 1 && slow) slow_gate.Wait().IgnoreError();
    if (wake_in_handler) {
      wake_in_handler = false;
      memory->wakes = std::make_unique<fiber::Continuation>(world.scheduler);
      memory->wakes->WaitIn(gate);
      gate.WakeAll();
    } else if (!open && !memory->answer_now && world.clock.now < memory->deadline) {
      memory->wakes = std::make_unique<fiber::Continuation>(world.scheduler);
      memory->wakes->WaitIn(gate);
    } else {
      return Response::Text(200, absl::StrCat("parked ", memory->runs));
    }
    Response response;
    response.parked = memory;
    return response;
  }
  void Wake() {
    gate.WakeAll();
    world.Run();
  }

  struct Peer {
    explicit Peer(ParkingTest& t) : test(t) {
      stream = test.world.network.Dial(test.at, Instant::Never()).value();
      test.world.Run();
    }
    ~Peer() { Close(); }
    void Close() {
      stream->Close();
      test.world.Run();
    }
    void Send(absl::string_view bytes) {
      test.world.group.Spawn("send", [this, text = std::string(bytes)] {
        stream->Write(text, Instant::Never()).IgnoreError();
      });
      test.world.Run();
    }
    // What has come since last time; "|" for the end.
    std::string Got() {
      std::string got;
      test.world.group.Spawn("peer", [&] {
        char buffer[4096];
        while (true) {
          const auto n = stream->Read(absl::MakeSpan(buffer), test.world.clock.now);
          if (n.ok() && *n > 0) {
            got.append(buffer, *n);
            continue;
          }
          if (n.ok()) got.push_back('|');
          return;
        }
      });
      test.world.RunFor(0s);
      return got;
    }
    ParkingTest& test;
    std::unique_ptr<env::Stream> stream;
  };

  MemoryWorld world;
  env::Endpoint at{"10.0.0.1", 8500};
  ServerOptions options;
  fiber::WaitList gate{world.scheduler};
  fiber::WaitList slow_gate{world.scheduler};
  bool slow = false;  // a second look takes as long as slow_gate
  bool open = false;
  bool wake_in_handler = false;
  int handled = 0;
  int alive = 0;
  size_t base_fibers = 0;
  std::optional<Server> server;

  void TearDown() override {
    world.OnFiber([&] { server->Stop(Instant::Past()).IgnoreError(); });
    EXPECT_EQ(alive, 0);
    EXPECT_TRUE(gate.empty());
  }
};

TEST_F(ParkingTest, WaitsWithoutAFiberAndIsAnsweredWhenItIsWoken) {
  Start();
  Peer peer(*this);
  peer.Send(kPark);
  EXPECT_EQ(world.scheduler.fiber_count(), base_fibers);
  EXPECT_EQ(server->parked_count(), 1u);
  EXPECT_EQ(server->request_bytes(), 0u);
  EXPECT_EQ(peer.Got(), "");
  Wake();
  EXPECT_EQ(peer.Got(), "") << "a wake-up is only a hint";
  open = true;
  Wake();
  EXPECT_EQ(peer.Got(), Reply("parked 3"));
  EXPECT_EQ(server->stats().requests, 1u);
  EXPECT_EQ(server->connection_count(), 1u);
}

TEST_F(ParkingTest, IsAnsweredAtItsDeadline) {
  Start();
  Peer peer(*this);
  peer.Send(kPark);
  world.RunFor(59s);
  EXPECT_EQ(peer.Got(), "");
  world.RunFor(2s);
  EXPECT_EQ(peer.Got(), Reply("parked 2"));
}

TEST_F(ParkingTest, TheConnectionGoesOnAndHoldsNoFiberBetweenItsRequests) {
  Start();
  Peer peer(*this);
  for (int i = 0; i < 3; ++i) {
    open = false;
    peer.Send(kPark);
    open = true;
    Wake();
    EXPECT_EQ(peer.Got(), Reply("parked 2"));
    EXPECT_EQ(world.scheduler.fiber_count(), base_fibers);
    peer.Send(kGet);
    EXPECT_EQ(peer.Got(), Reply("/a"));
    EXPECT_EQ(world.scheduler.fiber_count(), base_fibers);
  }
  EXPECT_EQ(server->request_bytes(), 0u);
  world.RunFor(119s);
  EXPECT_EQ(peer.Got(), "");
  world.RunFor(2s);
  EXPECT_EQ(peer.Got(), "|") << "the idle time-out";
  EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(ParkingTest, AWakeUpThatComesBeforeItIsParkedIsNotLost) {
  Start();
  Peer peer(*this);
  wake_in_handler = true;
  open = true;
  peer.Send(kPark);
  EXPECT_EQ(peer.Got(), Reply("parked 2"));
}

TEST_F(ParkingTest, EarlierRepliesLeaveBeforeItWaits) {
  Start();
  Peer peer(*this);
  peer.Send(absl::StrCat(kGet, kPark));
  EXPECT_EQ(peer.Got(), Reply("/a"));
}

TEST_F(ParkingTest, RequestsBehindItWaitTheirTurn) {
  Start();
  Peer peer(*this), later(*this);
  peer.Send(absl::StrCat(kPark, kGet));
  later.Send(kPark);
  later.Send(absl::StrCat(kGet, "GET /b HT"));
  later.Send("TP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.Got(), "");
  EXPECT_EQ(later.Got(), "");
  EXPECT_EQ(world.scheduler.fiber_count(), base_fibers);
  open = true;
  Wake();
  EXPECT_EQ(peer.Got(), Reply("parked 2") + Reply("/a"));
  const std::string got = later.Got();
  EXPECT_THAT(got, HasSubstr("parked"));
  EXPECT_THAT(got, EndsWith(Reply("/a") + Reply("/b")));
}

TEST_F(ParkingTest, AClientThatHangsUpFreesIt) {
  Start();
  {
    Peer peer(*this);
    peer.Send(kPark);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(server->connection_count(), 0u);
  EXPECT_EQ(server->parked_count(), 0u);
  EXPECT_EQ(handled, 1) << "nothing was asked for him again";
}

TEST_F(ParkingTest, AClientThatHangsUpWithMoreRequestsSentFreesItAtTheLatestAtTheDeadline) {
  Start();
  {
    Peer peer(*this);
    peer.Send(absl::StrCat(kPark, kGet));
  }
  world.RunFor(61s);
  EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(ParkingTest, ParkedConnectionsLeaveOthersTheirPlace) {
  options.connections_max = 1;
  Start();
  Peer a(*this), b(*this);
  EXPECT_THAT(b.Got(), HasSubstr("503"));
  a.Send(kPark);
  Peer c(*this);
  c.Send(kGet);
  EXPECT_EQ(c.Got(), Reply("/a"));
}

TEST_F(ParkingTest, BeyondTheLimitRequestsAreAnsweredAtOnce) {
  options.parked_max = 1;
  Start();
  Peer a(*this), b(*this);
  a.Send(kPark);
  b.Send(kPark);
  EXPECT_EQ(a.Got(), "");
  EXPECT_EQ(b.Got(), Reply("parked 2"));
  EXPECT_EQ(server->parked_count(), 1u);
}

TEST_F(ParkingTest, ManyWokenAtOnceTakeTurns) {
  options.resumed_max = 2;
  Start();
  std::deque<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.emplace_back(*this).Send(kPark);
  Peer other(*this);
  open = slow = true;
  Wake();
  EXPECT_EQ(world.scheduler.fiber_count(), base_fibers + 1 + 2);  // other's, and two
  other.Send(kGet);
  EXPECT_EQ(other.Got(), Reply("/a")) << "others are served meanwhile";
  for (int i = 0; i < 3; ++i) {
    slow_gate.WakeAll();
    world.Run();
  }
  for (Peer& peer : peers) EXPECT_EQ(peer.Got(), Reply("parked 2"));
}

TEST_F(ParkingTest, StopAnswersThem) {
  options.drain_grace = 100ms;
  Start();
  Peer a(*this), idle(*this);
  idle.Send(kPark);
  open = true;
  Wake();
  EXPECT_EQ(idle.Got(), Reply("parked 2"));
  open = false;
  a.Send(kPark);
  absl::Status stopped = absl::UnknownError("not yet");
  world.group.Spawn("stop", [&] { stopped = server->Stop(world.env.After(10s)); });
  world.Run();
  EXPECT_EQ(a.Got(), LastReply("parked 2") + "|");
  EXPECT_EQ(server->connection_count(), 1u) << "the idle one has its grace";
  idle.Send(kPark);
  EXPECT_EQ(idle.Got(), LastReply("parked 2") + "|") << "and nobody waits any more";
  world.RunFor(1s);
  EXPECT_TRUE(stopped.ok()) << stopped;
}

TEST_F(ParkingTest, StopEndsIdleOnesAfterTheGrace) {
  options.drain_grace = 100ms;
  Start();
  Peer idle(*this);
  open = true;
  wake_in_handler = true;
  idle.Send(kPark);
  EXPECT_EQ(idle.Got(), Reply("parked 2"));
  absl::Status stopped = absl::UnknownError("not yet");
  world.group.Spawn("stop", [&] { stopped = server->Stop(world.env.After(10s)); });
  world.RunFor(1s);
  EXPECT_TRUE(stopped.ok()) << stopped;
}

TEST_F(ParkingTest, AKilledProcessLeavesNothingBehind) {
  Start();
  Peer a(*this), b(*this);
  a.Send(kPark);
  b.Send(absl::StrCat(kPark, kGet));
  world.scheduler.CancelAll();
  world.Run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(world.scheduler.fiber_count(), 0u);
  EXPECT_EQ(world.scheduler.continuation_count(), 0u);
}

}  // namespace
}  // namespace konsul::http
