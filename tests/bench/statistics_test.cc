#include "tests/bench/statistics.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::bench {
namespace {

using testing::HasSubstr;

Samples Milliseconds(std::initializer_list<int> values) {
  Samples samples;
  for (const int value : values) samples.push_back(std::chrono::milliseconds(value));
  return samples;
}

TEST(Percentile, IsTheNearestRank) {
  const Samples ten = Milliseconds({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(Percentile(ten, 50), 5ms);
  EXPECT_EQ(Percentile(ten, 90), 9ms);
  EXPECT_EQ(Percentile(ten, 91), 10ms);
  EXPECT_EQ(Percentile(ten, 100), 10ms);
  EXPECT_EQ(Percentile(ten, 0), 1ms);
  EXPECT_EQ(Percentile({}, 99), 0ms);
}

// As defined: the smallest sample such that at least so many do not exceed it.
RC_GTEST_PROP(Percentile, IsNotExceededByThatMany, ()) {
  const auto numbers =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50)));
  const int percent = *rc::gen::inRange(1, 101);
  Samples samples;
  for (const int number : numbers) samples.push_back(Duration(number));
  std::sort(samples.begin(), samples.end());
  const auto not_above = [&](Duration limit) {
    return std::count_if(samples.begin(), samples.end(), [&](Duration s) { return s <= limit; }) *
           100;
  };
  const auto wanted = static_cast<int64_t>(samples.size()) * percent;
  const Duration found = Percentile(samples, percent);
  RC_ASSERT(not_above(found) >= wanted);
  RC_ASSERT(std::none_of(samples.begin(), samples.end(), [&](Duration sample) {
    return sample < found && not_above(sample) >= wanted;
  }));
}

TEST(Histogram, CountsEachSampleOnceBetweenItsBounds) {
  EXPECT_EQ(Histogram(Milliseconds({20, 29, 30, 55})),
            "    20 -    30 ms     2 |##################################################\n"
            "    30 -    40 ms     1 |#########################\n"
            "    40 -    50 ms     0 |\n"
            "    50 -    60 ms     1 |#########################\n");
  EXPECT_EQ(Histogram({}), "");
}

TEST(Histogram, ShowsARareSampleAndOneBeyondAllBounds) {
  Samples samples(1000, 15ms);
  samples.push_back(60s);
  const std::string text = Histogram(samples);
  EXPECT_THAT(text, HasSubstr("10 -    20 ms  1000 |####"));
  EXPECT_THAT(text, HasSubstr(" 10000 -       ms     1 |#\n"));
}

TEST(JsonMembers, HaveEverySample) {
  EXPECT_EQ(JsonMembers({1500us, 2ms}),
            "\"p50_ms\":1.500,\"p90_ms\":2.000,\"p99_ms\":2.000,\"max_ms\":2.000,"
            "\"samples_ms\":[1.500,2.000]");
}

}  // namespace
}  // namespace konsul::bench
