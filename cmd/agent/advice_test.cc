#include "cmd/agent/advice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

using ::testing::HasSubstr;

TEST(Advice, NamesTheFlagOfThePortThatIsTaken) {
  Config config;
  EXPECT_THAT(
      Advice(absl::FailedPreconditionError("address already in use: 127.0.0.1:8500"), config),
      HasSubstr("another -http-port"));
  EXPECT_THAT(
      Advice(absl::FailedPreconditionError("listen on 127.0.0.1:8300: Address already in use"),
             config),
      HasSubstr("'sport = :8300'` names it. Stop it, or choose another -server-port"));
}

TEST(Advice, SaysNothingWhereItHasNothingToAdd) {
  EXPECT_EQ(Advice(absl::InternalError("x"), {}), "");
}

}  // namespace
}  // namespace konsul::agent
