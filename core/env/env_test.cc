#include <set>

#include "core/env/network.h"
#include "core/env/random.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::env {
namespace {

TEST(EndpointTest, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:8300", "[::1]:8300", "0.0.0.0:0"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->ToString(), text);
  }
  EXPECT_EQ(Endpoint::Parse("127.0.0.1", 8300)->port, 8300);
  EXPECT_EQ(Endpoint::Parse("::1", 8300)->ToString(), "[::1]:8300");
}

TEST(EndpointTest, RefusesWithTheTextInTheMessage) {
  for (const char* text : {"", ":80", "127.0.0.1", "a:b", "h:70000", "[::1", "[::1]80", "h:-1"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_NE(endpoint.status().message().find(text), absl::string_view::npos);
  }
}

TEST(RandomTest, ForksDoNotDependOnDraws) {
  Random a(7), b(7);
  b.Next();
  Random fork_a = a.Fork("disk"), fork_b = b.Fork("disk"), other = a.Fork("net");
  const uint64_t first = fork_a.Next();
  EXPECT_EQ(first, fork_b.Next());
  EXPECT_NE(first, other.Next());
}

RC_GTEST_PROP(RandomProperty, BetweenStaysInBounds, (uint64_t seed, uint32_t low, uint32_t span)) {
  Random random(seed);
  const uint64_t x = random.Between(low, uint64_t{low} + span);
  RC_ASSERT(x >= low && x <= uint64_t{low} + span);
}

}  // namespace
}  // namespace konsul::env
