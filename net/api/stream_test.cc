// Change streams from the socket to the tables and back, on a fake cluster.
#include "core/api/stream.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/state/change_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/fake_consensus_support.h"
#include "net/api/fake_operator_support.h"
#include "net/api/routes.h"
#include "net/http/client.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What every stream begins with.
constexpr char kHello[] = "retry: 1000\n\n";

std::string Pair(absl::string_view key, absl::string_view base64, int created, int modified) {
  return absl::StrCat("{\"LockIndex\":0,\"Key\":\"", key, "\",\"Flags\":0,\"Value\":\"", base64,
                      "\",\"CreateIndex\":", created, ",\"ModifyIndex\":", modified, "}");
}
std::string Put(const std::string& pair) {
  return absl::StrCat("{\"Op\":\"put\",\"Pair\":", pair, "}");
}
std::string Deleted(absl::string_view key, int index) {
  return absl::StrCat("{\"Op\":\"delete\",\"Key\":\"", key, "\",\"Index\":", index, "}");
}
std::string Event(absl::string_view name, int index, absl::string_view content) {
  return absl::StrCat("event: ", name, "\nid: ", index, "\ndata: {\"Index\":", index,
                      content.empty() ? "" : ",", content, "}\n\n");
}
std::string State(int index, absl::string_view pairs) {
  return Event("state", index, absl::StrCat("\"Pairs\":[", pairs, "]"));
}
std::string Change(int index, absl::string_view changes) {
  return Event("change", index, absl::StrCat("\"Changes\":[", changes, "]"));
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() { Build({}, {}); }
  void TearDown() override { Stop(); }

  void Build(state::ChangeLog::Options bounds, api::Streams::Options options) {
    if (server_) Stop();
    server_.reset();
    changes_ = std::make_unique<state::ChangeLog>(world_.scheduler, bounds);
    consensus_.machine().RecordIn(*changes_);
    streams_.emplace(world_.env, *changes_, options);
    routes_.emplace(api::Context{.consensus = consensus_,
                                 .cluster = cluster_,
                                 .store = store_,
                                 .clock = world_.clock,
                                 .options = {},
                                 .streams = &*streams_});
    server_.emplace(world_.env, http::ServerOptions{}, routes_->handler());
    world_.group.Spawn(
        "serve", [this] { server_->Serve(world_.network.Listen(at_).value()).IgnoreError(); });
    world_.Run();
  }
  void Stop() {
    world_.OnFiber([&] { server_->Stop(Instant::Past()).IgnoreError(); });
    EXPECT_EQ(streams_->open(), 0u);
    EXPECT_EQ(store_.open_transactions(), 0);
  }

  // A client that reads all that comes, or as much as it is allowed to.
  struct Client {
    int status = 0;
    std::string head;
    std::string text;  // since this was last taken
    bool ended = false;
    absl::Status error;
  };
  Client& Listen(const std::string& target, const std::string& last_event_id = "") {
    clients_.push_back(std::make_unique<Client>());
    Client& mine = *clients_.back();
    world_.group.Spawn("listen", [this, &mine, target, last_event_id] {
      http::Client client(world_.env, at_);
      auto request = http::Request::Make("GET", target);
      if (!last_event_id.empty()) request.headers.Set("Last-Event-ID", last_event_id);
      const auto reply = client.Begin(request, Instant::Never());
      if (!reply.ok()) return;
      mine.status = reply->status;
      for (size_t i = 0; i < reply->headers.size(); ++i) {
        absl::StrAppend(&mine.head, reply->headers[i].name, ": ", reply->headers[i].value, "\n");
      }
      while (true) {
        std::string piece;
        const auto more = client.ReadBody(piece, Instant::Never());
        mine.text += piece;
        mine.error = more.status();
        mine.ended = more.ok() && !*more;
        if (!more.ok() || !*more) return;
      }
    });
    world_.Run();
    return mine;
  }
  static std::string Take(Client& client) { return std::exchange(client.text, ""); }

  void Apply(const wire::Command& command) {
    const std::string bytes = wire::EncodeCommand(command);
    const Index index = consensus_.machine().applied() + 1;
    EXPECT_TRUE(consensus_.machine().Apply({{index, bytes}}).ok());
    world_.Run();
  }
  void PutKv(absl::string_view key, absl::string_view value) {
    Apply(wire::KvPut{key, value, 0, std::nullopt});
  }
  void DeleteKv(absl::string_view key, bool recurse = false) {
    Apply(wire::KvDelete{key, recurse, std::nullopt});
  }

  http::MemoryWorld world_;
  const env::Endpoint at_{"10.0.0.1", 8500};
  state::MemoryStore store_;
  std::unique_ptr<state::ChangeLog> changes_;
  FakeConsensus consensus_{world_.scheduler, store_};  // applies from index 2 on
  FakeOperator cluster_{world_.scheduler, store_};
  std::optional<api::Streams> streams_;
  std::optional<Routes> routes_;
  std::optional<http::Server> server_;
  std::vector<std::unique_ptr<Client>> clients_;  // by the fibers of the world
};

