// Commands that ask one question: what they send, what they print, when they fail.
#include "absl/strings/match.h"
#include "cmd/konsulctl/ctl_support.h"
#include "gmock/gmock.h"

namespace konsul::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AskTest : public CtlTest {
 protected:
  // Every request is answered the same.
  void Answer(std::string body, int status = 200) {
    Serve([=](const http::Request&) { return http::Response::Json(status, body); });
  }
};

TEST_F(AskTest, FlagsOfAllCommandsReachTheServer) {
  Answer(R"([{"Key":"k","Value":"dg==","Flags":0,"CreateIndex":1,"ModifyIndex":1,"LockIndex":0}])");
  EXPECT_EQ(Run({"kv", "get", "-token=t", "-datacenter=dc2", "-consistent", "k"}).out, "v\n");
  EXPECT_THAT(requests, ElementsAre("GET /v1/kv/k?consistent&dc=dc2"));
  EXPECT_EQ(token, "t");
  EXPECT_EQ(Run({"kv", "get", "-stale", "-consistent", "k"}).code, kExitUsage);
}

TEST_F(AskTest, ExportPrintsWhatConsulImports) {
  Answer(
      R"([{"Key":"a\"b","Value":"AQ==","Flags":18446744073709551615},{"Key":"c","Value":null}])");
  EXPECT_EQ(Run({"kv", "export", "a"}).out,
            "[\n\t{\n\t\t\"key\": \"a\\\"b\",\n\t\t\"flags\": 18446744073709551615,\n"
            "\t\t\"value\": \"AQ==\"\n\t},\n"
            "\t{\n\t\t\"key\": \"c\",\n\t\t\"flags\": 0,\n\t\t\"value\": \"\"\n\t}\n]\n");
  EXPECT_THAT(requests, ElementsAre("GET /v1/kv/a?recurse"));
}

TEST_F(AskTest, ImportWritesOneKeyAfterTheOther) {
  Answer("true");
  const std::string data = R"([{"key":"a","flags":7,"value":"MQ=="},{"key":"b","value":""}])";
  EXPECT_EQ(Run({"kv", "import", "-prefix=p", data}).out, "Imported: p/a\nImported: p/b\n");
  EXPECT_THAT(requests, ElementsAre("PUT /v1/kv/p/a?flags=7 1", "PUT /v1/kv/p/b"));
}

TEST_F(AskTest, ImportChecksAllBeforeItWritesAny) {
  Answer("true");
  for (const char* data :
       {R"([{"key":"a","value":"MQ=="},{"key":"b","value":"!"}])", R"([{"value":"MQ=="}])", "{}",
        "x", R"([{"key":"a","flags":"x","value":""}])", R"([{"key":"a","flags":-1,"value":""}])"}) {
    EXPECT_THAT(Run({"kv", "import", data}).error, HasSubstr("malformed")) << data;
  }
  EXPECT_THAT(requests, ElementsAre());
}

TEST_F(AskTest, ImportSaysWhereItStopped) {
  Serve([](const http::Request& request) {
    return absl::EndsWith(request.path, "b") ? http::Response::Text(500, "No cluster leader")
                                             : http::Response::Text(200, "true");
  });
  const Outcome outcome = Run({"kv", "import", R"([{"key":"a"},{"key":"b"},{"key":"c"}])"});
  EXPECT_EQ(outcome.out, "Imported: a\n");
  EXPECT_THAT(outcome.error, HasSubstr("No cluster leader"));
  EXPECT_THAT(outcome.error, HasSubstr("Not imported: b and what follows"));
}

TEST_F(AskTest, SessionCreateSaysOnlyWhatItWasTold) {
  Answer(R"({"ID":"s1"})");
  EXPECT_EQ(Run({"session", "create"}).out, "s1\n");
  EXPECT_EQ(Run({"session", "create", "-name=n", "-ttl=15s", "-behavior=delete", "-check="}).out,
            "s1\n");
  EXPECT_THAT(requests,
              ElementsAre("PUT /v1/session/create {}",
                          "PUT /v1/session/create "
                          R"({"Name":"n","TTL":"15s","Behavior":"delete","NodeChecks":[]})"));
  EXPECT_EQ(Run({"session", "create", "-ttl=15"}).code, kExitUsage);
}

