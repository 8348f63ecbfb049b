#include "net/http/client.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

class ClientTest : public ::testing::Test {
 protected:
  void Serve(Handler handler) {
    server.emplace(world.env, ServerOptions(), std::move(handler));
    world.group.Spawn("serve",
                      [this] { server->Serve(world.network.Listen(at).value()).IgnoreError(); });
    world.Run();
  }
  // A server of one connection that reads something, says `bytes` and then closes or stays.
  void ServeBytes(std::string bytes, bool close) {
    world.group.Spawn("serve", [this, bytes, close] {
      auto listener = world.network.Listen(at).value();
      auto stream = listener->Accept(Instant::Never()).value();
      std::vector<char> buffer(4096);
      ASSERT_TRUE(stream->Read(absl::MakeSpan(buffer), Instant::Never()).ok());
      ASSERT_TRUE(stream->Write(bytes, Instant::Never()).ok());
      if (!close) world.env.Sleep(100s).IgnoreError();
    });
    world.Run();
  }
  absl::StatusOr<Response> Do(Client& client, const Request& request) {
    absl::StatusOr<Response> response;
    world.OnFiber([&] { response = client.Do(request, world.env.After(5s)); });
    return response;
  }
  void TearDown() override {
    if (server) {
      world.OnFiber([&] {
        server->Stop(world.env.After(1s)).IgnoreError();
        server.reset();
      });
    }
    world.RunFor(200s);
    EXPECT_EQ(world.scheduler.fiber_count(), 0u);
  }

  MemoryWorld world;
  env::Endpoint at{"127.0.0.1", 8500};
  std::optional<Server> server;
};

TEST_F(ClientTest, KeepsOneConnection) {
  Serve([](const Request& r) {
    return Response::Text(r.method == "PUT" ? 201 : 200,
                          absl::StrCat(*r.headers.Get("Host"), " ", r.target, " ", r.body));
  });
  Client client(world.env, at);
  for (int i = 0; i < 3; ++i) {
    const auto response = Do(client, Request::Make("PUT", "/a?b", "body"));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, "127.0.0.1:8500 /a?b body");
  }
  const auto head = Do(client, Request::Make("HEAD", "/a"));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(*head->headers.Get("content-length"), "18");
  EXPECT_TRUE(Do(client, Request::Make("GET", "/a")).ok());
  EXPECT_EQ(server->stats().accepted, 1u);
  EXPECT_EQ(server->stats().requests, 5u);
}

TEST_F(ClientTest, BuildsTheTargetFromItsParts) {
  Serve([](const Request& r) {
    return Response::Text(200, absl::StrCat(r.path, "|", *r.Query("dc")));
  });
  Client client(world.env, at);
  Request request;
  request.path = "/v1/kv/a b%/\xc3\xa9";
  request.query = {{"recurse", ""}, {"dc", "x&y=z +"}};
  EXPECT_EQ(Do(client, request)->body, "/v1/kv/a b%/\xc3\xa9|x&y=z +");
}

TEST_F(ClientTest, NobodyThere) {
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("GET", "/a"));
  EXPECT_TRUE(absl::IsUnavailable(response.status())) << response.status();
  EXPECT_TRUE(absl::StrContains(response.status().message(), "GET http://127.0.0.1:8500/a: "));
  EXPECT_FALSE(client.maybe_sent());
}

TEST_F(ClientTest, NeverSendsTwice) {
  ServeBytes("", true);
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("PUT", "/a", "x"));
  EXPECT_TRUE(absl::IsUnavailable(response.status())) << response.status();
  EXPECT_TRUE(client.maybe_sent());
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(world.network.accepted.size(), 1u);
  // The next call dials anew.
  Serve([](const Request&) { return Response::Text(200, "back"); });
  EXPECT_EQ(Do(client, Request::Make("PUT", "/a", "x"))->body, "back");
}

TEST_F(ClientTest, DeadlineWhileTheServerThinks) {
  Serve([this](const Request&) {
    world.env.Sleep(60s).IgnoreError();
    return Response::Text(200, "late");
  });
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("GET", "/a"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(response.status())) << response.status();
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(ToMillis(world.clock.now - Instant{0}), 5000);
}

TEST_F(ClientTest, HonoursClose) {
  Serve([](const Request&) {
    Response response = Response::Text(200, "x");
    response.close = true;
    return response;
  });
  Client client(world.env, at);
  for (int i = 0; i < 2; ++i) {
    const auto response = Do(client, Request::Make("GET", "/a"));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_TRUE(response->close);
    EXPECT_FALSE(client.connected());
  }
}

TEST_F(ClientTest, SeesTheRefusalOfABodyItIsStillSending) {
  world.network.capacity = 1000;
  Serve([](const Request&) { return Response::Text(200, "x"); });
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("PUT", "/a", std::string(600'000, 'x')));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 413);
}

TEST_F(ClientTest, SeesTheRefusalOfAServerThatClosesAtOnce) {
  world.network.capacity = 1000;
  ServeBytes("HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true);
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("PUT", "/a", std::string(9'000, 'x')));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 413);
  EXPECT_FALSE(client.connected());
}

TEST_F(ClientTest, BrokenReplies) {
  struct Case {
    const char* bytes;
    absl::StatusCode want;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"SSH-2.0-OpenSSH\r\n\r\n", absl::StatusCode::kInvalidArgument},
           {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", absl::StatusCode::kUnavailable},
           {"HTTP/1.1 200 OK\r\nContent-Le", absl::StatusCode::kUnavailable},
           {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
            absl::StatusCode::kInvalidArgument},
           {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            absl::StatusCode::kResourceExhausted}}) {
    ServeBytes(c.bytes, true);
    Client client(world.env, at);
    const auto response = Do(client, Request::Make("GET", "/a"));
    EXPECT_EQ(response.status().code(), c.want) << c.bytes << response.status();
    EXPECT_FALSE(client.connected());
  }
}

TEST_F(ClientTest, UnaskedBytesEndTheConnection) {
  ServeBytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n", false);
  Client client(world.env, at);
  const auto response = Do(client, Request::Make("GET", "/a"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "x");
  EXPECT_FALSE(client.connected());
}

}  // namespace
}  // namespace konsul::http
