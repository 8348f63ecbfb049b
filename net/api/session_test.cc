// Sessions, locks, transactions, nodes and events as clients see them.
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class SessionRoutesTest : public RoutesTest {
 protected:
  SessionRoutesTest() {
    EXPECT_EQ(Brief("PUT /v1/catalog/register", R"({"Node":"n1","Address":"10.0.0.1",)"
                                                R"("Check":{"CheckID":"serfHealth",)"
                                                R"("Name":"alive","Status":"passing"}})"),
              "200 true");
  }
  // The id.
  std::string Create(std::string body = "") {
    const http::Response response = Ask("PUT /v1/session/create", std::move(body));
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body.size() > 43 ? response.body.substr(7, 36) : response.body;
  }
};

TEST_F(SessionRoutesTest, ASessionIsShownAsItWasMade) {
  const std::string id =
      Create(R"({"name":"web","TTL":"15s","LockDelay":"5s","Behavior":"delete"})");
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}"));
  const std::string shown =
      absl::StrCat(R"(200 [{"ID":")", id,
                   R"(","Name":"web","Node":"n1","LockDelay":5000000000,"Behavior":"delete",)"
                   R"("TTL":"15s","NodeChecks":["serfHealth"],"ServiceChecks":null,)"
                   R"("CreateIndex":3,"ModifyIndex":3}])");
  EXPECT_EQ(Brief("GET /v1/session/info/" + id), shown);
  EXPECT_EQ(Brief("GET /v1/session/list"), shown);
  EXPECT_EQ(Brief("GET /v1/session/node/n1"), shown);
  EXPECT_EQ(Brief("PUT /v1/session/renew/" + id), shown);
  EXPECT_EQ(Brief("GET /v1/session/node/n2"), "200 []");
  EXPECT_EQ(Brief("PUT /v1/session/destroy/" + id), "200 true");
  EXPECT_EQ(Brief("GET /v1/session/info/" + id), "200 []");
  EXPECT_EQ(Brief("PUT /v1/session/renew/" + id), "404 Session id '" + id + "' not found");
  EXPECT_EQ(Brief("PUT /v1/session/destroy/" + id), "200 true");
}

TEST_F(SessionRoutesTest, DefaultsAndSmallNumbersThatMeanSeconds) {
  EXPECT_THAT(Brief("GET /v1/session/info/" + Create()),
              HasSubstr(R"("LockDelay":15000000000,"Behavior":"release","TTL":"")"));
  EXPECT_THAT(Brief("GET /v1/session/info/" + Create(R"({"LockDelay":7})")),
              HasSubstr(R"("LockDelay":7000000000,)"));
  EXPECT_THAT(Brief("GET /v1/session/info/" + Create(R"({"LockDelay":"5m"})")),
              HasSubstr(R"("LockDelay":60000000000,)"));
  EXPECT_THAT(Brief("GET /v1/session/info/" + Create(R"({"checks":[]})")),
              HasSubstr(R"("NodeChecks":[],"ServiceChecks":null,"CreateIndex")"));
}

TEST_F(SessionRoutesTest, WhatMakesNoSenseIsSaidInTheWordsThatClientsMatch) {
  EXPECT_EQ(Brief("PUT /v1/session/create", R"({"TTL":"1s"})"),
            "500 Invalid Session TTL '1000000000', must be between [10s=24h0m0s]");
  EXPECT_THAT(Brief("PUT /v1/session/create", R"({"TTL":"soon"})"),
              StartsWith("500 Session TTL 'soon' invalid"));
  EXPECT_EQ(Brief("PUT /v1/session/create", R"({"Behavior":"keep"})"),
            "500 Invalid Behavior setting 'keep'");
  EXPECT_EQ(Brief("PUT /v1/session/create", R"({"Node":"nx"})"), "500 Missing node registration");
  EXPECT_EQ(Brief("PUT /v1/session/create", R"({"Checks":["db"]})"),
            "500 Missing check 'db' registration");
  EXPECT_THAT(Brief("PUT /v1/session/create", "{"), StartsWith("400 Request decode failed: "));
  EXPECT_EQ(Brief("PUT /v1/session/create", R"({"Name":7})"),
            "400 Request decode failed: \"Name\" is not a string");
  EXPECT_EQ(Brief("PUT /v1/session/destroy/"), "400 Missing session");
  EXPECT_EQ(Brief("GET /v1/session/node/"), "400 Missing node name");
}

