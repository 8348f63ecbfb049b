// Which items an expression keeps, and what Consul 1.16.1 answers when it does not fit them.
#include "net/filter/filter.h"

#include <boost/json/parse.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace konsul::filter {
namespace {

const Type& Thing() {
  static const auto* const kType = new Type(Type::Object(
      {{"Name", Type::Text()},
       {"On", Type::Bool()},
       {"Status", Type::Signed(64)},
       {"Port", Type::Unsigned(16)},
       {"Weight", Type::Float()},
       {"Meta", Type::Map(Type::Text())},
       {"Tags", Type::List(Type::Text())},
       {"Ports", Type::List(Type::Unsigned(16))},
       {"Checks", Type::List(Type::Object({{"ID", Type::Text()}, {"Tries", Type::Signed(32)}}))},
       {"At", Type::Object({{"Lan", Type::Text()}})}}));
  return *kType;
}

constexpr char kThing[] = R"({"Name":"web1","On":true,"Status":-3,"Port":80,"Weight":0.5,)"
                          R"("Meta":{"os":"linux","e.x":"1"},"Tags":["a","bc"],"Ports":[1,2],)"
                          R"("Checks":[{"ID":"x","Tries":1},{"ID":"y","Tries":2}],)"
                          R"("At":{"Lan":"10.0.0.1"}})";

// "yes", "no", or the error.
std::string Ask(absl::string_view expression, absl::string_view item = kThing) {
  const auto filter = Filter::Make(expression, Thing());
  if (!filter.ok()) return std::string(filter.status().message());
  return filter->Keeps(boost::json::parse({item.data(), item.size()})) ? "yes" : "no";
}

void ExpectKept(std::initializer_list<absl::string_view> expressions,
                absl::string_view item = kThing) {
  for (const absl::string_view expression : expressions) {
    EXPECT_EQ(Ask(expression, item), "yes") << expression;
    EXPECT_EQ(Ask(absl::StrCat("not (", expression, ")"), item), "no") << expression;
  }
}

TEST(Filter, Texts) {
  ExpectKept({"Name == web1", "Name != web", "Name contains eb", "eb in Name", "x not in Name",
              "Name matches `^w.*\\d$`", "Name matches eb", "Name not matches `^eb`",
              R"("/Name" == web1)", "At.Lan == \"10.0.0.1\"", R"(At["Lan"] contains 10)"});
}

TEST(Filter, Numbers) {
  ExpectKept({"Status == -3", "Status != 3", R"(Status == "-0x3")", R"(Status == "-0b1_1")",
              "Port == 80", R"(Port == "0x50")", R"(Port == "0120")", R"(Port == "0o1_20")",
              "Weight == 0.5", R"(Weight == "5e-1")", "On == true", "On != false", "On == T"});
}

TEST(Filter, MapsAndLists) {
  ExpectKept({"os in Meta", "Meta contains \"e.x\"", "x not in Meta", "Meta is not empty",
              "Meta.os == linux", R"(Meta["e.x"] == 1)", R"("/Meta/e.x" == 1)", "a in Tags",
              "Tags contains bc", "b not in Tags", "Tags is not empty", "2 in Ports",
              "3 not in Ports", "Checks is not empty", "Checks.ID == y", "Checks.Tries == 1"});
  ExpectKept({"Checks.ID != y"});  // one of them is not
}

TEST(Filter, WhatIsNotThere) {
  for (const absl::string_view item :
       {R"({})", R"({"Name":null,"On":null,"Status":null,"Port":null,"Weight":null,"Meta":null,)"
                 R"("Tags":null,"Ports":null,"Checks":null,"At":null})"}) {
    ExpectKept({R"(Name == "")", "Name matches `^$`", "On == false", "Status == 0", "Port == 0",
                "Weight == 0", "Meta is empty", "Tags is empty", "a not in Tags", "a not in Meta",
                "Checks is empty", R"(At.Lan == "")"},
               item);
    EXPECT_EQ(Ask("Checks.ID == x", item), "no");
    EXPECT_EQ(Ask("Checks.ID != x", item), "no");
  }
  ExpectKept({"Meta.no != x", "x not in Meta.no", "Meta.no matches x", "Meta.no not matches x"});
  EXPECT_EQ(Ask("Meta.no == x"), "no");
  EXPECT_EQ(Ask(R"(Meta.no == "")"), "no");
  EXPECT_EQ(Ask("x in Meta.no"), "no");
}

TEST(Filter, AndOrNot) {
  EXPECT_EQ(Ask("Name==no or Name==web1 and Port==80"), "yes");
  EXPECT_EQ(Ask("(Name==no or Name==web1) and Port==81"), "no");
  EXPECT_EQ(Ask("not Name==no and not Port==81"), "yes");
}

TEST(Filter, SelectorsThatLeadNowhere) {
  EXPECT_EQ(Ask("Foo == 1"), R"(Selector "Foo" is not valid)");
  EXPECT_EQ(Ask("name == web1"), R"(Selector "name" is not valid)");
  EXPECT_EQ(Ask("Foo.bar == 1"), R"(Selector "Foo" is not valid)");
  EXPECT_EQ(Ask("Meta.os.x == 1"), R"(Selector "Meta.os.x" is not valid)");
  EXPECT_EQ(Ask("Name == web1 or Tags.x == 1"), R"(Selector "Tags.x" is not valid)");
}

TEST(Filter, OperatorsThatDoNotFit) {
  EXPECT_EQ(Ask("Name is empty"), R"(Invalid match operator "Is Empty" for selector "Name")");
  EXPECT_EQ(Ask("Port is not empty"),
            R"(Invalid match operator "Is Not Empty" for selector "Port")");
  EXPECT_EQ(Ask("Meta == x"), R"(Invalid match operator "Equal" for selector "Meta")");
  EXPECT_EQ(Ask("Status contains 1"), R"(Invalid match operator "In" for selector "Status")");
  EXPECT_EQ(Ask("Checks != 1"), R"(Invalid match operator "Not Equal" for selector "Checks")");
  EXPECT_EQ(Ask("x not in Checks"), R"(Invalid match operator "Not In" for selector "Checks")");
  EXPECT_EQ(Ask("At is empty"), R"(Invalid match operator "Is Empty" for selector "At")");
  EXPECT_EQ(Ask("Tags not matches 1"),
            R"(Invalid match operator "Not Matches" for selector "Tags")");
}

TEST(Filter, ValuesThatDoNotFit) {
  const auto bad = [](absl::string_view value, absl::string_view selector, absl::string_view why) {
    return absl::StrCat("Failed to coerce value \"", value, "\" for selector \"", selector,
                        "\": strconv.", why);
  };
  EXPECT_EQ(Ask("Status == x"), bad("x", "Status", R"(ParseInt: parsing "x": invalid syntax)"));
  EXPECT_EQ(Ask("Status == 1.0"),
            bad("1.0", "Status", R"(ParseInt: parsing "1.0": invalid syntax)"));
  EXPECT_EQ(
      Ask("Checks.Tries == 2147483648"),
      bad("2147483648", "Checks.Tries", R"(ParseInt: parsing "2147483648": value out of range)"));
  EXPECT_EQ(Ask("Port == 65536"),
            bad("65536", "Port", R"(ParseUint: parsing "65536": value out of range)"));
  EXPECT_EQ(Ask("Port == -1"), bad("-1", "Port", R"(ParseUint: parsing "-1": invalid syntax)"));
  EXPECT_EQ(Ask("Port == 99999999999999999999"),
            bad("99999999999999999999", "Port",
                R"(ParseUint: parsing "99999999999999999999": value out of range)"));
  for (const char* number : {"", "_1", "1_", "1__0", "0x", "08", "0b2", "+1"}) {
    EXPECT_EQ(
        Ask(absl::StrCat("Port == \"", number, "\"")),
        bad(number, "Port", absl::StrCat("ParseUint: parsing \"", number, "\": invalid syntax")));
  }
  EXPECT_EQ(Ask("On == yes"), bad("yes", "On", R"(ParseBool: parsing "yes": invalid syntax)"));
  EXPECT_EQ(Ask("Weight == `1 `"),
            bad("1 ", "Weight", R"(ParseFloat: parsing "1 ": invalid syntax)"));
  EXPECT_EQ(Ask("x in Ports"), bad("x", "Ports", R"(ParseUint: parsing "x": invalid syntax)"));
}

TEST(Filter, RegularExpressions) {
  const auto bad = [](absl::string_view shown, absl::string_view why) {
    return absl::StrCat("Failed to compile regular expression \"", shown,
                        "\": error parsing regexp: ", why);
  };
  EXPECT_EQ(Ask("Name matches `[`"), bad("[", "missing closing ]: `[`"));
  EXPECT_EQ(Ask("Name matches `(a`"), bad("(a", "missing closing ): `(a`"));
  EXPECT_EQ(Ask("Name matches `a)`"), bad("a)", "unexpected ): `a)`"));
  EXPECT_EQ(Ask("Name matches `*`"), bad("*", "missing argument to repetition operator: `*`"));
  EXPECT_EQ(Ask("Name matches `a**`"), bad("a**", "invalid nested repetition operator: `**`"));
  EXPECT_EQ(Ask("Name matches `\\`"), bad("\\\\", "trailing backslash at end of expression: ``"));
  EXPECT_EQ(Ask("Name matches `\\8`"), bad("\\\\8", "invalid escape sequence: `\\8`"));
  EXPECT_EQ(Ask("Name matches `[z-a]`"), bad("[z-a]", "invalid character class range: `z-a`"));
  EXPECT_EQ(Ask("Name matches `a{1001}`"), bad("a{1001}", "invalid repeat count: `{1001}`"));
  EXPECT_EQ(Ask("Name matches `(?=x)`"), bad("(?=x)", "invalid or unsupported Perl syntax: `(?=`"));
  // What takes others years.
  const std::string item = absl::StrCat(R"({"Name":")", std::string(100'000, 'a'), "\"}");
  EXPECT_EQ(Ask("Name matches `^(a+)+$`", item), "yes");
  EXPECT_EQ(Ask("Name matches `^((a|aa)+)+b$`", item), "no");
}

TEST(Filter, NoMoreRegularExpressionsThanFit) {
  std::string text = "Name matches 0";
  for (size_t i = 1; i < kMaxRegexes; ++i) absl::StrAppend(&text, " or Name not matches ", i);
  EXPECT_EQ(Ask(text), "yes");
  EXPECT_EQ(Ask(absl::StrCat(text, " or Name matches 1")),
            "there are more than 32 regular expressions");
}

}  // namespace
}  // namespace konsul::filter
