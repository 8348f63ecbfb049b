// What holds on every path, compared with Consul's pages and what its handlers answer.
#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class EveryPathTest : public RoutesTest {
 protected:
  // A path that belongs to the route.
  static std::string Example(const Router::Route& route) {
    return route.path.back() == '/' ? absl::StrCat(route.path, "x") : route.path;
  }
};

TEST_F(EveryPathTest, OptionsAndOtherMethodsAreToldWhatIsAllowed) {
  const auto routes = routes_.router().List();
  EXPECT_GE(routes.size(), 33u);
  for (const Router::Route& route : routes) {
    const std::string allow = absl::StrCat("OPTIONS,", absl::StrJoin(route.methods, ","));
    EXPECT_EQ(Full("OPTIONS " + Example(route)), absl::StrCat("200\nAllow: ", allow, "\n\n"));
    for (const char* method : {"PATCH", "HEAD", "get"}) {
      const http::Response response = Ask(absl::StrCat(method, " ", Example(route)));
      EXPECT_EQ(response.status, 405) << route.path;
      EXPECT_EQ(response.headers.Get("Allow"), allow);
      EXPECT_EQ(response.body, absl::StrCat("method ", method, " not allowed"));
    }
  }
}

TEST_F(EveryPathTest, AnotherDatacenterIsOutOfReachAndNothingIsDone) {
  for (const Router::Route& route : routes_.router().List()) {
    for (const std::string& method : route.methods) {
      EXPECT_EQ(Brief(absl::StrCat(method, " ", Example(route), "?dc=dc9"), "{}"),
                "500 No path to datacenter")
          << method << " " << route.path;
    }
  }
  EXPECT_EQ(consensus_.applied(), Index(1));
  EXPECT_EQ(cluster_.done.size(), 0u);
  EXPECT_EQ(process_.reloads, 0);
}

TEST_F(EveryPathTest, ParametersOfEveryoneChangeNothing) {
  for (const Router::Route& route : routes_.router().List()) {
    if (std::find(route.methods.begin(), route.methods.end(), "GET") == route.methods.end()) {
      continue;
    }
    const std::string ask = "GET " + Example(route);
    const std::string plain = Brief(ask);
    for (const char* query :
         {"?near=_agent", "?near=n1&dc=dc1",
          "?dc=", "?token=x&ns=default&filter=", "?node-meta=a:b&node-meta=c:d", "?unheard-of"}) {
      EXPECT_EQ(Brief(ask + query), plain) << ask << query;
    }
    const http::Response pretty = Ask(ask + "?pretty");
    EXPECT_EQ(pretty.status, Ask(ask).status);
    const bool json = pretty.headers.Get("Content-Type") == "application/json";
    EXPECT_TRUE(!json || pretty.body.back() == '\n') << ask;
  }
}

TEST_F(EveryPathTest, KeysOfJsonMatchInEitherCase) {
  EXPECT_EQ(Brief("PUT /v1/catalog/register",
                  R"({"node":"n1","ADDRESS":"10.0.0.1","nodeMETA":{"Rack":"r7"},)"
                  R"("check":{"checkid":"serfHealth","NAME":"alive","status":"passing"}})"),
            "200 true");
  EXPECT_THAT(Brief("GET /v1/catalog/nodes"), HasSubstr(R"("Meta":{"Rack":"r7"})"))
      << "names of the client's own stay as they are";
  const std::string created =
      Brief("PUT /v1/session/create", R"({"name":"a","node":"n1","lockdelay":"5s","ttl":"15s",)"
                                      R"("BEHAVIOR":"delete","nodechecks":["serfHealth"]})");
  ASSERT_THAT(created, StartsWith("200 {\"ID\":"));
  EXPECT_THAT(Brief("GET /v1/session/list"),
              HasSubstr(R"("Name":"a","Node":"n1","LockDelay":5000000000,"Behavior":"delete",)"
                        R"("TTL":"15s","NodeChecks":["serfHealth"])"));
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"kv":{"verb":"set","KEY":"k","value":"eA==","flags":7}},)"
                                   R"({"Kv":{"vERB":"get","key":"k"}}])"),
              HasSubstr(R"("Key":"k","Flags":7,"Value":"eA==")"));
  EXPECT_EQ(Brief("PUT /v1/cluster/join", R"({"ADDRESS":"127.0.0.9"})"), R"(200 {"Success":true})");
  EXPECT_EQ(Brief("PUT /v1/catalog/deregister", R"({"nOdE":"n1"})"), "200 true");
  EXPECT_EQ(Brief("GET /v1/session/list"), "200 []");
}

