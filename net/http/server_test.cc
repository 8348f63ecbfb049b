#include "net/http/server.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { options.send_date = false; }

  void Start() {
    server.emplace(world.env, options, [this](const Request& request) { return Handle(request); });
    world.group.Spawn("serve", [this] {
      serve_status = server->Serve(world.network.Listen(at).value());
      served = true;
    });
    world.Run();
  }

  // "/wait" suspends until `release`, "/sleep" for a second; everything is echoed.
  Response Handle(const Request& request) {
    ++handled;
    if (request.path == "/wait") gate.Wait().IgnoreError();
    if (request.path == "/sleep") world.env.Sleep(1s).IgnoreError();
    Response response = Response::Text(
        200, absl::StrCat(request.method, " ", request.path, " ", request.body, "\n"));
    response.close = request.HasQuery("close");
    return response;
  }

  // One conversation: sends, lets it work, collects what came back.
  struct Peer {
    explicit Peer(ServerTest& t) : test(t) {
      stream = test.world.network.Dial(test.at, Instant::Never()).value();
      test.world.group.Spawn("peer", [this] {
        std::vector<char> buffer(4096);
        while (true) {
          const auto n = stream->Read(absl::MakeSpan(buffer), Instant::Never());
          if (!n.ok() || *n == 0) {
            ended = true;
            end = n.status();
            return;
          }
          got.append(buffer.data(), *n);
          ++reads;
        }
      });
      test.world.Run();
    }
    ~Peer() {
      stream->Close();
      test.world.Run();
    }
    void Send(absl::string_view bytes) {
      test.world.group.Spawn("send", [this, text = std::string(bytes)] {
        send_status = stream->Write(text, Instant::Never());
      });
      test.world.Run();
    }

    ServerTest& test;
    std::unique_ptr<env::Stream> stream;
    std::string got;
    int reads = 0;
    bool ended = false;
    absl::Status end;
    absl::Status send_status;
  };

  void TearDown() override {
    if (!server) return;
    world.OnFiber([&] {
      server->Stop(world.env.After(1s)).IgnoreError();
      server.reset();
    });
    EXPECT_EQ(world.scheduler.fiber_count(), 0u);
  }

  static std::string Reply(absl::string_view body, absl::string_view extra = "") {
    return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n", extra,
                        "Content-Length: ", body.size(), "\r\n\r\n", body);
  }

  MemoryWorld world;
  env::Endpoint at{"127.0.0.1", 8500};
  ServerOptions options;
  fiber::WaitList gate{world.scheduler};
  int handled = 0;
  std::optional<Server> server;
  absl::Status serve_status;
  bool served = false;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  Peer peer(*this);
  peer.Send(kGet);
  EXPECT_EQ(peer.got, Reply("GET /a \n"));
  peer.Send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy");
  EXPECT_EQ(peer.got, Reply("GET /a \n") + Reply("PUT /b xy\n"));
  EXPECT_FALSE(peer.ended);
}

TEST_F(ServerTest, SendsTheDate) {
  options.send_date = true;
  Start();
  Peer peer(*this);
  peer.Send(kGet);
  EXPECT_THAT(peer.got, HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  world.RunFor(3s);
  peer.Send(kGet);
  EXPECT_THAT(peer.got, HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:40 GMT\r\n"));
}

TEST_F(ServerTest, PipelinedRepliesLeaveInOneWrite) {
  Start();
  Peer peer(*this);
  std::string requests, replies;
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&requests, "GET /", i, " HTTP/1.1\r\nHost: h\r\n\r\n");
    absl::StrAppend(&replies, Reply(absl::StrCat("GET /", i, " \n")));
  }
  peer.Send(requests);
  EXPECT_EQ(peer.got, replies);
  EXPECT_EQ(world.network.accepted.at(0)->writes(), 1u);
}

