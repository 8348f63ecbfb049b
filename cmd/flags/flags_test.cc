#include "cmd/flags/flags.h"

#include "cmd/flags/nearest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::flags {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Flag>& Flags() {
  static const std::vector<Flag> flags = {
      {"dev", Kind::kBool, "", "Development."},
      {"node", Kind::kString, "NAME", "Name of the server."},
      {"retry-join", Kind::kList, "ADDR", "Another server."},
      {"cas", Kind::kString, "INDEX", ""},
  };
  return flags;
}

absl::StatusOr<Parsed> ParseArgs(std::vector<std::string> args) { return Parse(Flags(), args); }

TEST(Flags, BothSpellingsAndDoubleDashMeanTheSame) {
  for (auto args : std::vector<std::vector<std::string>>{
           {"-node", "n2"}, {"-node=n2"}, {"--node", "n2"}, {"--node=n2"}}) {
    auto parsed = ParseArgs(args);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->Get("node"), "n2");
    EXPECT_FALSE(parsed->Has("dev"));
  }
}

TEST(Flags, ABoolTakesNoFollowingArgument) {
  auto parsed = ParseArgs({"-dev", "word"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->GetBool("dev"));
  EXPECT_THAT(parsed->positional, ElementsAre("word"));
  EXPECT_FALSE(ParseArgs({"-dev=FALSE"})->GetBool("dev"));
}

TEST(Flags, ListsGatherAndStringsTakeTheLast) {
  auto parsed = ParseArgs({"-retry-join=a", "-node=x", "-retry-join", "b", "-node=y"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->values.at("retry-join"), ElementsAre("a", "b"));
  EXPECT_EQ(parsed->Get("node"), "y");
}

TEST(Flags, ValuesMayHoldEqualsSignsAndDashes) {
  EXPECT_EQ(ParseArgs({"-node=a=b"})->Get("node"), "a=b");
  EXPECT_EQ(ParseArgs({"-node", "-x"})->Get("node"), "-x");
  EXPECT_EQ(ParseArgs({"-node="})->Get("node"), "");
}

TEST(Flags, ADashAloneANumberAndWhatFollowsTwoDashesAreArguments) {
  EXPECT_THAT(ParseArgs({"-", "-1", "--", "-node"})->positional, ElementsAre("-", "-1", "-node"));
}

TEST(Flags, ACommandKeepsItsOwnFlags) {
  const std::vector<std::string> args = {"-node", "n2", "prefix", "ls", "-dev", "--", "-h"};
  const auto parsed = Parse(Flags(), args, Order::kFlagsFirst);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->Get("node"), "n2");
  EXPECT_FALSE(parsed->help);
  EXPECT_THAT(parsed->positional, ElementsAre("prefix", "ls", "-dev", "--", "-h"));
}

TEST(Flags, DurationsAreWrittenAsGoWritesThem) {
  EXPECT_EQ(ParseDuration("1m30s"), 90s);
  EXPECT_EQ(ParseDuration("500ms"), 500ms);
  EXPECT_EQ(ParseDuration("0"), 0s);
  for (const char* bad : {"", "10", "-1s", "soon", "1 s", "9999999h", "inf"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

TEST(Flags, MistakesAreNamedTogetherWithTheLikelyIntention) {
  EXPECT_EQ(ParseArgs({"-nod=n2"}).status().message(), "unknown flag -nod, did you mean -node?");
  EXPECT_EQ(ParseArgs({"-retry_join=a"}).status().message(),
            "unknown flag -retry_join, did you mean -retry-join?");
  EXPECT_EQ(ParseArgs({"-zzz"}).status().message(), "unknown flag -zzz");
  EXPECT_EQ(ParseArgs({"-node"}).status().message(), "-node needs a value: -node=NAME");
  EXPECT_EQ(ParseArgs({"-dev=maybe"}).status().message(), "-dev is true or false, not \"maybe\"");
}

TEST(Flags, HelpIsRecognisedAnywhereAndNamesEveryFlag) {
  EXPECT_TRUE(ParseArgs({"-dev", "-h"})->help);
  EXPECT_TRUE(ParseArgs({"--help"})->help);
  EXPECT_THAT(Help(Flags()), HasSubstr("  -retry-join=ADDR\n      Another server.\n"));
}

TEST(Flags, NumbersAreWholeAndInRange) {
  EXPECT_EQ(ParseNumber("65535", 0, 65535), 65535u);
  EXPECT_EQ(ParseNumber("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
  for (const char* bad : {"", "-1", "+1", "1.0", "65536", "0x10", " 1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseNumber(bad, 0, 65535)) << bad;
  }
}

TEST(Nearest, CountsASwapAsOneEdit) {
  EXPECT_EQ(Nearest("ndoe", {"dev", "node", "mode"}), "node");
  EXPECT_EQ(Nearest("bootstrap-expct", {"bind", "bootstrap-expect"}), "bootstrap-expect");
  EXPECT_EQ(Nearest("x", {}), "");
  EXPECT_EQ(Nearest("qqqq", {"dev", "node"}), "");
}

}  // namespace
}  // namespace konsul::flags