TEST_F(EveryPathTest, DurationsInBothSpellings) {
  Brief("PUT /v1/catalog/register", R"({"Node":"n1","Address":"10.0.0.1",)"
                                    R"("Check":{"CheckID":"serfHealth","Status":"passing"}})");
  const auto made = [&](const std::string& body) {
    const std::string created = Brief("PUT /v1/session/create", body);
    if (!absl::StartsWith(created, "200 {")) return created;
    const std::string list = Brief("GET /v1/session/info/" + created.substr(11, 36));
    const size_t delay = list.find("\"LockDelay\":");
    const size_t ttl = list.find("\"TTL\":");
    return absl::StrCat(list.substr(delay + 12, list.find(',', delay) - delay - 12), " ",
                        list.substr(ttl + 6, list.find(',', ttl) - ttl - 6));
  };
  EXPECT_EQ(made(R"({"LockDelay":"20s","TTL":"90s"})"), "20000000000 \"90s\"");
  EXPECT_EQ(made(R"({"LockDelay":20000000000,"TTL":90000000000})"), "20000000000 \"1m30s\"");
  EXPECT_EQ(made(R"({"LockDelay":20,"TTL":"1m30s"})"), "20000000000 \"1m30s\"")
      << "few nanoseconds are surely seconds";
  EXPECT_EQ(made(R"({"LockDelay":"0s","TTL":""})"), "0 \"\"");
  EXPECT_EQ(made(R"({"LockDelay":"1.5s"})"), "1500000000 \"\"");
  EXPECT_EQ(made(R"({"TTL":15})"), "500 Invalid Session TTL '15', must be between [10s=24h0m0s]");
  EXPECT_EQ(made(R"({"TTL":"25h"})"),
            "500 Invalid Session TTL '90000000000000', must be between [10s=24h0m0s]");
  EXPECT_THAT(made(R"({"LockDelay":"20"})"), StartsWith("400 Request decode failed: "));
  EXPECT_THAT(made(R"({"LockDelay":true})"), StartsWith("400 Request decode failed: "));
  EXPECT_THAT(made(R"({"TTL":[]})"), StartsWith("400 Request decode failed: "));
  for (const char* wait : {"10s", "1m30s", "250ms", "0", "-1s", "1.5h", "1us", ""}) {
    EXPECT_EQ(Brief(absl::StrCat("GET /v1/kv/?keys&wait=", wait)), "200 []") << wait;
  }
  for (const char* wait : {"10", "10%20s", "ten", "10S", "s", "10s%2B"}) {
    EXPECT_EQ(Brief(absl::StrCat("GET /v1/kv/?keys&wait=", wait)), "400 Invalid wait time") << wait;
  }
}

