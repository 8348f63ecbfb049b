#include "net/api/text.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::net_api {
namespace {

TEST(TextTest, DurationsAreThoseOfGo) {
  EXPECT_EQ(FormatDuration(0ns), "0s");
  EXPECT_EQ(FormatDuration(1ns), "1ns");
  EXPECT_EQ(FormatDuration(1100ns), "1.1µs");
  EXPECT_EQ(FormatDuration(27'291'304ns), "27.291304ms");
  EXPECT_EQ(FormatDuration(999'999'999ns), "999.999999ms");
  EXPECT_EQ(FormatDuration(1s), "1s");
  EXPECT_EQ(FormatDuration(1005ms), "1.005s");
  EXPECT_EQ(FormatDuration(60s), "1m0s");
  EXPECT_EQ(FormatDuration(90'500ms), "1m30.5s");
  EXPECT_EQ(FormatDuration(2h), "2h0m0s");
  EXPECT_EQ(FormatDuration(-1500us), "-1.5ms");
  EXPECT_EQ(FormatDuration(Duration::min()), "-2562047h47m16.854775808s");
}

TEST(TextTest, ReadsDurationsAsGoDoes) {
  const std::pair<const char*, Duration> good[] = {
      {"0", 0ns},
      {"-0", 0ns},
      {"10s", 10s},
      {"1m30s", 90s},
      {"500ms", 500ms},
      {"1.5h", 90min},
      {".5s", 500ms},
      {"1.s", 1s},
      {"+2us", 2us},
      {"3µs", 3us},
      {"3μs", 3us},
      {"-1h2m3.004s", -(1h + 2min + 3004ms)},
      {"1ns", 1ns},
      {"0.25h", 15min},
      {"9223372036854775807ns", Duration::max()},
      {"-9223372036854775808ns", Duration::min()},
  };
  for (const auto& [text, duration] : good) EXPECT_EQ(ParseDuration(text), duration) << text;
  for (const char* bad : {"", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "1 s", "10s5", "1e3s",
                          "--1s", "9223372036854775808ns", "-9223372036854775809ns", "3000000h",
                          "99999999999999999999999999999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
  }
}

RC_GTEST_PROP(TextTest, ReadsTheDurationsItWrites, (int64_t ns)) {
  RC_ASSERT(ParseDuration(FormatDuration(Duration(ns))) == Duration(ns));
}

TEST(TextTest, TimestampsAreThoseOfGo) {
  EXPECT_EQ(FormatTimestamp({0}), "1970-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(FormatTimestamp({1'502'160'910'999'999'999}), "2017-08-08 02:55:10 +0000 UTC");
  EXPECT_EQ(FormatTimestamp({1'709'164'800'000'000'000}), "2024-02-29 00:00:00 +0000 UTC");
  EXPECT_EQ(FormatTimestamp({-1}), "1969-12-31 23:59:59 +0000 UTC");
}

TEST(TextTest, DecimalsAreShort) {
  EXPECT_EQ(FormatDecimal(0), "0");
  EXPECT_EQ(FormatDecimal(0.1), "0.1");
  EXPECT_EQ(FormatDecimal(12345678), "12345678");
  EXPECT_EQ(FormatDecimal(-2.5), "-2.5");
}

RC_GTEST_PROP(TextProperty, DecimalsReadAsTheNumberTheyWere, (int64_t mantissa, int8_t exponent)) {
  const double value = std::ldexp(static_cast<double>(mantissa), exponent);
  double read = 0;
  RC_ASSERT(absl::SimpleAtod(FormatDecimal(value), &read));
  RC_ASSERT(read == value);
}

}  // namespace
}  // namespace konsul::net_api
