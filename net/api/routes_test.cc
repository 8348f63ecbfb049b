// What a client of Consul sees, request by request.
#include "net/api/routes.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(RoutesTest, AFirstConversation) {
  EXPECT_EQ(Full("PUT /v1/kv/greeting?flags=18446744073709551615", "hello"),
            "200\n"
            "Content-Type: application/json\n"
            "\n"
            "true");
  EXPECT_EQ(Full("GET /v1/kv/greeting"),
            "200\n"
            "Content-Type: application/json\n"
            "X-Consul-Index: 2\n"
            "X-Consul-KnownLeader: true\n"
            "X-Consul-LastContact: 0\n"
            "X-Consul-Effective-Consistency: leader\n"
            "\n"
            R"([{"LockIndex":0,"Key":"greeting","Flags":18446744073709551615,"Value":"aGVsbG8=",)"
            R"("CreateIndex":2,"ModifyIndex":2}])");
  EXPECT_EQ(Full("GET /v1/kv/greeting?raw"),
            "200\n"
            "Content-Type: text/plain\n"
            "X-Content-Type-Options: nosniff\n"
            "Content-Security-Policy: sandbox\n"
            "X-Consul-Index: 2\n"
            "X-Consul-KnownLeader: true\n"
            "X-Consul-LastContact: 0\n"
            "X-Consul-Effective-Consistency: leader\n"
            "\n"
            "hello");
  EXPECT_EQ(Brief("DELETE /v1/kv/greeting"), "200 true");
  EXPECT_EQ(Full("GET /v1/kv/greeting"),
            "404\n"
            "X-Consul-Index: 3\n"
            "X-Consul-KnownLeader: true\n"
            "X-Consul-LastContact: 0\n"
            "X-Consul-Effective-Consistency: leader\n"
            "\n");
}

TEST_F(RoutesTest, Pretty) {
  Brief("PUT /v1/kv/a", "x");
  EXPECT_EQ(Ask("GET /v1/kv/a?pretty").body,
            "[\n"
            "    {\n"
            "        \"LockIndex\": 0,\n"
            "        \"Key\": \"a\",\n"
            "        \"Flags\": 0,\n"
            "        \"Value\": \"eA==\",\n"
            "        \"CreateIndex\": 2,\n"
            "        \"ModifyIndex\": 2\n"
            "    }\n"
            "]\n");
  EXPECT_EQ(Ask("GET /v1/kv/?keys&pretty").body, "[\n    \"a\"\n]\n");
  EXPECT_EQ(Ask("PUT /v1/kv/a?pretty", "y").body, "true\n");
}

TEST_F(RoutesTest, MissingKeys) {
  EXPECT_EQ(IndexOf("GET /v1/kv/none"), "1");
  EXPECT_EQ(Brief("GET /v1/kv/none?raw"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/none?recurse"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/?recurse"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/none?keys"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), "200 []") << "the root always exists";
  EXPECT_EQ(Brief("GET /v1/kv/?keys&pretty"), "200 []\n");
  EXPECT_EQ(Brief("DELETE /v1/kv/none"), "200 true");
  EXPECT_EQ(Brief(absl::StrCat("GET /v1/kv/", std::string(600, 'k'))), "404");
}

TEST_F(RoutesTest, EmptyValueIsNull) {
  EXPECT_EQ(Brief("PUT /v1/kv/e"), "200 true");
  EXPECT_THAT(Brief("GET /v1/kv/e"), HasSubstr(R"("Value":null,)"));
  EXPECT_EQ(Brief("GET /v1/kv/e?raw"), "200");
}

TEST_F(RoutesTest, RecurseIsSortedAndCarriesTheHighestIndex) {
  for (const char* key : {"b", "a/2", "a/1"}) Brief(absl::StrCat("PUT /v1/kv/", key), "x");
  EXPECT_EQ(Brief("GET /v1/kv/a?recurse"),
            R"(200 [{"LockIndex":0,"Key":"a/1","Flags":0,"Value":"eA==","CreateIndex":4,)"
            R"("ModifyIndex":4},{"LockIndex":0,"Key":"a/2","Flags":0,"Value":"eA==",)"
            R"("CreateIndex":3,"ModifyIndex":3}])");
  EXPECT_EQ(IndexOf("GET /v1/kv/a?recurse"), "4");
  EXPECT_EQ(IndexOf("GET /v1/kv/b?recurse"), "2");
  EXPECT_EQ(Brief("DELETE /v1/kv/a/1"), "200 true");
  EXPECT_EQ(IndexOf("GET /v1/kv/a?recurse"), "5") << "a deletion moves the prefix";
  EXPECT_EQ(Brief("DELETE /v1/kv/a/?recurse"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), R"(200 ["b"])");
  EXPECT_EQ(IndexOf("GET /v1/kv/a?recurse"), "6");
  EXPECT_EQ(Brief("DELETE /v1/kv/?recurse"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), "200 []");
}

TEST_F(RoutesTest, KeysAndSeparator) {
  for (const char* key : {"web/a", "web/b/1", "web/b/2", "x"}) {
    Brief(absl::StrCat("PUT /v1/kv/", key), "x");
  }
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), R"(200 ["web/a","web/b/1","web/b/2","x"])");
  EXPECT_EQ(Brief("GET /v1/kv/?keys&separator=/"), R"(200 ["web/","x"])");
  EXPECT_EQ(Brief("GET /v1/kv/web/?keys&separator=%2F"), R"(200 ["web/a","web/b/"])");
  EXPECT_EQ(Brief("GET /v1/kv/web/?keys&seperator=/"), R"(200 ["web/a","web/b/"])");
  EXPECT_EQ(Brief("GET /v1/kv/web/?keys&recurse"), R"(200 ["web/a","web/b/1","web/b/2"])");
  EXPECT_EQ(IndexOf("GET /v1/kv/web/?keys&separator=/"), "4");
}