// Each as a Consul 1.16.1 answered, whose errors begin with "apply failed: ".
TEST_F(SessionRoutesTest, ChecksUnderTheirThreeNames) {
  Brief("PUT /v1/catalog/register",
        R"({"Node":"n1","Address":"10.0.0.1","Checks":[{"CheckID":"c1","Status":"passing"},)"
        R"({"CheckID":"bad","Status":"critical"}]})");
  const auto made = [&](const std::string& body) {
    const std::string created = Brief("PUT /v1/session/create", body);
    if (created.substr(0, 5) != "200 {") return created;
    const std::string shown = Brief("GET /v1/session/info/" + created.substr(11, 36));
    const size_t from = shown.find("\"NodeChecks\":") + 13;
    return shown.substr(from, shown.find(",\"CreateIndex") - from);
  };
  const struct {
    const char* body;
    const char* shown;
  } cases[] = {
      {"", R"(["serfHealth"],"ServiceChecks":null,"Checks":["serfHealth"])"},
      {"null", R"(["serfHealth"],"ServiceChecks":null)"},
      {R"({"Node":null})", R"(["serfHealth"],"ServiceChecks":null)"},
      {R"({"Checks":null})", R"([],"ServiceChecks":null)"},
      {R"({"NodeChecks":[]})", R"([],"ServiceChecks":null)"},
      {R"({"Checks":["c1"]})", R"(["serfHealth"],"ServiceChecks":null,"Checks":["c1"])"},
      {R"({"Checks":["serfHealth"]})", R"(["serfHealth"],"ServiceChecks":null)"},
      {R"({"Checks":["serfHealth","c1"]})",
       R"(["serfHealth"],"ServiceChecks":null,"Checks":["serfHealth","c1"])"},
      {R"({"NodeChecks":["c1"]})", R"(["c1"],"ServiceChecks":null)"},
      {R"({"Checks":["serfHealth"],"NodeChecks":["c1"]})", R"(["c1"],"ServiceChecks":null)"},
      {R"({"Checks":["c1"],"NodeChecks":["c1"]})",
       R"(["c1"],"ServiceChecks":null,"Checks":["c1"])"},
      {R"({"Checks":[],"NodeChecks":["serfHealth"]})", R"([],"ServiceChecks":null)"},
      {R"({"Checks":["nope"],"NodeChecks":[]})", R"([],"ServiceChecks":null)"},
      {R"({"Checks":["nope"],"NodeChecks":["serfHealth"]})",
       "500 Missing check 'nope' registration"},
      {R"({"Checks":["bad"]})", "500 Check 'bad' is in critical state"},
      {R"({"ServiceChecks":[]})", R"(["serfHealth"],"ServiceChecks":null)"},
      {R"({"ServiceChecks":[{"ID":"c1"}]})",
       R"(["serfHealth"],"ServiceChecks":[{"ID":"c1","Namespace":""}])"},
      {R"({"Checks":[],"ServiceChecks":[{"id":"c1"}]})",
       R"([],"ServiceChecks":[{"ID":"c1","Namespace":""}])"},
      {R"({"ServiceChecks":[{"ID":"x"}]})", "500 Missing check 'x' registration"},
      {R"({"ServiceChecks":[{"ID":"bad"}]})", "500 Check 'bad' is in critical state"},
      {R"({"Node":""})", "500 Must provide Node"},
      {R"({"Node":"","TTL":"1s"})", "500 Must provide Node"},
  };
  for (const auto& c : cases) EXPECT_EQ(made(c.body), c.shown) << c.body;
  EXPECT_THAT(made(R"({"ServiceChecks":["c1"]})"), StartsWith("400 Request decode failed: "));
}