TEST_F(AskTest, SessionsAreShown) {
  Answer(R"([{"ID":"s1","Name":"","Node":"n1","LockDelay":15000000000,"Behavior":"release",)"
         R"("TTL":"10s","NodeChecks":["serfHealth"],"CreateIndex":5,"ModifyIndex":6}])");
  EXPECT_EQ(Run({"session", "list"}).out,
            "ID  Name  Node  TTL  Behavior  LockDelay\ns1  -     n1    10s  release   15s\n");
  EXPECT_THAT(Run({"session", "info", "s1"}).out, HasSubstr("NodeChecks   serfHealth\n"));
  EXPECT_EQ(Run({"session", "renew", "s1"}).out, "Success! Session renewed: s1 for 10s\n");
  EXPECT_THAT(Run({"session", "node", "n1"}).out, HasSubstr("s1"));
  EXPECT_EQ(requests.back(), "GET /v1/session/node/n1");
}

TEST_F(AskTest, AMissingSessionIsAFailure) {
  Serve([](const http::Request& request) {
    return request.method == "PUT" ? http::Response::Text(404, "Session id 'x' not found")
                                   : http::Response::Json(200, "[]");
  });
  EXPECT_EQ(Run({"session", "info", "x"}).error, "Error! No such session: x");
  EXPECT_EQ(Run({"session", "renew", "x"}).error, "Error! No such session: x");
}

TEST_F(AskTest, TxnShowsResultsAndReasons) {
  int status = 200;
  Serve([&](const http::Request&) {
    return status == 200 ? http::Response::Json(200, R"({"Results":[],"Errors":null})")
                         : http::Response::Json(
                               409, R"({"Results":null,"Errors":[{"OpIndex":1,"What":"no key"}]})");
  });
  EXPECT_EQ(Run({"txn", "[]"}).out, "{\n    \"Results\": [],\n    \"Errors\": null\n}\n");
  EXPECT_EQ(requests.back(), "PUT /v1/txn []");
  status = 409;
  const Outcome rolled_back = Run({"txn", "-format=json", "[]"});
  EXPECT_EQ(rolled_back.error, "Error! Rolled back, nothing was changed\n  operation 1: no key");
  EXPECT_THAT(rolled_back.out, HasSubstr("\"OpIndex\":1"));
}

TEST_F(AskTest, EventsAreFiredAndListed) {
  Serve([](const http::Request& request) {
    return http::Response::Json(
        200, request.method == "PUT"
                 ? R"({"ID":"e1","Name":"deploy"})"
                 : R"([{"ID":"e1","Name":"deploy","Payload":"MQo=","LTime":4}])");
  });
  EXPECT_EQ(Run({"event", "fire", "-name=deploy", "-node=^web", "1.2"}).out, "Event ID: e1\n");
  EXPECT_EQ(Run({"event", "list", "-name=deploy"}).out,
            "ID  Name    LTime  Payload\ne1  deploy  4      1\\n\n");
  EXPECT_THAT(requests, ElementsAre("PUT /v1/event/fire/deploy?node=%5Eweb 1.2",
                                    "GET /v1/event/list?name=deploy"));
  EXPECT_EQ(Run({"event", "fire"}).code, kExitUsage);
}

TEST_F(AskTest, InfoIsInBlocks) {
  Answer(R"({"Node":"n1","Raft":{"Term":3},"Leader":true})");
  EXPECT_EQ(Run({"info"}).out, "server:\n\tNode = n1\n\tLeader = true\nRaft:\n\tTerm = 3\n");
}

}  // namespace
}  // namespace konsul::ctl