TEST_F(ServerTest, AReplyDoesNotWaitForASlowRequestBehindIt) {
  Start();
  Peer peer(*this);
  peer.Send(absl::StrCat(kGet, kGet, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n", kGet));
  EXPECT_EQ(handled, 3);
  EXPECT_EQ(peer.got, Reply("GET /a \n") + Reply("GET /a \n"));
  gate.WakeAll();
  world.Run();
  EXPECT_THAT(peer.got, EndsWith(Reply("GET /wait \n") + Reply("GET /a \n")));
}

TEST_F(ServerTest, PipeliningWithoutEndLeavesOthersTheirTurn) {
  Start();
  Peer greedy(*this), modest(*this);
  std::string many;
  for (int i = 0; i < 1000; ++i) many.append(kGet);
  int handled_before_modest = -1;
  world.group.Spawn("watch", [&] {
    while (modest.got.empty()) ASSERT_TRUE(world.scheduler.Yield().ok());
    handled_before_modest = handled;
  });
  world.group.Spawn("send", [&] {
    ASSERT_TRUE(greedy.stream->Write(many, Instant::Never()).ok());
    ASSERT_TRUE(modest.stream->Write(kGet, Instant::Never()).ok());
  });
  world.Run();
  EXPECT_EQ(handled, 1001);
  EXPECT_LT(handled_before_modest, 300);
}

TEST_F(ServerTest, HeadHasLengthButNoBody) {
  Start();
  Peer peer(*this);
  peer.Send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(peer.got, EndsWith("Content-Length: 9\r\n\r\n"));
}

TEST_F(ServerTest, ConnectionCloseAndHttp10) {
  Start();
  Peer close(*this);
  close.Send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(close.got, Reply("GET /a \n", "Connection: close\r\n"));
  EXPECT_TRUE(close.ended && close.end.ok());

  Peer old(*this);
  old.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.got, Reply("GET /a \n", "Connection: close\r\n"));
  EXPECT_TRUE(old.ended);

  Peer old_keep(*this);
  old_keep.Send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old_keep.got, Reply("GET /a \n", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(old_keep.ended);

  Peer asked(*this);
  asked.Send("GET /a?close HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(asked.got, Reply("GET /a \n", "Connection: close\r\n"));
  EXPECT_TRUE(asked.ended);
}

TEST_F(ServerTest, AnswersAClientThatHasClosedItsSide) {
  Start();
  Peer peer(*this);
  peer.Send("GET /sleep HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.stream->CloseWrite();
  world.RunFor(2s);
  EXPECT_EQ(peer.got, Reply("GET /sleep \n"));
  EXPECT_TRUE(peer.ended && peer.end.ok());
}

TEST_F(ServerTest, ChunkedBody) {
  Start();
  Peer peer(*this);
  peer.Send("PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n");
  EXPECT_EQ(peer.got, "");
  peer.Send("1\r\nz\r\n0\r\n\r\n");
  EXPECT_EQ(peer.got, Reply("PUT /b xyz\n"));
}

TEST_F(ServerTest, Expect100Continue) {
  Start();
  Peer peer(*this);
  peer.Send("PUT /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(peer.got, "HTTP/1.1 100 Continue\r\n\r\n");
  peer.Send("xy");
  EXPECT_EQ(peer.got, "HTTP/1.1 100 Continue\r\n\r\n" + Reply("PUT /b xy\n"));

  Peer large(*this);
  large.Send(
      "PUT /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 524289\r\n\r\n");
  EXPECT_THAT(large.got, StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(handled, 1);
}

TEST_F(ServerTest, TooLargeIsToldToAClientThatKeepsSending) {
  Start();
  Peer peer(*this);
  peer.Send(absl::StrCat("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n",
                         std::string(1000000, 'x')));
  EXPECT_TRUE(peer.send_status.ok()) << peer.send_status;
  peer.stream->CloseWrite();
  world.Run();
  EXPECT_THAT(peer.got, StartsWith("HTTP/1.1 413 Request Entity Too Large\r\n"));
  EXPECT_THAT(peer.got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(peer.got, EndsWith("Request body(1000000 bytes) too large, max size: 524288 bytes."));
  EXPECT_TRUE(peer.ended && peer.end.ok()) << peer.end;
  EXPECT_EQ(handled, 0);
}

TEST_F(ServerTest, AnEndlessBodyIsCutOff) {
  Start();
  Peer peer(*this);
  peer.Send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
  int sends = 0;
  while (sends < 100 && peer.send_status.ok()) {
    peer.Send(std::string(100'000, 'x'));
    ++sends;
  }
  EXPECT_LT(sends, 50);
  EXPECT_TRUE(peer.ended);
  EXPECT_FALSE(peer.send_status.ok());
  EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(ServerTest, GarbageGetsAClearAnswer) {
  Start();
  for (const auto& [bytes, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {std::string("\x16\x03\x01\x02\x00\x01", 6), "TLS handshake"},
           {"hello\n", "CR LF"},
           {"GET / HTTP/1.1\r\n\r\n", "missing Host"},
           {"GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n", "unprintable"}}) {
    Peer peer(*this);
    peer.Send(absl::StrCat(kGet, bytes, "trailing bytes"));
    world.RunFor(3s);
    EXPECT_THAT(peer.got, StartsWith(Reply("GET /a \n") + "HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(peer.got, HasSubstr("Bad Request: "));
    EXPECT_THAT(peer.got, HasSubstr(want));
    EXPECT_TRUE(peer.ended);
  }
  EXPECT_EQ(server->stats().malformed, 4u);
}

TEST_F(ServerTest, LongHeadersAre431) {
  Start();
  Peer peer(*this);
  peer.Send(absl::StrCat("GET /a HTTP/1.1\r\nHost: h\r\nX: ", std::string(40'000, 'x')));
  EXPECT_THAT(peer.got, StartsWith("HTTP/1.1 431 "));
}

// A byte now and then does not keep a connection.
TEST_F(ServerTest, SlowHeadersTimeOut) {
  Start();
  Peer peer(*this);
  const std::string text = kGet;
  for (int i = 0; i < 9; ++i) {
    peer.Send(text.substr(static_cast<size_t>(i), 1));
    world.RunFor(1s);
    EXPECT_FALSE(peer.ended);
  }
  world.RunFor(1s);
  EXPECT_THAT(peer.got, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(peer.ended);
  EXPECT_EQ(server->stats().timed_out, 1u);
}

TEST_F(ServerTest, SlowBodyTimesOut) {
  Start();
  Peer peer(*this);
  peer.Send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 29; ++i) {
    world.RunFor(1s);
    EXPECT_EQ(peer.got, "");
    peer.Send("x");
  }
  world.RunFor(2s);
  EXPECT_THAT(peer.got, StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, IdleConnectionsEndQuietly) {
  Start();
  Peer fresh(*this), used(*this);
  world.RunFor(60s);
  used.Send(kGet);
  world.RunFor(59s);
  EXPECT_FALSE(fresh.ended);
  world.RunFor(2s);
  EXPECT_TRUE(fresh.ended);
  EXPECT_EQ(fresh.got, "");
  EXPECT_FALSE(used.ended);
  world.RunFor(60s);
  EXPECT_TRUE(used.ended && used.end.ok());
  EXPECT_EQ(used.got, Reply("GET /a \n"));
}

TEST_F(ServerTest, AReaderThatDoesNotReadTimesOut) {
  world.network.capacity = 1000;
  Start();
  auto stream = world.network.Dial(at, Instant::Never()).value();
  world.group.Spawn("send", [&] {
    std::string requests;
    for (int i = 0; i < 100; ++i) requests.append(kGet);
    // Fails or not: the server may have given up in the middle.
    stream->Write(requests, Instant::Never()).IgnoreError();
  });
  world.RunFor(29s);
  EXPECT_EQ(server->connection_count(), 1u);
  world.RunFor(2s);
  EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(ServerTest, ConnectionLimits) {
  options.connections_max = 2;
  Start();
  {
    Peer a(*this), b(*this), c(*this);
    EXPECT_THAT(c.got, StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(c.ended);
    a.Send(kGet);
    EXPECT_EQ(a.got, Reply("GET /a \n"));
  }
  world.RunFor(3s);
  Peer d(*this);
  d.Send(kGet);
  EXPECT_EQ(d.got, Reply("GET /a \n"));
  EXPECT_EQ(server->stats().refused, 1u);
}

TEST_F(ServerTest, MemoryOfAllRequestsIsLimited) {
  options.request_bytes_max = 300 * 1024;
  Start();
  const std::string head = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 204800\r\n\r\n";
  const std::string most(204800 - 1, 'x');
  {
    Peer a(*this), b(*this), c(*this);
    a.Send(head + most);
    b.Send(head + most);
    EXPECT_THAT(b.got, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(b.got, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_LE(server->request_bytes(), 300u * 1024 + 2 * 64 * 1024);
    c.Send(kGet);
    EXPECT_EQ(c.got, Reply("GET /a \n")) << "small ones pass";
    a.Send("x");
    EXPECT_THAT(a.got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_LE(server->request_bytes(), 300u * 1024);
    world.RunFor(3s);  // b's gentle end
    Peer d(*this);
    d.Send(head + most + "x");
    EXPECT_THAT(d.got, StartsWith("HTTP/1.1 200 OK\r\n")) << "what a had is free again";
    EXPECT_LE(server->request_bytes(), 5u * 4096) << "and idle connections hold little";
  }
  world.RunFor(3s);
  EXPECT_EQ(server->connection_count(), 0u);
  EXPECT_EQ(server->request_bytes(), 0u);
  EXPECT_EQ(server->stats().refused, 1u);
}

TEST_F(ServerTest, ConnectionLimitPerClient) {
  options.connections_per_client_max = 1;
  Start();
  {
    Peer a(*this), b(*this);
    EXPECT_THAT(b.got, StartsWith("HTTP/1.1 429 "));
  }
  world.RunFor(3s);
  Peer c(*this);
  c.Send(kGet);
  EXPECT_EQ(c.got, Reply("GET /a \n"));
}

TEST_F(ServerTest, GoesOnAfterAcceptErrors) {
  for (int i = 0; i < 5; ++i) {
    world.network.accept_errors.push_back(absl::ResourceExhaustedError("too many open files"));
  }
  Start();
  Peer peer(*this);
  world.RunFor(1s);
  peer.Send(kGet);
  EXPECT_EQ(peer.got, Reply("GET /a \n"));
  EXPECT_EQ(std::count(world.logger.lines.begin(), world.logger.lines.end(),
                       "warn cannot accept connections, trying again"),
            1);
}

TEST_F(ServerTest, StopFinishesWhatIsUnderWay) {
  Start();
  Peer idle(*this), busy(*this), half(*this);
  idle.Send(kGet);
  busy.Send("GET /sleep HTTP/1.1\r\nHost: h\r\n\r\n");
  half.Send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nx");
  absl::Status stopped = absl::UnknownError("not yet");
  world.group.Spawn("stop", [&] { stopped = server->Stop(world.env.After(10s)); });
  world.Run();
  EXPECT_TRUE(served && serve_status.ok()) << serve_status;
  EXPECT_TRUE(idle.ended);
  EXPECT_FALSE(busy.ended);
  half.Send("y");
  EXPECT_EQ(half.got, Reply("PUT /b xy\n", "Connection: close\r\n"));
  EXPECT_TRUE(absl::IsUnknown(stopped));
  world.RunFor(2s);
  EXPECT_EQ(busy.got, Reply("GET /sleep \n", "Connection: close\r\n"));
  EXPECT_TRUE(stopped.ok()) << stopped;
  EXPECT_FALSE(world.network.Dial(at, Instant::Never()).ok());
}

// A client that sends one request after the other must not lose one to a restart.
TEST_F(ServerTest, StopAnswersWhoSendsWithinTheGrace) {
  options.drain_grace = 100ms;
  Start();
  Peer prompt(*this), silent(*this);
  prompt.Send(kGet);
  silent.Send(kGet);
  world.group.Spawn("stop", [&] { server->Stop(world.env.After(10s)).IgnoreError(); });
  world.RunFor(50ms);
  EXPECT_FALSE(prompt.ended || silent.ended);
  prompt.got.clear();
  prompt.Send(kGet);
  EXPECT_EQ(prompt.got, Reply("GET /a \n", "Connection: close\r\n"));
  EXPECT_TRUE(prompt.ended);
  world.RunFor(60ms);
  EXPECT_TRUE(silent.ended);
}

TEST_F(ServerTest, StopCancelsAtItsDeadline) {
  Start();
  Peer parked(*this);
  parked.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  absl::Status stopped;
  world.group.Spawn("stop", [&] { stopped = server->Stop(world.env.After(5s)); });
  world.RunFor(6s);
  EXPECT_TRUE(absl::IsDeadlineExceeded(stopped));
  EXPECT_TRUE(parked.ended);
  EXPECT_EQ(parked.got, "");
}

// As the simulator kills a node: everything is cancelled at once.
TEST_F(ServerTest, CancellationLeavesNothingBehind) {
  Start();
  Peer idle(*this), parked(*this), half(*this);
  parked.Send(absl::StrCat(kGet, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  half.Send("GET /");
  world.scheduler.CancelAll();
  world.Run();
  EXPECT_TRUE(absl::IsCancelled(serve_status)) << serve_status;
  EXPECT_EQ(server->connection_count(), 0u);
  EXPECT_EQ(world.scheduler.fiber_count(), 0u);
}

// Whatever bytes arrive in whatever pieces, the server answers or closes, and leaks nothing.
RC_GTEST_PROP(ServerProperty, SurvivesAnyBytes, ()) {
  MemoryWorld world;
  const env::Endpoint at{"127.0.0.1", 8500};
  ServerOptions options;
  Server server(world.env, options,
                [](const Request& request) { return Response::Text(200, request.path); });
  world.group.Spawn("serve", [&] { server.Serve(world.network.Listen(at).value()).IgnoreError(); });
  world.Run();
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "GET /a HTTP/1.1\r\n", "PUT /b HTTP/1.1\r\n", "Host: h\r\n", "\r\n", "\r", "\n",
      "3\r\nabc\r\n", "0\r\n\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "abc",
      "\xff", "Expect: 100-continue\r\n", "Connection: close\r\n"));
  world.OnFiber([&] {
    auto stream = world.network.Dial(at, Instant::Never()).value();
    for (const std::string& piece : pieces) {
      if (!stream->Write(piece, Instant::Never()).ok()) break;
      if (!world.scheduler.Yield().ok()) break;
    }
    stream->CloseWrite();
    std::vector<char> buffer(4096);
    std::string got;
    while (true) {
      const auto n = stream->Read(absl::MakeSpan(buffer), world.env.After(300s));
      RC_ASSERT(!absl::IsDeadlineExceeded(n.status()));
      if (!n.ok() || *n == 0) break;
      got.append(buffer.data(), *n);
    }
    RC_ASSERT(got.empty() || absl::StartsWith(got, "HTTP/1.1 "));
    stream.reset();
    RC_ASSERT(server.Stop(world.env.After(10s)).ok());
  });
  RC_ASSERT(server.connection_count() == 0u);
  RC_ASSERT(world.scheduler.fiber_count() == 0u);
}

}  // namespace
}  // namespace konsul::http
