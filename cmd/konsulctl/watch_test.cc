// `konsulctl watch` against a server whose answers the test changes, on virtual time.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/ctl_support.h"
#include "gmock/gmock.h"

namespace konsul::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class WatchTest : public CtlTest {
 protected:
  void SetUp() override {
    Serve([this](const http::Request& request) {
      // Waits as a server does, for 30 s.
      const auto seen = request.Query("index");
      for (int i = 0; i < 300 && seen == absl::StrCat(index); ++i) {
        if (!world.env.Sleep(100ms).ok()) break;
      }
      http::Response response =
          status == 500 ? http::Response::Text(500, "No cluster leader") : Json(body, index);
      response.status = status;
      return response;
    });
  }
  void Change(std::string to, int with_status = 200) {
    body = std::move(to);
    status = with_status;
    ++index;
  }
  void StartWatch(std::vector<std::string> args) {
    args.insert(args.begin(), "watch");
    Start(args, outcome);
    world.RunFor(1s);
  }
  void Stop() {
    host.signals.TryPush(SIGTERM);
    world.RunFor(1s);
    ASSERT_TRUE(outcome);
  }
  std::vector<std::string> Inputs() const {
    std::vector<std::string> inputs;
    for (const auto& spec : host.started) inputs.push_back(spec.input.value_or("(none)"));
    return inputs;
  }

  std::string body = R"([{"Key":"k","Value":"MQ=="}])";
  int status = 200;
  uint64_t index = 7;
  std::optional<Outcome> outcome;
};

TEST_F(WatchTest, WithoutACommandPrintsOnce) {
  EXPECT_EQ(Run({"watch", "-type=key", "-key=k"}).error, "");
  EXPECT_EQ(host.printed, "{\n    \"Key\": \"k\",\n    \"Value\": \"MQ==\"\n}\n");
  EXPECT_THAT(requests, ElementsAre("GET /v1/kv/k"));
}

TEST_F(WatchTest, FollowPrintsALineForEachChange) {
  StartWatch({"-type=key", "-key=k", "-follow"});
  Change("", 404);
  world.RunFor(1s);
  Change("[{\"Key\":\"k\"}]");
  world.RunFor(1s);
  EXPECT_EQ(host.printed, "{\"Key\":\"k\",\"Value\":\"MQ==\"}\nnull\n{\"Key\":\"k\"}\n");
  EXPECT_EQ(requests.back(), "GET /v1/kv/k?index=9&wait=300s");
  Stop();
  EXPECT_EQ(outcome->error, "");
  EXPECT_THAT(host.complaints, ElementsAre());
}

TEST_F(WatchTest, RunsTheCommandAtEachChangeAndOnlyThen) {
  host.ends_with = 0;
  StartWatch({"-type=keyprefix", "-prefix=a/", "-shell=false", "handler", "-v"});
  EXPECT_EQ(host.Variable("KONSUL_INDEX"), "7");
  EXPECT_THAT(host.started[0].words, ElementsAre("handler", "-v"));
  world.RunFor(100s);  // answers without a change
  ++index;             // and one with a new index only
  world.RunFor(1s);
  EXPECT_THAT(host.started, SizeIs(1));
  Change("", 404);
  world.RunFor(1s);
  EXPECT_THAT(Inputs(), ElementsAre("[{\"Key\":\"k\",\"Value\":\"MQ==\"}]\n", "[]\n"));
  EXPECT_EQ(requests[0], "GET /v1/kv/a/?recurse");
  Stop();
}

TEST_F(WatchTest, OfEventsOnlyNewOnes) {
  host.ends_with = 0;
  body = R"([{"ID":"1"},{"ID":"2"}])";
  StartWatch({"-type=event", "-name=deploy", "handler"});
  Change(R"([{"ID":"2"},{"ID":"3"},{"ID":"4"}])");
  world.RunFor(1s);
  Change(R"([{"ID":"9"}])");  // none of those seen is left
  world.RunFor(1s);
  EXPECT_THAT(Inputs(), ElementsAre("[{\"ID\":\"1\"},{\"ID\":\"2\"}]\n",
                                    "[{\"ID\":\"3\"},{\"ID\":\"4\"}]\n", "[{\"ID\":\"9\"}]\n"));
  Stop();
}

TEST_F(WatchTest, AFailedCommandEndsTheWatch) {
  host.ends_with = 3;
  EXPECT_EQ(Run({"watch", "-type=nodes", "handler"}).error,
            "Error! The command failed with exit code 3");
}

TEST_F(WatchTest, TroubleAtTheBeginningIsAnErrorAndLaterIsWaitedOut) {
  status = 500;
  EXPECT_THAT(Run({"watch", "-type=nodes"}).error, HasSubstr("No cluster leader"));
  status = 200;
  StartWatch({"-type=nodes", "-follow"});
  Change("", 500);
  world.RunFor(20s);
  EXPECT_FALSE(outcome);
  EXPECT_THAT(host.complaints, SizeIs(::testing::AllOf(::testing::Ge(3u), ::testing::Le(6u))));
  Change("[1]");
  world.RunFor(20s);
  EXPECT_THAT(host.printed, HasSubstr("\n[1]\n"));
  Stop();
}

TEST_F(WatchTest, AnIndexThatGoesBackBeginsAnew) {
  StartWatch({"-type=nodes", "-follow"});
  index = 3;
  world.RunFor(1s);
  EXPECT_EQ(requests[1], "GET /v1/catalog/nodes?index=7&wait=300s");
  EXPECT_EQ(requests[2], "GET /v1/catalog/nodes");
  EXPECT_EQ(requests[3], "GET /v1/catalog/nodes?index=3&wait=300s");
  Stop();
}

TEST_F(WatchTest, ASignalEndsTheCommandToo) {
  StartWatch({"-type=nodes", "handler"});
  ASSERT_EQ(host.children.size(), 1u);
  Stop();
  EXPECT_THAT(host.children[0]->signals, ElementsAre(SIGTERM));
}

TEST_F(WatchTest, WrongUse) {
  EXPECT_EQ(Run({"watch"}).code, kExitUsage);
  EXPECT_THAT(Run({"watch", "-type=key"}).error, HasSubstr("needs -key"));
  EXPECT_THAT(Run({"watch", "-type=keyprefix"}).error, HasSubstr("needs -prefix"));
  EXPECT_THAT(Run({"watch", "-type=service"}).error, HasSubstr("not service"));
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace konsul::ctl