TEST_F(StreamTest, BeginsWithTheStateAndGoesOnWithChanges) {
  PutKv("a/1", "x");
  PutKv("b/1", "y");
  PutKv("c", "no");
  Client& client = Listen("/v1/stream?prefix=b/&prefix=a/");
  EXPECT_EQ(client.status, 200);
  EXPECT_THAT(client.head, HasSubstr("Content-Type: text/event-stream\n"));
  EXPECT_THAT(client.head, HasSubstr("Cache-Control: no-store\n"));
  EXPECT_EQ(Take(client), kHello + State(4, absl::StrCat(Pair("a/1", "eA==", 2, 2), ",",
                                                         Pair("b/1", "eQ==", 3, 3))));
  PutKv("a/2", "z");
  PutKv("d", "no");
  DeleteKv("a/1");
  EXPECT_EQ(Take(client), Change(5, Put(Pair("a/2", "eg==", 5, 5))) + Change(7, Deleted("a/1", 7)));
  EXPECT_FALSE(client.ended);
}

TEST_F(StreamTest, NothingThereIsAStateToo) {
  Client& client = Listen("/v1/stream?prefix=a/");
  EXPECT_EQ(Take(client), kHello + State(1, ""));
  PutKv("a/", "x");
  EXPECT_EQ(Take(client), Change(2, Put(Pair("a/", "eA==", 2, 2))));
}

TEST_F(StreamTest, WithoutAPrefixItIsEverything) {
  PutKv("a", "x");
  Client& client = Listen("/v1/stream");
  EXPECT_EQ(Take(client), kHello + State(2, Pair("a", "eA==", 2, 2)));
}

TEST_F(StreamTest, GoesOnWhereTheClientIs) {
  for (const char* value : {"1", "2", "3"}) PutKv("a", value);
  const std::string rest = kHello + Change(4, Put(Pair("a", "Mw==", 2, 4)));
  EXPECT_EQ(Take(Listen("/v1/stream?index=3")), rest);
  EXPECT_EQ(Take(Listen("/v1/stream", "3")), rest);
  EXPECT_EQ(Take(Listen("/v1/stream?index=1", " 3")), rest) << "the header is the later word";
  EXPECT_EQ(Take(Listen("/v1/stream?index=4")), kHello);
  for (const char* none : {"/v1/stream?index=", "/v1/stream?index=0"}) {
    EXPECT_EQ(Take(Listen(none)), kHello + State(4, Pair("a", "Mw==", 2, 4)));
  }
}

TEST_F(StreamTest, OneCommandIsOneEvent) {
  for (const char* key : {"a/1", "a/2", "b"}) PutKv(key, "x");
  Client& client = Listen("/v1/stream?prefix=a/&prefix=n&index=4");
  wire::Txn txn;
  txn.ops = {wire::KvOp{.verb = wire::KvVerb::kSet, .key = "n", .value = "y"},
             wire::KvOp{.verb = wire::KvVerb::kDeleteTree, .key = "a/"},
             wire::KvOp{.verb = wire::KvVerb::kSet, .key = "b", .value = "y"}};
  Apply(txn);
  EXPECT_EQ(Take(client), kHello + Change(5, absl::StrCat(Deleted("a/1", 5), ",", Deleted("a/2", 5),
                                                          ",", Put(Pair("n", "eQ==", 5, 5)))));
}

TEST_F(StreamTest, WhatIsLargeComesInPiecesOfWhichTheLastHasAnId) {
  Build({}, {.piece_bytes = 1});
  for (const char* key : {"a", "b", "c"}) PutKv(key, "x");
  Client& client = Listen("/v1/stream");
  EXPECT_EQ(Take(client),
            absl::StrCat(kHello, "event: state\ndata: {\"Index\":4,\"More\":true,\"Pairs\":[",
                         Pair("a", "eA==", 2, 2), "]}\n\n",
                         "event: state\ndata: {\"Index\":4,\"More\":true,\"Pairs\":[",
                         Pair("b", "eA==", 3, 3), "]}\n\n", State(4, Pair("c", "eA==", 4, 4))));
  DeleteKv("", true);
  EXPECT_EQ(
      Take(client),
      absl::StrCat("event: change\ndata: {\"Index\":5,\"More\":true,\"Changes\":[", Deleted("a", 5),
                   "]}\n\n", "event: change\ndata: {\"Index\":5,\"More\":true,\"Changes\":[",
                   Deleted("b", 5), "]}\n\n", Change(5, Deleted("c", 5))));
}