TEST_F(EveryPathTest, WhatIsMissingIsSaidInTheWordsThatClientsMatch) {
  EXPECT_EQ(Brief("PUT /v1/session/destroy/"), "400 Missing session");
  EXPECT_EQ(Brief("PUT /v1/session/renew/"), "400 Missing session");
  EXPECT_EQ(Brief("GET /v1/session/info/"), "400 Missing session");
  EXPECT_EQ(Brief("GET /v1/session/node/"), "400 Missing node name");
  EXPECT_EQ(Brief("PUT /v1/event/fire/"), "400 Missing name");
  EXPECT_EQ(Brief("PUT /v1/catalog/register", "{}"), "500 Must provide node");
  EXPECT_EQ(Brief("PUT /v1/catalog/register", "null"), "500 Must provide node");
  EXPECT_EQ(Brief("PUT /v1/catalog/register", R"({"Node":"n"})"),
            "500 Must provide address if SkipNodeUpdate is not set");
  EXPECT_EQ(Brief("PUT /v1/catalog/deregister", "{}"), "500 Must provide node");
  EXPECT_EQ(Brief("PUT /v1/catalog/deregister", "null"), "500 Must provide node");
  EXPECT_THAT(Brief("PUT /v1/catalog/register", "[]"), StartsWith("400 Request decode failed: "));
  EXPECT_THAT(Brief("PUT /v1/txn", "{"), StartsWith("400 Failed to parse body: "));
  EXPECT_THAT(Brief("PUT /v1/txn", "{}"), StartsWith("400 Failed to parse body: "));
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"KV":{"Verb":"set","Key":7}}])"),
              StartsWith("400 Failed to parse body: "));
}

TEST_F(EveryPathTest, IndexAndConsistencyOfReads) {
  for (const char* index : {"x", "-1", "1.5", "18446744073709551616", "0x1"}) {
    EXPECT_EQ(Brief(absl::StrCat("GET /v1/kv/a?index=", index)), "400 Invalid index") << index;
    EXPECT_EQ(Brief(absl::StrCat("GET /v1/session/list?index=", index)), "400 Invalid index");
  }
  EXPECT_EQ(Brief("PUT /v1/session/renew/x?index=x"), "400 Invalid index");
  EXPECT_EQ(Brief("PUT /v1/session/renew/?wait=5"), "400 Invalid wait time");
  EXPECT_EQ(Brief("PUT /v1/session/renew/x?stale&consistent"),
            "400 Cannot specify ?stale with ?consistent, conflicting semantics.");
  EXPECT_EQ(Brief("PUT /v1/session/destroy/x?index=x"), "200 true") << "Consul does not look there";
  EXPECT_EQ(Brief("GET /v1/kv/a?index="), "404") << "as if it were not there";
  EXPECT_EQ(Brief("GET /v1/kv/a?index=x&wait=y"), "400 Invalid wait time");
  EXPECT_EQ(Brief("GET /v1/kv/a?max_stale=soon"), "400 Invalid max_stale value \"soon\"");
  for (const char* query : {"stale&consistent", "consistent&max_stale=1s"}) {
    EXPECT_EQ(Brief(absl::StrCat("GET /v1/catalog/nodes?", query)),
              "400 Cannot specify ?stale with ?consistent, conflicting semantics.");
  }
  EXPECT_EQ(Brief("GET /v1/catalog/nodes?cached&consistent"),
            "400 Cannot specify ?cached with ?consistent, conflicting semantics.");
  EXPECT_EQ(Brief("GET /v1/catalog/nodes?cached"), "200 []");
  EXPECT_EQ(Brief("GET /v1/catalog/nodes?leader"), "200 []");
}

TEST_F(EveryPathTest, StaleOnlyAsFarAsAllowed) {
  const auto effective = [&](absl::string_view query) {
    return std::string(
        *Ask(absl::StrCat("GET /v1/kv/a?", query)).headers.Get("X-Consul-Effective-Consistency"));
  };
  consensus_.last_contact = 3s;
  EXPECT_EQ(effective("max_stale=3s"), "stale");
  EXPECT_EQ(effective("max_stale=2999ms"), "leader") << "the leader is asked then";
  EXPECT_EQ(effective("stale&max_stale=1s"), "leader");
  EXPECT_EQ(effective("stale&max_stale=0"), "stale") << "no limit";
  EXPECT_EQ(effective("max_stale="), "leader");
  consensus_.failure = absl::UnavailableError("No cluster leader");
  EXPECT_EQ(Brief("GET /v1/kv/a?max_stale=10s"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/a?max_stale=1s"), "500 No cluster leader");
}

}  // namespace
}  // namespace konsul::net_api
