#include "cmd/agent/reload.h"

#include "cmd/agent/settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReloadTest, TakesWhatMayChangeAndNamesWhatMayNot) {
  Config running;
  running.node_name = "n1";
  Config wanted = running;
  wanted.log_level = LogLevel::kDebug;
  wanted.http_slow_request_ms = 5;
  wanted.http_port = 8600;
  wanted.retry_join = {{"127.0.0.2", 8300}};
  const Changes changes = Adopt(wanted, running);
  EXPECT_THAT(changes.adopted,
              ElementsAre("log_level: info -> debug", "http_config.slow_request_ms: 1000 -> 5"));
  EXPECT_THAT(changes.at_restart,
              ElementsAre("retry_join:  -> 127.0.0.2:8300", "ports.http: 8500 -> 8600"));
  EXPECT_EQ(running.log_level, LogLevel::kDebug);
  EXPECT_EQ(running.http_slow_request_ms, 5u);
  EXPECT_EQ(running.http_port, 8500);
  EXPECT_THAT(running.retry_join, IsEmpty());
}

TEST(ReloadTest, NothingNew) {
  Config running;
  const Changes changes = Adopt(Config{}, running);
  EXPECT_THAT(changes.adopted, IsEmpty());
  EXPECT_THAT(changes.at_restart, IsEmpty());
}

TEST(ReloadTest, EverySettingThatGoesIntoAConfigCanBeCompared) {
  for (const Setting& setting : Settings()) {
    EXPECT_EQ(setting.apply == nullptr, setting.show == nullptr) << setting.flag.name;
  }
}

}  // namespace
}  // namespace konsul::agent