TEST_F(StreamTest, CoalescesWhatIsPending) {
  for (const char* value : {"1", "2", "3"}) PutKv("a", value);
  PutKv("b", "1");
  PutKv("a", "4");
  DeleteKv("b");
  EXPECT_EQ(Take(Listen("/v1/stream?coalesce&index=1")),
            kHello + Change(7, absl::StrCat(Put(Pair("a", "NA==", 2, 6)), ",", Deleted("b", 7))));
}

TEST_F(StreamTest, SaysHowFarItIsWhenNothingConcernsIt) {
  Client& client = Listen("/v1/stream?prefix=quiet/&index=1");
  PutKv("noise", "1");
  PutKv("noise", "2");
  EXPECT_EQ(Take(client), kHello);
  world_.RunFor(9999ms);
  EXPECT_EQ(Take(client), "");
  world_.RunFor(1ms);
  EXPECT_EQ(Take(client), Event("progress", 3, ""));
  world_.RunFor(10s);
  EXPECT_EQ(Take(client), ":\n\n") << "no news of that either";
  PutKv("noise", "3");
  PutKv("quiet/a", "x");
  EXPECT_EQ(Take(client), Change(5, Put(Pair("quiet/a", "eA==", 5, 5))));
  PutKv("noise", "4");
  world_.RunFor(10s);
  EXPECT_EQ(Take(client), Event("progress", 6, ""));
}

TEST_F(StreamTest, WaitsForAServerThatIsBehind) {
  Client& client = Listen("/v1/stream?stale&index=4");
  for (const char* value : {"2", "3", "4"}) PutKv("a", value);
  world_.RunFor(10s);
  EXPECT_EQ(Take(client), absl::StrCat(kHello, ":\n\n")) << "the client knows these";
  PutKv("a", "5");
  EXPECT_EQ(Take(client), Change(5, Put(Pair("a", "NQ==", 2, 5))));
}

TEST_F(StreamTest, BeginsAtOneOnAServerThatKnowsNothingYet) {
  changes_->Restart(Index(0));
  EXPECT_EQ(Take(Listen("/v1/stream?stale")), kHello + State(1, ""));
}

TEST_F(StreamTest, SaysThatTheWholeClusterIsBehind) {
  PutKv("a", "1");
  const Client& client = Listen("/v1/stream?index=3");
  EXPECT_EQ(client.status, 410);
  EXPECT_EQ(client.text,
            "Index 3 is ahead of this cluster, which is at 2. Start anew, without an index.");
  EXPECT_EQ(Listen("/v1/stream?index=2").status, 200);
  // Who is not ahead of this server needs nobody's word; of who is, nobody can say it.
  consensus_.failure = absl::UnavailableError("No cluster leader");
  EXPECT_EQ(Listen("/v1/stream?index=2").status, 200);
  EXPECT_EQ(Listen("/v1/stream?index=3").status, 500);
  EXPECT_EQ(Listen("/v1/stream?stale&index=3").status, 200);
}

TEST_F(StreamTest, SaysWhenItIsTooLate) {
  Build({.bytes_max = 1 << 20, .changes_max = 2}, {});
  for (const char* value : {"2", "3", "4", "5"}) PutKv("a", value);
  const Client& client = Listen("/v1/stream?index=2");
  EXPECT_EQ(client.status, 410);
  EXPECT_EQ(client.text,
            "The changes after index 2 are no longer known: this server can resume from index 3. "
            "Start anew, without an index.");
  EXPECT_EQ(Listen("/v1/stream?index=3").status, 200);
}

TEST_F(StreamTest, ASnapshotEndsThoseWhoDoNotKnowWhatItHolds) {
  PutKv("a", "2");
  Client &behind = Listen("/v1/stream?index=2"), &ahead = Listen("/v1/stream?stale&index=20");
  changes_->Restart(Index(10));
  world_.Run();
  EXPECT_EQ(Take(behind),
            absl::StrCat(kHello, "event: too-late\nid\ndata: {\"Index\":2,\"Oldest\":10}\n\n"));
  EXPECT_TRUE(behind.ended);
  EXPECT_EQ(Take(ahead), kHello);
  EXPECT_FALSE(ahead.ended);
}

