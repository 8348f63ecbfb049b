// Bodies that are made while they are sent, and read while they arrive.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/http/client.h"
#include "net/http/gzip.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StreamingTest : public ::testing::Test {
 protected:
  // Sends what is in `pieces`; then waits for more, fails, or ends.
  struct Story : BodyStream {
    explicit Story(StreamingTest& t) : test(t) { ++test.alive; }
    ~Story() override { --test.alive; }
    absl::StatusOr<Step> Next(std::string& out) override {
      ++test.calls;
      if (!test.pieces.empty()) {
        out += test.pieces.front();
        test.pieces.pop_front();
        return Step::kMore;
      }
      if (!test.failure.ok()) return test.failure;
      if (test.over || answer_now) return Step::kEnd;
      wakes = std::make_unique<fiber::Continuation>(test.world.scheduler);
      wakes->WaitIn(test.more);
      return Step::kWaits;
    }
    StreamingTest& test;
  };

  void Start() {
    options.send_date = false;
    options.uploads = [](const Request& request) { return request.path == "/upload"; };
    server.emplace(world.env, options, [this](const Request& request) { return Handle(request); });
    world.group.Spawn("serve",
                      [this] { server->Serve(world.network.Listen(at).value()).IgnoreError(); });
    world.Run();
    base_fibers = world.scheduler.fiber_count();
  }

  Response Handle(const Request& request) {
    if (request.path == "/upload") return TakeIn(request);
    if (request.path == "/plain") return Response::Text(200, absl::StrCat(request.body, "!"));
    Response response;
    response.headers.Set("Content-Type", "application/json");
    response.stream = std::make_shared<Story>(*this);
    return response;
  }

  Response TakeIn(const Request& request) {
    if (request.upload == nullptr) return Response::Text(200, "no body");
    std::string got;
    for (size_t reads = 0; reads < reads_max; ++reads) {
      const auto more = request.upload->Read(got);
      if (!more.ok()) return Response::Text(400, more.status().ToString());
      if (!*more) break;
    }
    return Response::Text(200, absl::StrCat(got.size(), " bytes: ", got.substr(0, 20)));
  }

  // What the server says to `bytes` until it has nothing more to say.
  std::string Say(absl::string_view bytes) {
    if (stream == nullptr) {
      stream = world.network.Dial(at, Instant::Never()).value();
      world.Run();
    }
    world.group.Spawn("send", [this, text = std::string(bytes)] {
      stream->Write(text, Instant::Never()).IgnoreError();
    });
    world.Run();
    return Got();
  }
  std::string Got() {
    std::string got;
    world.group.Spawn("peer", [&] {
      char buffer[4096];
      while (true) {
        const auto n = stream->Read(absl::MakeSpan(buffer), world.clock.now);
        if (n.ok() && *n > 0) {
          got.append(buffer, *n);
          continue;
        }
        if (n.ok()) got.push_back('|');
        return;
      }
    });
    world.RunFor(0s);
    return got;
  }
  void TellMore(std::string piece) {
    pieces.push_back(std::move(piece));
    more.WakeAll();
    world.Run();
  }

  void TearDown() override {
    stream.reset();
    world.OnFiber([&] {
      server->Stop(Instant::Past()).IgnoreError();
      server.reset();
    });
    EXPECT_EQ(alive, 0);
    EXPECT_TRUE(more.empty());
  }

  MemoryWorld world;
  env::Endpoint at{"10.0.0.1", 8500};
  ServerOptions options;
  std::deque<std::string> pieces;
  absl::Status failure;
  bool over = true;
  size_t reads_max = 1'000'000;
  fiber::WaitList more{world.scheduler};
  int alive = 0;
  int calls = 0;
  size_t base_fibers = 0;
  std::optional<Server> server;
  std::unique_ptr<env::Stream> stream;
};