TEST_F(SessionRoutesTest, ALockIsTakenOnceAndGivenBack) {
  const std::string a = Create();
  const std::string b = Create();
  EXPECT_EQ(Brief("PUT /v1/kv/k?flags=9&acquire=" + a, "A"), "200 true");
  EXPECT_EQ(Brief("PUT /v1/kv/k?acquire=" + b, "B"), "200 false");
  EXPECT_EQ(Brief("GET /v1/kv/k"),
            absl::StrCat(R"(200 [{"LockIndex":1,"Key":"k","Flags":9,"Value":"QQ==","Session":")", a,
                         R"(","CreateIndex":5,"ModifyIndex":5}])"));
  EXPECT_EQ(Brief("PUT /v1/kv/k?release=" + b), "200 false");
  EXPECT_EQ(Brief("PUT /v1/kv/k?release=nobody"), "200 false");
  EXPECT_EQ(Brief("PUT /v1/kv/k?release=aaaaaaaa-6e26-13a9-51e1-76b952f0c8e4"), "200 false");
  EXPECT_EQ(Brief("PUT /v1/kv/k?release=" + a), "200 true");
  EXPECT_THAT(Brief("GET /v1/kv/k"), Not(HasSubstr("Session")));
  EXPECT_THAT(Brief("PUT /v1/kv/k?acquire=nobody"), StartsWith("500 invalid session"));
  EXPECT_THAT(Brief("PUT /v1/kv/k?acquire="), StartsWith("500 missing session"));
}

TEST_F(SessionRoutesTest, TransactionsAnswerResultsOrErrors) {
  EXPECT_EQ(Brief("PUT /v1/txn",
                  R"([{"KV":{"Verb":"set","Key":"a","Value":"eA==","Flags":18446744073709551615}},)"
                  R"({"kv":{"verb":"get","key":"a"}},{"KV":{"Verb":"delete","Key":"a"}}])"),
            R"(200 {"Results":[{"KV":{"LockIndex":0,"Key":"a","Flags":18446744073709551615,)"
            R"("Value":null,"CreateIndex":3,"ModifyIndex":3}},{"KV":{"LockIndex":0,"Key":"a",)"
            R"("Flags":18446744073709551615,"Value":"eA==","CreateIndex":3,"ModifyIndex":3}}],)"
            R"("Errors":null})");
  EXPECT_EQ(Brief("PUT /v1/txn", R"([{"KV":{"Verb":"cas","Key":"a","Index":9,"Value":"eA=="}}])"),
            R"(409 {"Results":null,"Errors":[{"OpIndex":0,)"
            R"("What":"failed to set key \"a\", index is stale"}]})");
  for (const char* empty : {"[]", "null", R"([{"KV":{"Verb":"delete","Key":"n"}}])",
                            R"([{"KV":{"Verb":"get-tree","Key":"n/"}}])"}) {
    EXPECT_EQ(Brief("PUT /v1/txn", empty), R"(200 {"Results":[],"Errors":null})") << empty;
  }
  const Index before = consensus_.applied();
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"KV":{"Verb":"get","Key":"a"}}])"), StartsWith("409 "));
  EXPECT_EQ(consensus_.applied(), before) << "what only reads is no entry";
}

TEST_F(SessionRoutesTest, BadTransactionsAreRefused) {
  EXPECT_THAT(Brief("PUT /v1/txn", "{}"), StartsWith("400 Failed to parse body"));
  EXPECT_THAT(Brief("PUT /v1/txn", "[{}]"), StartsWith("400 no operation"));
  for (const char* value : {"?", "YQ", "YQ=", "YQ..", "Y Q==", "YWI=YWI="}) {
    EXPECT_EQ(Brief("PUT /v1/txn",
                    absl::StrCat(R"([{"KV":{"Verb":"set","Key":"a","Value":")", value, R"("}}])")),
              "400 Failed to parse body: \"Value\" is not base64")
        << value;
  }
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"KV":{"Verb":"set","Key":"a","Value":"YWI\n="}}])"),
              StartsWith("200 "));
  for (const char* op : {R"({"Nope":{}})", R"({"KV":{"Verb":"set","Key":"a","Nope":1}})",
                         R"({"Node":{"Verb":"set","Node":{"Node":"n","Nope":1}}})",
                         R"({"Check":{"Verb":"set","Check":{"Node":"n","Nope":1}}})"}) {
    EXPECT_EQ(Brief("PUT /v1/txn", absl::StrCat("[", op, "]")),
              R"(400 Failed to parse body: json: unknown field "Nope")")
        << op;
  }
  EXPECT_EQ(Brief("PUT /v1/txn", R"([{"Service":{"Verb":"get","Node":"n"}}])"),
            "400 operations on services are not supported");
  std::string many = "[";
  for (int i = 0; i < 129; ++i) {
    absl::StrAppend(&many, i > 0 ? "," : "", R"({"KV":{"Verb":"get","Key":"a"}})");
  }
  EXPECT_EQ(Brief("PUT /v1/txn", many + "]"),
            "413 Transaction contains too many operations (129 > 128)");
}