// Each time that it is asked for more, the fiber of a state gives way; the state stands.
TEST_F(StreamTest, TheStateIsThatOfOneMoment) {
  Build({}, {.piece_bytes = 1});
  for (const char* key : {"a", "b", "c"}) PutKv(key, "x");
  api::Context context{.consensus = consensus_,
                       .cluster = cluster_,
                       .store = store_,
                       .clock = world_.clock,
                       .options = {},
                       .streams = &*streams_};
  world_.OnFiber([&] {
    auto stream = *api::Stream::Open(context, {});
    std::string seen;
    const auto next = [&] {
      const auto event = stream->Next();
      ASSERT_TRUE(event.ok() && event->has_value());
      absl::StrAppend(&seen, (*event)->changes.front().pair.key, "@", (*event)->index.value, "/",
                      (*event)->changes.front().pair.modify_index, " ");
    };
    next();
    const std::string bytes = wire::EncodeCommand(wire::KvPut{"b", "y", 0, std::nullopt});
    EXPECT_TRUE(consensus_.machine().Apply({{Index(5), bytes}}).ok());
    for (int i = 0; i < 3; ++i) next();
    EXPECT_EQ(seen, "a@4/2 b@4/3 c@4/4 b@5/5 ");
  });
}

TEST_F(StreamTest, FewReadALargeStateAtATime) {
  Build({}, {.states_max = 1, .piece_bytes = 1});
  for (const char* key : {"a", "b"}) PutKv(key, "x");
  api::Context context{.consensus = consensus_,
                       .cluster = cluster_,
                       .store = store_,
                       .clock = world_.clock,
                       .options = {},
                       .streams = &*streams_};
  // The fake consensus wants no transaction open while it gives way.
  world_.OnFiber([&] {
    auto second = *api::Stream::Open(context, {});
    auto first = *api::Stream::Open(context, {});
    EXPECT_TRUE((*first->Next())->more);
    EXPECT_FALSE(second->Next()->has_value());
    const auto wakes = second->Wait();
    EXPECT_EQ(store_.open_transactions(), 1);
    EXPECT_FALSE(wakes->woken());
    EXPECT_FALSE((*first->Next())->more);
    EXPECT_TRUE(wakes->woken());
    EXPECT_TRUE((*second->Next())->more);
    EXPECT_FALSE((*second->Next())->more);
  });
}

TEST_F(StreamTest, ReadsAsTheClientWantsIt) {
  consensus_.failure = absl::UnavailableError("No cluster leader");
  EXPECT_EQ(Listen("/v1/stream").status, 500);
  EXPECT_EQ(Listen("/v1/stream?consistent").text, "No cluster leader");
  EXPECT_EQ(consensus_.last_consistency, server::Consistency::kConsistent);
  EXPECT_EQ(Listen("/v1/stream?stale").status, 200);
  EXPECT_EQ(Listen("/v1/stream?index=1").status, 200) << "nobody is asked for what is history";
}

TEST_F(StreamTest, RefusesWhatMakesNoSense) {
  const auto refused = [&](const std::string& target, const std::string& id = "") {
    const Client& client = Listen(target, id);
    return absl::StrCat(client.status, " ", client.text);
  };
  EXPECT_EQ(refused("/v1/stream?index=x"), "400 Invalid index");
  EXPECT_EQ(refused("/v1/stream?index=18446744073709551616"), "400 Invalid index");
  EXPECT_EQ(refused("/v1/stream?index=1", "-1"), "400 Invalid Last-Event-ID");
  EXPECT_EQ(refused("/v1/stream?table=nodes"), "400 Unknown table \"nodes\"; there is: kv");
  EXPECT_THAT(refused("/v1/stream?stale&consistent"), StartsWith("400 Cannot specify"));
  std::string many = "/v1/stream?prefix=";
  for (int i = 0; i < 64; ++i) absl::StrAppend(&many, "&prefix=", i);
  EXPECT_EQ(refused(many), "400 Too many prefixes (65 > 64)");
}

TEST_F(StreamTest, ThereIsALimit) {
  Build({}, {.streams_max = 1});
  Listen("/v1/stream");
  const Client& second = Listen("/v1/stream");
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.text, "Too many streams (1) on this server");
  EXPECT_THAT(second.head, HasSubstr("Retry-After: 1\n"));
}

TEST_F(StreamTest, AStopEndsItInOrder) {
  Client& client = Listen("/v1/stream");
  world_.OnFiber([&] { server_->Stop(world_.env.After(5s)).IgnoreError(); });
  EXPECT_TRUE(client.ended) << client.error;
  EXPECT_EQ(streams_->open(), 0u);
}

}  // namespace
}  // namespace konsul::net_api
