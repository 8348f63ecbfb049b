// Blocking queries from the socket to the tables and back, on a fake cluster.
#include "core/api/blocking.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/state/watch_index.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/fake_consensus_support.h"
#include "net/api/fake_operator_support.h"
#include "net/api/routes.h"
#include "net/http/access_log.h"
#include "net/http/client.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"

namespace konsul::net_api {
namespace {

class BlockingTest : public ::testing::Test {
 protected:
  BlockingTest() {
    consensus_.machine().PublishTo(watches_);
    world_.group.Spawn("serve",
                       [this] { server_.Serve(world_.network.Listen(at_).value()).IgnoreError(); });
    world_.Run();
  }
  void TearDown() override {
    world_.OnFiber([&] { server_.Stop(Instant::Past()).IgnoreError(); });
    EXPECT_EQ(watches_.size(), 0u);
    EXPECT_EQ(blocking_.waiting(), 0u);
  }

  // A request on a connection of its own; empty until it is answered, then "STATUS INDEX BODY".
  struct Asked {
    std::string answer;
    Instant at;
  };
  Asked& Ask(absl::string_view method, const std::string& target, std::string body = {}) {
    asked_.push_back(std::make_unique<Asked>());
    Asked& asked = *asked_.back();
    world_.group.Spawn("ask", [this, &asked, method = std::string(method), target, body] {
      http::Client client(world_.env, at_);
      const auto reply = client.Do(http::Request::Make(method, target, body), Instant::Never());
      if (!reply.ok()) return;
      asked.answer = absl::StrCat(
          reply->status, " ", reply->headers.Get("X-Consul-Index").value_or("-"), " ", reply->body);
      asked.at = world_.clock.now;
    });
    world_.Run();
    return asked;
  }
  std::string Get(const std::string& target) {
    const std::string answer = Ask("GET", target).answer;
    EXPECT_NE(answer, "") << target;
    return answer;
  }
  void Put(const std::string& key, const std::string& value) {
    EXPECT_EQ(Ask("PUT", "/v1/kv/" + key, value).answer, "200 - true");
  }
  void Delete(const std::string& key) {
    EXPECT_EQ(Ask("DELETE", "/v1/kv/" + key).answer, "200 - true");
  }

  size_t stacks_in_use() const { return world_.stacks.in_use(); }

  http::MemoryWorld world_;
  const env::Endpoint at_{"10.0.0.1", 8500};
  state::MemoryStore store_;
  state::WatchIndex watches_{world_.scheduler};
  FakeConsensus consensus_{world_.scheduler, store_};  // applies from index 2 on
  FakeOperator cluster_{world_.scheduler, store_};
  api::Blocking blocking_{world_.env, watches_};
  Routes routes_{api::Context{.consensus = consensus_,
                              .cluster = cluster_,
                              .store = store_,
                              .clock = world_.clock,
                              .options = {},
                              .blocking = &blocking_}};
  const http::AccessLogOptions access_options_;
  http::AccessLog access_log_{world_.env, access_options_};
  http::Server server_{world_.env, {}, access_log_.Around(routes_.handler())};
  std::vector<std::unique_ptr<Asked>> asked_;  // by the fibers of the world
};

TEST_F(BlockingTest, WaitsForTheNextChangeOfItsKey) {
  Put("a", "1");
  Asked& waits = Ask("GET", "/v1/kv/a?raw&index=2");
  Put("b", "1");
  Put("aa", "1");
  EXPECT_EQ(waits.answer, "");
  Put("a", "2");
  EXPECT_EQ(waits.answer, "200 5 2");
}

TEST_F(BlockingTest, WhatWaitsIsCounted) {
  EXPECT_EQ(blocking_.waiting(), 0u);
  Ask("GET", "/v1/kv/a?index=1");
  Ask("GET", "/v1/kv/?recurse&index=1");
  EXPECT_EQ(blocking_.waiting(), 2u);
  Put("b", "1");
  EXPECT_EQ(blocking_.waiting(), 1u);
  EXPECT_TRUE(absl::StrContains(Get("/v1/agent/metrics?format=prometheus"),
                                "\nkonsul_blocking_queries 1\n"));
  Put("a", "1");
  EXPECT_EQ(blocking_.waiting(), 0u);
}

TEST_F(BlockingTest, KeepsItsNameWhileItWaits) {
  std::vector<std::string> ids;
  for (const std::string& sent : {std::string("mine"), std::string()}) {
    world_.group.Spawn("ask", [&, sent] {
      http::Client client(world_.env, at_);
      http::Request request = http::Request::Make("GET", "/v1/kv/a?index=1");
      if (!sent.empty()) request.headers.Add("X-Request-Id", sent);
      const auto reply = client.Do(request, Instant::Never());
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->headers.Count("X-Request-Id"), 1u);
      ids.emplace_back(*reply->headers.Get("X-Request-Id"));
    });
    world_.Run();
  }
  EXPECT_EQ(ids.size(), 0u);
  Put("a", "1");
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0], "mine");
  EXPECT_EQ(ids[1].size(), 16u);
}

