#include "chaos/values.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::chaos {
namespace {

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(ParseDuration("300ms").value(), 300ms);
  EXPECT_EQ(ParseDuration("-1.5h").value(), -90min);
  EXPECT_EQ(ParseDuration("1h15m30.918s").value(), 1h + 15min + 30s + 918ms);
  EXPECT_EQ(ParseDuration("1\xc2\xb5s").value(), 1us);
  EXPECT_EQ(ParseDuration("0").value(), 0s);
  EXPECT_EQ(ParseDuration("+.5s").value(), 500ms);
}

TEST(GoDuration, RefusesWhatGoRefuses) {
  for (const char* text : {"", "-", "5", "s", "1 s", "1d", "1.2.3s", ".s", "1s2", "9999999h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_EQ(ParseDuration("5").status().message(),
            "\"5\" is a duration without a unit (ns, us, ms, s, m, h)");
}

RC_GTEST_PROP(GoDuration, FormatAndParseAreInverse, (int64_t ns)) {
  RC_PRE(ns != std::numeric_limits<int64_t>::min());
  const absl::StatusOr<Duration> back = ParseDuration(FormatDuration(Duration(ns)));
  RC_ASSERT(back.ok());
  RC_ASSERT(back->count() == ns);
}

TEST(Range, OneOrTwoEnds) {
  EXPECT_EQ(ParseDurationRange("1s-10s").value(), (DurationRange{1s, 10s}));
  EXPECT_EQ(ParseDurationRange("50ms").value(), (DurationRange{50ms, 50ms}));
  EXPECT_FALSE(ParseDurationRange("10s-1s").ok());
  EXPECT_FALSE(ParseDurationRange("-1s").ok());
}

TEST(Percent, IsANumberFromZeroToAHundred) {
  EXPECT_EQ(ParsePercent("34").value(), 340'000u);
  EXPECT_EQ(ParsePercent("0.5").value(), 5'000u);
  EXPECT_EQ(ParsePercent("100").value(), 1'000'000u);
  for (const char* text : {"", "101", "-1", "34%", "x"}) EXPECT_FALSE(ParsePercent(text).ok());
}

RC_GTEST_PROP(Percent, WholeNumbersAreExact, ()) {
  const auto percent = *rc::gen::inRange<uint32_t>(0, 101);
  RC_ASSERT(ParsePercent(absl::StrCat(percent)).value() == percent * 10'000);
}

TEST(Rate, IsADistance) {
  EXPECT_EQ(ParseRate("200/s").value(), 5ms);
  EXPECT_EQ(ParseRate("60/m").value(), 1s);
  EXPECT_FALSE(ParseRate("200").ok());
  EXPECT_FALSE(ParseRate("0/s").ok());
}

TEST(Size, KnowsBinaryUnits) {
  EXPECT_EQ(ParseSize("256MiB").value(), 256u << 20);
  EXPECT_EQ(ParseSizeRange("16-4096").value(), (SizeRange{16, 4096}));
  EXPECT_FALSE(ParseSize("256MB").ok());
}

TEST(Nearest, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(Nearest("faluts", {"faults", "workload"}), "faults");
  EXPECT_EQ(Nearest("zzzzzz", {"faults", "workload"}), "");
}

}  // namespace
}  // namespace konsul::chaos
