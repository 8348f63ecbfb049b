#include "net/http/access_log.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"

namespace konsul::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

// Whole lines, from a level on.
class LineLogger : public Logger {
 public:
  bool Enabled(LogLevel level) const override { return level >= least; }
  void Write(LogLevel level, absl::string_view component, absl::string_view message,
             absl::Span<const LogField> fields) override {
    std::string line = absl::StrCat(LogLevelName(level), " ", component, " ", message, ":");
    for (const LogField& field : fields) absl::StrAppend(&line, " ", field.key, "=", field.value);
    lines.push_back(std::move(line));
  }
  LogLevel least = LogLevel::kDebug;
  std::vector<std::string> lines;
};

class AccessLogTest : public ::testing::Test {
 protected:
  std::string Id(const std::string& sent = {}) {
    Request request = Request::Make("GET", "/a?token=secret");
    request.path = "/a";
    request.peer = {"10.0.0.1", 99};
    if (!sent.empty()) request.headers.Add("x-request-id", sent);
    const Response response = handler(request);
    EXPECT_EQ(response.headers.Count("X-Request-Id"), 1u);
    return std::string(*response.headers.Get("X-Request-Id"));
  }

  MemoryWorld world;
  LineLogger logger;
  env::Env env{world.clock, world.network, world.disk, env::Random(1), world.scheduler, logger};
  AccessLogOptions options;
  AccessLog log{env, options};
  Duration takes{};
  int status = 200;
  Handler handler = log.Around([this](const Request&) {
    world.clock.now = world.clock.now + takes;
    return Response::Text(status, "text");
  });
};

TEST_F(AccessLogTest, TakesTheClientsNameAndAnswersIt) {
  EXPECT_EQ(Id("deploy-17/step:3"), "deploy-17/step:3");
  EXPECT_THAT(logger.lines,
              ElementsAre("debug http request: method=GET path=/a status=200 us=0 bytes=4 "
                          "id=deploy-17/step:3 peer=10.0.0.1:99"));
}

TEST_F(AccessLogTest, MakesNamesThatAreTheSameInEveryRun) {
  const std::string first = Id();
  EXPECT_THAT(first, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(Id(), first);
  AccessLog again(env, options);
  const Response response =
      again.Around([](const Request&) { return Response(); })(Request::Make("GET", "/"));
  EXPECT_EQ(response.headers.Get("X-Request-Id"), first);
}

TEST_F(AccessLogTest, NamesThatWouldHarmAreReplaced) {
  EXPECT_EQ(Id(std::string(128, 'x')), std::string(128, 'x'));
  for (const std::string& bad :
       {std::string(129, 'x'), std::string("a b"), std::string("\xc3\xa9"), std::string("a\tb")}) {
    EXPECT_THAT(Id(bad), MatchesRegex("[0-9a-f]{16}")) << bad;
  }
}

TEST_F(AccessLogTest, AtInfoOnlyWhatIsSlowOrFailed) {
  logger.least = LogLevel::kInfo;
  takes = 1s;
  Id("quick");
  status = 404;
  Id("missing");
  EXPECT_THAT(logger.lines, IsEmpty());
  takes = 1001ms;
  Id("slow");
  takes = 5ms;
  status = 503;
  Id("bad");
  EXPECT_THAT(logger.lines,
              ElementsAre("info http slow request: method=GET path=/a status=404 us=1001000 "
                          "bytes=4 id=slow peer=10.0.0.1:99",
                          "warn http request failed: method=GET path=/a status=503 us=5000 bytes=4 "
                          "id=bad peer=10.0.0.1:99 error=text"));
  options.slow = 0ms;
  status = 200;
  takes = 1h;
  Id("slow");
  EXPECT_THAT(logger.lines, SizeIs(2));
}

TEST_F(AccessLogTest, AStormOfFailuresLeavesFewLines) {
  logger.least = LogLevel::kInfo;
  status = 500;
  for (int i = 0; i < 1000; ++i) Id("x");
  EXPECT_THAT(logger.lines, SizeIs(10));
  world.clock.now = world.clock.now + 1s;
  Id("y");
  Id("z");
  ASSERT_THAT(logger.lines, SizeIs(12));
  EXPECT_THAT(logger.lines[10], ::testing::EndsWith("id=y peer=10.0.0.1:99 error=text "
                                                    "left_out=990"));
  EXPECT_THAT(logger.lines[11], ::testing::EndsWith("id=z peer=10.0.0.1:99 error=text"));
}

TEST_F(AccessLogTest, AParkedRequestHasOneNameAndItsWaitIsNotWork) {
  struct Memory : Parked {};
  Handler parks = log.Around([&](const Request& request) {
    world.clock.now = world.clock.now + 600ms;
    if (request.parked != nullptr && world.clock.now > Instant{} + 5min) return Response();
    Response waits;
    // As handlers may: a new one for each time that it waits.
    waits.parked = std::make_shared<Memory>();
    return waits;
  });
  logger.least = LogLevel::kInfo;
  Request request = Request::Make("GET", "/v1/kv/a");
  request.path = "/v1/kv/a";
  Response response = parks(request);
  ASSERT_NE(response.parked, nullptr);
  EXPECT_TRUE(response.headers.empty());
  const std::string id = response.parked->request_id;
  request.parked = response.parked;
  response = parks(request);
  ASSERT_NE(response.parked, nullptr);
  request.parked = response.parked;
  world.clock.now = world.clock.now + 5min;
  response = parks(request);
  EXPECT_EQ(response.parked, nullptr);
  ASSERT_THAT(logger.lines, SizeIs(1));
  EXPECT_EQ(response.headers.Get("X-Request-Id"), id);
  EXPECT_THAT(logger.lines[0],
              MatchesRegex(absl::StrCat("info http slow request: .* us=301800000 bytes=0 id=", id,
                                        " .* waited_us=300000000")));
}

}  // namespace
}  // namespace konsul::http