TEST_F(BlockingTest, AnswersAtOnceWhatIsNews) {
  Put("a", "1");
  EXPECT_EQ(Get("/v1/kv/a?raw&index=1"), "200 2 1");
  EXPECT_EQ(Get("/v1/kv/a?raw&index=0"), "200 2 1") << "0 does not wait";
  EXPECT_EQ(Get("/v1/kv/a?raw&index="), "200 2 1");
  EXPECT_EQ(Get("/v1/kv/a?raw&wait=1h"), "200 2 1") << "nor does a wait without an index";
}

TEST_F(BlockingTest, AKeyThatDoesNotExistYet) {
  Asked& waits = Ask("GET", "/v1/kv/new?raw&index=1");
  EXPECT_EQ(waits.answer, "");
  Put("new", "x");
  EXPECT_EQ(waits.answer, "200 2 x");
}

TEST_F(BlockingTest, ADeletionIsNews) {
  Put("a", "1");
  Asked& key = Ask("GET", "/v1/kv/a?index=2");
  Asked& tree = Ask("GET", "/v1/kv/?recurse&index=2");
  Delete("a");
  EXPECT_EQ(key.answer, "404 3 ");
  EXPECT_EQ(tree.answer, "404 3 ");
  Asked& again = Ask("GET", "/v1/kv/a?index=3");
  EXPECT_EQ(again.answer, "");
}

TEST_F(BlockingTest, PrefixesAndKeys) {
  Put("dir/a", "1");
  Asked& tree = Ask("GET", "/v1/kv/dir/?recurse&index=2");
  Asked& keys = Ask("GET", "/v1/kv/dir/?keys&index=2");
  Asked& stems = Ask("GET", "/v1/kv/?keys&separator=/&index=2");
  Asked& other = Ask("GET", "/v1/kv/other/?recurse&index=1");
  Put("dirt", "1");
  EXPECT_EQ(tree.answer + keys.answer + other.answer, "");
  EXPECT_EQ(stems.answer, "200 3 [\"dir/\",\"dirt\"]");
  Put("dir/b", "1");
  EXPECT_THAT(tree.answer, ::testing::StartsWith("200 4 "));
  EXPECT_EQ(keys.answer, "200 4 [\"dir/a\",\"dir/b\"]");
  EXPECT_EQ(other.answer, "");
}

TEST_F(BlockingTest, AnswersWithWhatThereIsWhenTheTimeIsOver) {
  Put("a", "1");
  const Instant begin = world_.clock.now;
  Asked& there = Ask("GET", "/v1/kv/a?raw&index=2&wait=1m30s");
  Asked& missing = Ask("GET", "/v1/kv/none?index=7&wait=500ms");
  world_.RunFor(499ms);
  EXPECT_EQ(missing.answer, "");
  world_.RunFor(100s);
  EXPECT_EQ(there.answer, "200 2 1");
  EXPECT_GE(there.at - begin, 90s);
  EXPECT_LE(there.at - begin, 90s + 90s / 16);
  EXPECT_EQ(missing.answer, "404 1 ");
  EXPECT_GE(missing.at - begin, 500ms);
  EXPECT_LE(missing.at - begin, 500ms + 500ms / 16);
}

TEST_F(BlockingTest, TheDefaultAndTheLongestWait) {
  const Instant begin = world_.clock.now;
  Asked& plain = Ask("GET", "/v1/kv/a?index=1");
  Asked& zero = Ask("GET", "/v1/kv/a?index=1&wait=0s");
  Asked& long_wait = Ask("GET", "/v1/kv/a?index=1&wait=24h");
  world_.RunFor(15min);
  for (const Asked* asked : {&plain, &zero}) {
    EXPECT_GE(asked->at - begin, 300s);
    EXPECT_LE(asked->at - begin, 300s + 300s / 16);
  }
  EXPECT_GE(long_wait.at - begin, 600s);
  EXPECT_LE(long_wait.at - begin, 600s + 600s / 16);
  EXPECT_NE(plain.at, zero.at) << "those who came together do not come back together";
}

TEST_F(BlockingTest, AnIndexOfTheFutureWaitsForIt) {
  Put("a", "1");
  Asked& waits = Ask("GET", "/v1/kv/a?raw&index=4");
  Put("a", "2");
  Put("a", "3");
  EXPECT_EQ(waits.answer, "") << "index 4 is not beyond 4";
  Put("a", "4");
  EXPECT_EQ(waits.answer, "200 5 4");
}