TEST_F(RoutesTest, KeysAreDecodedOnceAndShownSafely) {
  EXPECT_EQ(Brief("PUT /v1/kv/a%2Fb%20c%252F%22%3C", "x"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), R"(200 ["a/b c%2F\"\u003c"])");
  EXPECT_EQ(Brief("DELETE /v1/kv/?recurse"), "200 true");
  EXPECT_EQ(Brief("PUT /v1/kv/%C3%A9%FF", "x"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), "200 [\"\xc3\xa9\\ufffd\"]");
}

TEST_F(RoutesTest, CheckAndSet) {
  EXPECT_EQ(Brief("PUT /v1/kv/a?cas=0", "1"), "200 true");
  EXPECT_EQ(Brief("PUT /v1/kv/a?cas=0", "2"), "200 false");
  EXPECT_EQ(Brief("PUT /v1/kv/a?cas=7", "2"), "200 false");
  EXPECT_EQ(Brief("PUT /v1/kv/a?cas=2", "2"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/a?raw"), "200 2");
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=2"), "200 false");
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=5"), "200 true");
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=5"), "200 true") << "nothing left to delete";
}

TEST_F(RoutesTest, BadRequestsChangeNothing) {
  const struct {
    const char* ask;
    const char* answer;
  } cases[] = {
      {"PUT /v1/kv/", "400 Missing key name"},
      {"GET /v1/kv/", "400 Missing key name"},
      {"GET /v1/kv/?raw", "400 Missing key name"},
      {"DELETE /v1/kv/", "400 Missing key name"},
      {"PUT /v1/kv/a?flags=x", "400 strconv.ParseUint: parsing \"x\": invalid syntax"},
      {"PUT /v1/kv/a?flags", "400 strconv.ParseUint: parsing \"\": invalid syntax"},
      {"PUT /v1/kv/a?flags=-1", "400 strconv.ParseUint: parsing \"-1\": invalid syntax"},
      {"PUT /v1/kv/a?flags=%2B1", "400 strconv.ParseUint: parsing \"+1\": invalid syntax"},
      {"PUT /v1/kv/a?flags=18446744073709551616",
       "400 strconv.ParseUint: parsing \"18446744073709551616\": value out of range"},
      {"PUT /v1/kv/a?cas=1.5", "400 strconv.ParseUint: parsing \"1.5\": invalid syntax"},
      {"DELETE /v1/kv/a?cas=", "400 strconv.ParseUint: parsing \"\": invalid syntax"},
      {"PUT /v1/kv/a?cas=0&acquire=s%20t", "400 Conflicting flags: acquire=s+t&cas=0\n"},
      {"PUT /v1/kv/a?release=s&acquire=s", "400 Conflicting flags: acquire=s&release=s\n"},
      {"DELETE /v1/kv/a?recurse&cas=1", "400 Conflicting flags: cas=1&recurse=\n"},
      {"GET /v1/kv/a?stale&consistent",
       "400 Cannot specify ?stale with ?consistent, conflicting semantics."},
      {"PUT /v1/kv/a?stale&consistent",
       "400 Cannot specify ?stale with ?consistent, conflicting semantics."},
      {"PUT /v1/kv/a?acquire=none", "500 invalid session \"none\""},
      {"PUT /v1/kv/a?acquire=", "500 missing session"},
      {"PUT /v1/kv/a?release=", "500 missing session"},
  };
  for (const auto& c : cases) EXPECT_EQ(Brief(c.ask, "x"), c.answer) << c.ask;
  EXPECT_EQ(consensus_.applied(), Index(1)) << "nothing was replicated";
  EXPECT_EQ(*Ask("GET /v1/kv/").headers.Get("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(RoutesTest, Limits) {
  const std::string longest(511, 'k');
  EXPECT_EQ(Brief(absl::StrCat("PUT /v1/kv/", longest), "x"), "200 true");
  EXPECT_EQ(Brief(absl::StrCat("PUT /v1/kv/", longest, "k"), "x"),
            "400 Key name (512 bytes) too long, max size: 511 bytes");
  EXPECT_EQ(Brief(absl::StrCat("DELETE /v1/kv/", longest, "k")),
            "400 Key name (512 bytes) too long, max size: 511 bytes");
  EXPECT_EQ(Brief("PUT /v1/kv/big", std::string(512 * 1024, 'v')), "200 true");
  EXPECT_EQ(Ask("GET /v1/kv/big?raw").body.size(), 512u * 1024);
  EXPECT_EQ(Brief("PUT /v1/kv/big", std::string(512 * 1024 + 1, 'v')),
            "413 Request body(524289 bytes) too large, max size: 524288 bytes.");
  EXPECT_EQ(consensus_.applied(), Index(3));
}

TEST_F(RoutesTest, Consistency) {
  Brief("PUT /v1/kv/a", "x");
  EXPECT_EQ(*Ask("GET /v1/kv/a?consistent").headers.Get("X-Consul-Effective-Consistency"),
            "consistent");
  EXPECT_EQ(consensus_.last_consistency, server::Consistency::kConsistent);
  consensus_.last_contact = 1234567us;
  EXPECT_EQ(*Ask("GET /v1/kv/?keys&stale").headers.Get("X-Consul-Effective-Consistency"), "stale");
  EXPECT_EQ(consensus_.last_consistency, server::Consistency::kStale);
  EXPECT_EQ(*Ask("GET /v1/kv/a?recurse&stale").headers.Get("X-Consul-LastContact"), "1234");
}

TEST_F(RoutesTest, WithoutALeader) {
  Brief("PUT /v1/kv/a", "x");
  consensus_.failure = absl::UnavailableError("No cluster leader");
  consensus_.leader = "";
  for (const char* ask : {"GET /v1/kv/a", "GET /v1/kv/a?consistent", "GET /v1/kv/?recurse",
                          "GET /v1/kv/?keys", "PUT /v1/kv/a", "DELETE /v1/kv/a"}) {
    EXPECT_EQ(Brief(ask, "y"), "500 No cluster leader") << ask;
  }
  const http::Response stale = Ask("GET /v1/kv/a?stale&raw");
  EXPECT_EQ(stale.body, "x");
  EXPECT_EQ(*stale.headers.Get("X-Consul-KnownLeader"), "false");
  EXPECT_EQ(Brief("GET /v1/status/leader"), "200 \"\"");

  consensus_.failure = absl::DeadlineExceededError("not applied in time");
  EXPECT_EQ(Brief("PUT /v1/kv/a", "y"), "500 not applied in time");
}

TEST_F(RoutesTest, DeadlinesComeFromTheOptions) {
  Brief("PUT /v1/kv/a", "x");
  EXPECT_EQ(consensus_.last_deadline, clock_.Now() + 10s);
  const Routes hasty(api::Context{.consensus = consensus_,
                                  .cluster = cluster_,
                                  .store = store_,
                                  .clock = clock_,
                                  .options = {.write_timeout = 1s, .read_timeout = 2s}});
  http::Request request;
  request.path = "/v1/kv/a";
  fiber::Group group(scheduler_);
  group.Spawn("request", [&] { hasty.Handle(request); });
  scheduler_.Run(clock_.Now());
  EXPECT_EQ(consensus_.last_deadline, clock_.Now() + 2s);
}

TEST_F(RoutesTest, ACancelledRequestEnds) {
  http::Request request;
  request.path = "/v1/kv/a";
  fiber::Group group(scheduler_);
  int status = 0;
  group.Spawn("request", [&] { status = routes_.Handle(request).status; });
  group.Cancel();
  scheduler_.Run(clock_.Now());
  EXPECT_EQ(status, 500);
  EXPECT_TRUE(group.empty());
}

TEST_F(RoutesTest, Status) {
  EXPECT_EQ(Full("GET /v1/status/leader"),
            "200\n"
            "Content-Type: application/json\n"
            "\n"
            "\"127.0.0.1:8300\"");
  EXPECT_EQ(Brief("GET /v1/status/peers"), R"(200 ["127.0.0.1:8300","127.0.0.2:8300"])");
  consensus_.peers.clear();
  EXPECT_EQ(Brief("GET /v1/status/peers"), "200 []");
}

TEST_F(RoutesTest, MethodsAndPaths) {
  EXPECT_EQ(Full("OPTIONS /v1/kv/a"), "200\nAllow: OPTIONS,GET,PUT,DELETE\n\n");
  EXPECT_EQ(Full("OPTIONS /v1/status/leader"), "200\nAllow: OPTIONS,GET\n\n");
  EXPECT_EQ(Full("POST /v1/kv/a"),
            "405\n"
            "Content-Type: text/plain; charset=utf-8\n"
            "Allow: OPTIONS,GET,PUT,DELETE\n"
            "\n"
            "method POST not allowed");
  EXPECT_EQ(Brief("HEAD /v1/kv/a"), "405 method HEAD not allowed");
  EXPECT_EQ(Brief("PUT /v1/status/peers"), "405 method PUT not allowed");
  for (const char* path : {"/", "/v1", "/v1/", "/v2/kv/a", "/v1/kva", "/v1/status/leader/",
                           "/v1/status/", "/v1/KV/a"}) {
    const std::string missing =
        absl::StartsWith(path, "/v1/")
            ? "404 Invalid URL path: not a recognized HTTP API endpoint"
            : "404 Invalid URL path: if attempting to use the HTTP API, ensure the path starts "
              "with '/v1/'";
    EXPECT_EQ(Brief(absl::StrCat("GET ", path)), missing) << path;
    EXPECT_EQ(Brief(absl::StrCat("OPTIONS ", path)), missing) << path;
  }
  EXPECT_THAT(Brief("OPTIONS *"), StartsWith("404 Invalid URL path: "));
  EXPECT_EQ(Full("GET /v1/kv?recurse"), "301\nLocation: /v1/kv/?recurse\n\n");
}

// Data of another namespace or partition is not to be read from this one, nor written into it.
TEST_F(RoutesTest, OtherNamespacesAndPartitionsAreRefused) {
  for (const char* path : {"GET /v1/kv/a", "GET /v1/status/leader", "GET /v1/catalog/nodes",
                           "GET /v1/session/list", "PUT /v1/txn", "PUT /v1/kv/a", "GET /v1/nix"}) {
    EXPECT_EQ(Brief(absl::StrCat(path, "?ns=x")),
              "400 Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature");
    EXPECT_EQ(Brief(absl::StrCat(path, "?partition=x")),
              "400 Invalid query parameter: \"partition\" - Partitions are a Consul Enterprise "
              "feature");
  }
  EXPECT_THAT(Brief("GET /v1/status/leader?ns=default&partition="), StartsWith("200 "));
  request_headers_.Set("x-consul-namespace", "default");
  EXPECT_THAT(Brief("GET /v1/status/leader"), StartsWith("200 "));
  request_headers_.Set("x-consul-namespace", "x");
  EXPECT_EQ(Brief("GET /v1/status/leader"),
            "400 Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise "
            "feature");
  request_headers_ = {};
  request_headers_.Set("X-Consul-Partition", "x");
  EXPECT_EQ(Brief("GET /v1/status/leader"),
            "400 Invalid header: \"X-Consul-Partition\" - Partitions are a Consul Enterprise "
            "feature");
}

// What is written while it is sent is what would have been written at once.
TEST_F(RoutesTest, LongListsAreSentPieceByPiece) {
  std::string expected = "[";
  for (int i = 0; i < 300; ++i) {
    const std::string key = absl::StrCat("long/", 1000 + i);
    EXPECT_EQ(Brief(absl::StrCat("PUT /v1/kv/", key), std::string(1000, 'x')), "200 true");
    const std::string one = Ask(absl::StrCat("GET /v1/kv/", key)).body;
    absl::StrAppend(&expected, i > 0 ? "," : "", one.substr(1, one.size() - 2));
  }
  http::Response response = Ask("GET /v1/kv/long/?recurse");
  EXPECT_EQ(response.body, "");
  ASSERT_NE(response.stream, nullptr);
  std::string body;
  int pieces = 0;
  for (auto step = http::BodyStream::Step::kMore; step == http::BodyStream::Step::kMore; ++pieces) {
    std::string piece;
    step = *response.stream->Next(piece);
    EXPECT_LT(piece.size(), 70'000u);
    body += piece;
  }
  EXPECT_EQ(body, expected + "]");
  EXPECT_GT(pieces, 5);
  EXPECT_EQ(Ask("GET /v1/kv/long/?keys").stream, nullptr);
}

}  // namespace
}  // namespace konsul::net_api