// Whatever the state is: nothing is replicated.
TEST_F(SessionRoutesTest, OperationsThatCannotBeDoneAreNamed) {
  const Index before = consensus_.applied();
  EXPECT_EQ(Brief("PUT /v1/txn", R"([{"KV":{"Verb":"put","Key":"a"}},{"KV":{"Verb":"set",)"
                                 R"("Key":"a"}},{"KV":{"Verb":"get-tree","Key":""}},)"
                                 R"({"Node":{"Verb":"put","Node":{"Node":"n"}}},)"
                                 R"({"Check":{"Verb":"put","Check":{"Node":"n"}}}])"),
            R"(409 {"Results":null,"Errors":[{"OpIndex":0,"What":"unknown KV verb \"put\""},)"
            R"({"OpIndex":2,"What":"Must provide key"},)"
            R"({"OpIndex":3,"What":"unknown Node verb \"put\""},)"
            R"({"OpIndex":4,"What":"unknown Check verb \"put\""}]})");
  const auto one = [&](absl::string_view op) {
    return Brief("PUT /v1/txn", absl::StrCat("[", op, "]"));
  };
  EXPECT_THAT(one(R"({"Node":{"Verb":"set","Node":{"Address":"a"}}})"),
              HasSubstr("Must provide node"));
  EXPECT_THAT(one(R"({"Node":{"Verb":"set","Node":{"Node":"n","ID":"bad"}}})"),
              HasSubstr("Bad node ID: uuid string is wrong length"));
  EXPECT_THAT(one(R"({"Check":{"Verb":"set","Check":{"CheckID":"c"}}})"),
              HasSubstr("Must provide node"));
  EXPECT_THAT(one(R"({"Check":{"Verb":"set","Check":{"Node":"n"}}})"),
              HasSubstr("Must provide check"));
  EXPECT_THAT(one(R"({"Check":{"Verb":"set","Check":{"Node":"n","CheckID":"c","ServiceID":"s"}}})"),
              HasSubstr("Missing service registration"));
  EXPECT_EQ(consensus_.applied(), before);
  EXPECT_THAT(one(R"({"KV":{"Verb":"delete-tree","Key":""}})"), StartsWith("200 "));
}

TEST_F(SessionRoutesTest, NodesOfTransactionsHaveADatacenterAndAnId) {
  constexpr char kId[] = "bd0e1c4c-0000-0000-0000-000000000001";
  const std::string node = absl::StrCat(R"({"ID":")", kId, R"(","Node":"n","Address":"a",)");
  EXPECT_THAT(Brief("PUT /v1/txn", absl::StrCat(R"([{"Node":{"Verb":"set","Node":{"Node":"n",)"
                                                R"("Address":"a","ID":")",
                                                kId, R"("}}}])")),
              HasSubstr(absl::StrCat(node, R"("Datacenter":"dc1")")));
  EXPECT_THAT(Brief("PUT /v1/txn", absl::StrCat(R"([{"Node":{"Verb":"get","Node":{"ID":")",
                                                absl::AsciiStrToUpper(kId), R"("}}}])")),
              StartsWith(absl::StrCat(R"(200 {"Results":[{"Node":)", node)));
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"Node":{"Verb":"get","Node":{"ID":"bd","Node":"n"}}}])"),
              StartsWith("200 "));
  EXPECT_THAT(Brief("PUT /v1/txn", R"([{"Node":{"Verb":"get","Node":{"Node":"n","ID":)"
                                   R"("bd0e1c4c-0000-0000-0000-000000000002"}}}])"),
              HasSubstr(R"("What":"node \"n\" doesn't exist")"));
}

TEST_F(SessionRoutesTest, ChecksOfTransactions) {
  Brief("PUT /v1/catalog/register", R"({"Node":"n","Address":"a"})");
  const std::string check =
      R"(200 {"Results":[{"Check":{"Node":"n","CheckID":"c","Name":"C","Status":"passing",)"
      R"("Notes":"","Output":"o","ServiceID":"","ServiceName":"","ServiceTags":null,"Type":"",)"
      R"("Interval":"","Timeout":"","ExposedPort":0,"Definition":{},"CreateIndex":4,)"
      R"("ModifyIndex":4}}],"Errors":null})";
  EXPECT_EQ(Brief("PUT /v1/txn", R"([{"Check":{"Verb":"cas","Check":{"Node":"n","CheckID":"c",)"
                                 R"("Name":"C","Status":"passing","Output":"o"}}}])"),
            check);
  EXPECT_EQ(Brief("PUT /v1/txn?stale",
                  R"([{"Check":{"Verb":"get","Check":{"Node":"n","CheckID":"c"}}}])"),
            check);
}