TEST_F(BlockingTest, AfterARestoreEverybodyIsAnswered) {
  const std::string command = wire::EncodeCommand(wire::KvPut{.key = "a", .value = "1"});
  state::MemoryStore elsewhere;
  const auto machine = state::TableMachine::Open(elsewhere).value();
  ASSERT_TRUE(machine->Apply({{Index(1), ""}, {Index(2), command}}).ok());
  auto old = machine->Freeze().value();
  Put("a", "1");
  Put("a", "2");
  Asked& key = Ask("GET", "/v1/kv/a?raw&index=3");
  Asked& tree = Ask("GET", "/v1/kv/none?recurse&index=100");
  world_.group.Spawn("restore", [&] { EXPECT_TRUE(consensus_.machine().Restore(*old.rows).ok()); });
  world_.Run();
  EXPECT_EQ(key.answer, "200 2 1") << "also with a lower index";
  EXPECT_EQ(tree.answer, "404 1 ");
}

TEST_F(BlockingTest, EachEvaluationIsConfirmedAnew) {
  Asked& waits = Ask("GET", "/v1/kv/a?consistent&index=1");
  Asked& stale = Ask("GET", "/v1/kv/a?stale&raw&index=1");
  EXPECT_EQ(waits.answer, "");
  consensus_.failure = absl::UnavailableError("No cluster leader");
  world_.Run();
  EXPECT_EQ(waits.answer, "") << "nobody asked";
  const std::string command = wire::EncodeCommand(wire::KvPut{.key = "a", .value = "1"});
  ASSERT_TRUE(consensus_.machine().Apply({{Index(2), command}}).ok());
  world_.Run();
  EXPECT_EQ(waits.answer, "500 - No cluster leader");
  EXPECT_EQ(stale.answer, "200 2 1");
}

TEST_F(BlockingTest, BadParameters) {
  for (const char* path : {"/v1/kv/a", "/v1/kv/?recurse", "/v1/kv/?keys"}) {
    const std::string target = absl::StrCat(path, absl::StrContains(path, '?') ? "&" : "?");
    for (const char* index : {"x", "-1", "1.5", "18446744073709551616", "+1"}) {
      EXPECT_EQ(Get(absl::StrCat(target, "index=", index)), "400 - Invalid index") << index;
    }
    for (const char* wait : {"10", "x", "1d", "s", "10s5"}) {
      EXPECT_EQ(Get(absl::StrCat(target, "wait=", wait)), "400 - Invalid wait time") << wait;
    }
    EXPECT_EQ(Get(target + "wait=x&index=x"), "400 - Invalid wait time");
  }
  EXPECT_EQ(Ask("PUT", "/v1/kv/a?index=x", "v").answer, "400 - Invalid index");
  EXPECT_EQ(Ask("DELETE", "/v1/kv/a?wait=x").answer, "400 - Invalid wait time");
}

TEST_F(BlockingTest, NothingIsHeldWhileItWaits) {
  const size_t before = world_.scheduler.fiber_count();
  for (int i = 0; i < 100; ++i) Ask("GET", absl::StrCat("/v1/kv/", i, "?index=1"));
  // One fiber each on the client's side.
  EXPECT_EQ(world_.scheduler.fiber_count(), before + 100);
  EXPECT_EQ(server_.parked_count(), 100u);
  EXPECT_EQ(store_.open_transactions(), 0);
  EXPECT_EQ(watches_.size(), 100u);
  Put("7", "x");
  EXPECT_EQ(server_.parked_count(), 99u);
  EXPECT_EQ(watches_.size(), 99u);
}

// What waits for other keys costs a write nothing: the same steps with one query parked and with
// 100,000.
TEST_F(BlockingTest, AWriteWakesTheOneItConcerns) {
  std::vector<std::unique_ptr<env::Stream>> clients;
  const auto park = [&](int number) {
    world_.group.Spawn("client", [&, number] {
      clients.push_back(world_.network.Dial(at_, Instant::Never()).value());
      ASSERT_TRUE(
          clients.back()
              ->Write(absl::StrCat("GET /v1/kv/k/", number, "?index=1 HTTP/1.1\r\nHost: h\r\n\r\n"),
                      Instant::Never())
              .ok());
    });
    world_.Run();
  };
  const auto steps = [&](int number) {
    const uint64_t before = world_.scheduler.switches();
    Put(absl::StrCat("k/", number), "x");
    return world_.scheduler.switches() - before;
  };
  constexpr int kMany = 100'000;
  park(0);
  const uint64_t alone = steps(0);
  for (int i = 1; i <= kMany; ++i) park(i);
  EXPECT_EQ(server_.parked_count(), 1u + kMany) << "and the one that was answered";
  EXPECT_EQ(watches_.size(), 0u + kMany);
  EXPECT_EQ(stacks_in_use(), 1u) << "the server's own";
  EXPECT_EQ(steps(kMany / 2), alone);
  EXPECT_EQ(watches_.size(), 0u + kMany - 1);
  char buffer[1000];
  const size_t n = clients[kMany / 2]->Read(absl::MakeSpan(buffer), Instant::Past()).value();
  EXPECT_THAT(std::string(buffer, n), ::testing::HasSubstr("\"Key\":\"k/50000\""));
}

}  // namespace
}  // namespace konsul::net_api
