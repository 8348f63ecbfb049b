#include "sim/checkers/resources.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

const ResourceLimits kLimits = {
    .fibers = {{"main", 1}, {"peer", 2}}, .connections = 6, .log_entries = 10, .disk_bytes = 1000};

ServerResources Idle() {
  return {.name = "n1", .fibers = {"main", "peer", "peer"}, .log_entries = 10, .disk_bytes = 1000};
}

TEST(Resources, AnIdleServerIsFine) { EXPECT_EQ(WhatIsTooMuch({Idle(), Idle()}, 6, kLimits), ""); }

TEST(Resources, AFiberTooManyIsFound) {
  ServerResources server = Idle();
  server.fibers.push_back("peer");
  EXPECT_EQ(WhatIsTooMuch({Idle(), server}, 6, kLimits), "n1 has 3 fibers \"peer\", not at most 2");
  server.fibers.back() = "http-connection";
  EXPECT_THAT(WhatIsTooMuch({server}, 6, kLimits), HasSubstr("http-connection"));
}

TEST(Resources, AConnectionTooManyIsFound) {
  EXPECT_THAT(WhatIsTooMuch({Idle()}, 7, kLimits), HasSubstr("7 connections"));
}

TEST(Resources, ALogThatIsNeverCompactedIsFound) {
  ServerResources server = Idle();
  server.log_entries = 11;
  EXPECT_THAT(WhatIsTooMuch({server}, 6, kLimits), HasSubstr("11 log entries"));
}

TEST(Resources, ADiskThatFillsUpIsFound) {
  ServerResources server = Idle();
  server.disk_bytes = 1001;
  EXPECT_THAT(WhatIsTooMuch({server}, 6, kLimits), HasSubstr("1001 bytes"));
}

}  // namespace
}  // namespace konsul::checkers