constexpr char kHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(StreamingTest, SendsPiecesAsChunksAndKeepsTheConnection) {
  Start();
  pieces = {"[1,", "", "0123456789abcdef", "]"};
  EXPECT_EQ(Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n"),
            absl::StrCat(kHead, "3\r\n[1,\r\n10\r\n0123456789abcdef\r\n1\r\n]\r\n0\r\n\r\n"));
  EXPECT_EQ(Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n"), absl::StrCat(kHead, "0\r\n\r\n"));
}

TEST_F(StreamingTest, SendsNoBodyToHead) {
  Start();
  pieces = {"never"};
  EXPECT_EQ(Say("HEAD /story HTTP/1.1\r\nHost: h\r\n\r\n"), kHead);
  EXPECT_EQ(calls, 0);
}

TEST_F(StreamingTest, EndsTheConnectionOfAnOldClient) {
  Start();
  pieces = {"one", "two"};
  EXPECT_EQ(Say("GET /story HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            "onetwo|");
}

TEST_F(StreamingTest, WaitsWithoutAFiberAndGoesOn) {
  over = false;
  Start();
  pieces = {"a"};
  EXPECT_EQ(Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n"), absl::StrCat(kHead, "1\r\na\r\n"));
  EXPECT_EQ(world.scheduler.fiber_count(), base_fibers);
  EXPECT_EQ(server->parked_count(), 1u);
  TellMore("bc");
  EXPECT_EQ(Got(), "2\r\nbc\r\n");
  over = true;
  TellMore("d");
  EXPECT_EQ(Got(), "1\r\nd\r\n0\r\n\r\n");
  EXPECT_EQ(Say("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n").substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(StreamingTest, IsForgottenWhenTheClientGoes) {
  over = false;
  Start();
  Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(alive, 1);
  stream->Close();
  world.Run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(StreamingTest, IsCutSoThatItIsSeenWhenItFails) {
  Start();
  pieces = {"half"};
  failure = absl::DataLossError("the disk");
  const std::string got = Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(got, Not(HasSubstr("0\r\n\r\n")));
  EXPECT_THAT(got, testing::EndsWith("|"));
  EXPECT_THAT(world.logger.lines, testing::Contains(HasSubstr("could not be finished")));
}

TEST_F(StreamingTest, EndsWhenTheServerStops) {
  over = false;
  Start();
  Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n");
  world.group.Spawn("stop", [&] { server->Stop(world.env.After(5s)).IgnoreError(); });
  world.Run();
  EXPECT_EQ(Got(), "0\r\n\r\n|");
}

TEST_F(StreamingTest, IsEndedWhenNoMoreMayWait) {
  over = false;
  options.parked_max = 0;
  Start();
  EXPECT_EQ(Say("GET /story HTTP/1.1\r\nHost: h\r\n\r\n"), absl::StrCat(kHead, "0\r\n\r\n"));
}

TEST_F(StreamingTest, IsPackedForThoseWhoTakeThat) {
  Start();
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    pieces.push_back(absl::StrCat("{\"number\":", i, "},"));
    all += pieces.back();
  }
  Request request = Request::Make("GET", "/story");
  request.headers.Set("Accept-Encoding", "gzip");
  Response response = Handle(request);
  PackIfWanted(request, response);
  EXPECT_EQ(response.headers.Get("Content-Encoding"), "gzip");
  std::string packed;
  while (response.stream->Next(packed).value() != BodyStream::Step::kEnd) {
  }
  EXPECT_LT(packed.size(), all.size() / 4);
  EXPECT_EQ(Gunzip(packed, 1 << 20).value(), all);
}

TEST_F(StreamingTest, ReadsABodyThatIsMuchLargerThanTheLimit) {
  options.limits.body_bytes_max = 10;
  Start();
  EXPECT_THAT(Say("PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\nabcdefghij"), "");
  EXPECT_THAT(Say("klmnopqrstuvwxyz"), HasSubstr("26 bytes: abcdefghijklmnopqrst"));
  EXPECT_THAT(Say("PUT /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nabcde\r\n9\r\nfghijklmn\r\n0\r\n\r\n"),
              HasSubstr("14 bytes: abcdefghijklmn"));
  EXPECT_THAT(Say("PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
              HasSubstr("no body"));
  EXPECT_THAT(Say("PUT /plain HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"),
              HasSubstr("413 Request Entity Too Large"));
}

TEST_F(StreamingTest, TellsAClientThatAsksToGoOn) {
  Start();
  EXPECT_EQ(Say("PUT /upload HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                "Content-Length: 3\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(Say("abc"), HasSubstr("3 bytes: abc"));
}

TEST_F(StreamingTest, ClosesWhenTheHandlerDoesNotWantTheRest) {
  reads_max = 1;
  Start();
  const std::string got = Say("PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
  EXPECT_THAT(got, HasSubstr("Connection: close"));
  EXPECT_THAT(got, HasSubstr("3 bytes: abc"));
  EXPECT_THAT(got, testing::EndsWith("|"));
}

TEST_F(StreamingTest, TellsTheHandlerThatTheBodyIsMalformedOrDoesNotCome) {
  Start();
  EXPECT_THAT(Say("PUT /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
              HasSubstr("INVALID_ARGUMENT: Bad Request: malformed chunk"));
  stream.reset();
  Say("PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  world.RunFor(29s);
  EXPECT_EQ(Got(), "");
  world.RunFor(2s);
  EXPECT_THAT(Got(), HasSubstr("DEADLINE_EXCEEDED"));
}

// What one side sends in any pieces the other gets, through both classes of ours.
TEST_F(StreamingTest, ClientAndServerCarryAnything) {
  Start();
  const auto holds = rc::check("bodies go both ways", [&] {
    const auto sent = *rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>());
    std::string all;
    Client::Upload upload;
    for (const std::string& piece : sent) all += piece;
    upload.size = all.size();
    size_t next = 0;
    upload.next = [&](std::string& piece) {
      while (sent[next].empty()) ++next;
      piece += sent[next++];
      return absl::OkStatus();
    };
    const auto told = *rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>());
    pieces.assign(told.begin(), told.end());
    std::string expected, got;
    for (const std::string& piece : told) expected += piece;
    Client client(world.env, at);
    world.OnFiber([&] {
      const Instant deadline = world.env.After(5s);
      const auto put = client.Begin(Request::Make("PUT", "/upload"), deadline, &upload);
      RC_ASSERT(put.ok());
      std::string text;
      while (client.ReadBody(text, deadline).value()) {
      }
      RC_ASSERT(text == (all.empty() ? "no body"
                                     : absl::StrCat(all.size(), " bytes: ", all.substr(0, 20))));
      RC_ASSERT(client.connected());
      RC_ASSERT(client.Begin(Request::Make("GET", "/story"), deadline).ok());
      while (client.ReadBody(got, deadline).value()) {
      }
      const auto plain = client.Do(Request::Make("GET", "/plain"), deadline);
      RC_ASSERT(plain.ok() && plain->body == "!");
    });
    RC_ASSERT(got == expected);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace konsul::http
