#include "cmd/agent/logger.h"

#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

class FixedClock : public env::Clock {
 public:
  Instant Now() const override { return {}; }
  WallTime WallNow() const override { return {1'700'000'000'123'456'789}; }
};

class LoggerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Logger> Make(LogOptions options) {
    return MakeLogger(clock_, options,
                      [this](absl::string_view line) { lines_.append(line.data(), line.size()); });
  }
  FixedClock clock_;
  std::string lines_;
};

TEST_F(LoggerTest, TextLinesCarryTheClocksTime) {
  auto log = Make({});
  log->Info("raft", "became leader", {{"term", 3}, {"why", "no other"}, {"empty", ""}});
  log->Warn("wal", "slow");
  EXPECT_EQ(lines_,
            "2023-11-14T22:13:20.123Z [INFO]  raft: became leader: term=3 why=\"no other\" "
            "empty=\"\"\n"
            "2023-11-14T22:13:20.123Z [WARN]  wal: slow\n");
}

TEST_F(LoggerTest, JsonLines) {
  auto log = Make({.level = LogLevel::kInfo, .json = true});
  log->Error("http", "a \"quoted\" back\\slash", {{"n", 1}});
  EXPECT_EQ(lines_, R"({"@timestamp":"2023-11-14T22:13:20.123Z","@level":"error","@module":"http",)"
                    R"("@message":"a \"quoted\" back\\slash","n":"1"})"
                    "\n");
}

TEST_F(LoggerTest, LowerLevelsAreDropped) {
  auto log = Make({.level = LogLevel::kWarn});
  EXPECT_FALSE(log->Enabled(LogLevel::kInfo));
  EXPECT_TRUE(log->Enabled(LogLevel::kError));
  log->Info("a", "b");
  EXPECT_EQ(lines_, "");
}

TEST_F(LoggerTest, ForeignBytesCannotForgeALineNorBreakJson) {
  absl::string_view nasty("a\nb\x01\xff{%v}\xc3\xa9", 11);
  Make({})->Info("rpc", nasty);
  EXPECT_EQ(lines_, "2023-11-14T22:13:20.123Z [INFO]  rpc: a\\nb\\x01\\xff{%v}\xc3\xa9\n");
  lines_.clear();
  Make({.level = LogLevel::kInfo, .json = true})->Info("rpc", "m", {{"k", nasty}});
  EXPECT_EQ(lines_,
            "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"@level\":\"info\",\"@module\":\"rpc\","
            "\"@message\":\"m\",\"k\":\"a\\u000ab\\u0001\\u00ff{%v}\xc3\xa9\"}\n");
}

}  // namespace
}  // namespace konsul::agent