TEST_F(SessionRoutesTest, AnEventsIdSaysItsIndex) {
  EXPECT_EQ(IndexOf("GET /v1/event/list"), "1");
  const http::Response fired = Ask("PUT /v1/event/fire/deploy?node=web", "now");
  EXPECT_THAT(fired.body, HasSubstr(R"("Name":"deploy","Payload":"bm93","NodeFilter":"web")"));
  const auto hex = [&](size_t from, size_t size) {
    return std::stoull(fired.body.substr(7 + from, size), nullptr, 16);
  };
  const uint64_t low = hex(0, 8) << 32 | hex(9, 4) << 16 | hex(14, 4);
  const uint64_t high = hex(19, 4) << 48 | hex(24, 12);
  EXPECT_EQ(low ^ high, 3u);
  EXPECT_EQ(IndexOf("GET /v1/event/list?name=deploy"), "3");
  EXPECT_EQ(IndexOf("GET /v1/event/list?name=other"), "1");
  EXPECT_THAT(Brief("GET /v1/event/list"), HasSubstr(R"("LTime":1}])"));
}

TEST_F(SessionRoutesTest, FiltersOfEventsAreRegularExpressions) {
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?tag=t"),
            "500 Cannot provide tag filter without service filter");
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?tag=t&node=%5B"),
            "500 Cannot provide tag filter without service filter");
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?node=%5B"),
            "500 Invalid node filter: error parsing regexp: missing closing ]: `[`");
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?service=%28"),
            "500 Invalid service filter: error parsing regexp: missing closing ): `(`");
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?service=s&tag=%2A"),
            "500 Invalid tag filter: error parsing regexp: missing argument to repetition "
            "operator: `*`");
  EXPECT_EQ(Brief("PUT /v1/event/fire/?tag=x"), "400 Missing name");
  EXPECT_EQ(Brief("GET /v1/event/list"), "200 []");
  EXPECT_EQ(Brief("PUT /v1/event/fire/x?tag=&service=a&tag=b&node=%28%3Fi%29web").substr(0, 3),
            "200");
}

TEST_F(SessionRoutesTest, NodesAreListed) {
  EXPECT_EQ(Brief("GET /v1/catalog/nodes"),
            R"(200 [{"ID":"","Node":"n1","Address":"10.0.0.1","Datacenter":"dc1",)"
            R"("TaggedAddresses":null,"Meta":null,"CreateIndex":2,"ModifyIndex":2}])");
  EXPECT_EQ(Brief("PUT /v1/catalog/register", R"({"Node":"n1"})"),
            "500 Must provide address if SkipNodeUpdate is not set");
  EXPECT_EQ(Brief("PUT /v1/catalog/deregister", R"({"Node":"n1"})"), "200 true");
  EXPECT_EQ(Brief("GET /v1/catalog/nodes"), "200 []");
  EXPECT_EQ(IndexOf("GET /v1/catalog/nodes"), "3");
}

TEST_F(SessionRoutesTest, TheAgentKnowsItselfAndTheServers) {
  EXPECT_THAT(
      Brief("GET /v1/agent/self"),
      HasSubstr(R"({"Config":{"Datacenter":"dc1","PrimaryDatacenter":"dc1","NodeName":"n1")"));
  EXPECT_THAT(Brief("GET /v1/agent/self"), HasSubstr(R"("SessionTTLMin":10000000000)"));
  EXPECT_THAT(Brief("GET /v1/agent/members"),
              HasSubstr(R"({"Name":"n2","Addr":"127.0.0.2","Port":8300,)"));
  EXPECT_EQ(Brief("GET /v1/catalog/datacenters"), R"(200 ["dc1"])");
}

TEST_F(SessionRoutesTest, AnotherDatacenterIsFarAway) {
  EXPECT_EQ(Brief("GET /v1/kv/a?dc=dc1"), "404");
  EXPECT_EQ(Brief("GET /v1/kv/a?dc="), "404");
  EXPECT_EQ(Brief("GET /v1/kv/a?dc=dc2"), "500 No path to datacenter");
}

}  // namespace
}  // namespace konsul::net_api
