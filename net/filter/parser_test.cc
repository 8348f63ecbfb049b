// Texts of expressions, and what Consul 1.16.1 answers to those that are none.
#include "net/filter/parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace konsul::filter {
namespace {

// As it was understood, or the error.
std::string Read(absl::string_view text) {
  const auto expression = Parse(text);
  return expression.ok() ? ToText(*expression) : std::string(expression.status().message());
}

std::string Repeat(absl::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

TEST(Parser, Operators) {
  EXPECT_EQ(Read("a == b"), R"(a == "b")");
  EXPECT_EQ(Read("a==b"), R"(a == "b")");
  EXPECT_EQ(Read("a!=1"), R"(a != "1")");
  EXPECT_EQ(Read("a in b"), R"("a" in b)");
  EXPECT_EQ(Read("1.5 not in b"), R"("1.5" not in b)");
  EXPECT_EQ(Read("b contains a"), R"("a" in b)");
  EXPECT_EQ(Read("b not contains `a`"), R"("a" not in b)");
  EXPECT_EQ(Read("a is empty"), "a is empty");
  EXPECT_EQ(Read("a\tis\rnot\nempty"), "a is not empty");
  EXPECT_EQ(Read(R"(a matches "x.*")"), R"(a matches "x.*")");
  EXPECT_EQ(Read(R"(a not matches `\w`)"), R"(a not matches "\\w")");
}

TEST(Parser, AndBindsCloserThanOrAndNotCloserThanBoth) {
  EXPECT_EQ(Read("a==1 or b==2 and not c==3"),
            R"((a == "1") or ((b == "2") and (not (c == "3"))))");
  EXPECT_EQ(Read("(a==1 or b==2) and c==3"), R"(((a == "1") or (b == "2")) and (c == "3"))");
  EXPECT_EQ(Read("a==1 and b==2 and c==3"), R"((a == "1") and (b == "2") and (c == "3"))");
  EXPECT_EQ(Read(" ( ( a == 1 ) ) "), R"(a == "1")");
  EXPECT_EQ(Read("not not a == 1"), R"(a == "1")");
  EXPECT_EQ(Read("not not not a == 1"), R"(not (a == "1"))");
}

TEST(Parser, WordsMayBeNames) {
  EXPECT_EQ(Read("not == 1"), R"(not == "1")");
  EXPECT_EQ(Read("not in in"), R"("not" in in)");
  EXPECT_EQ(Read("notNode == 1"), R"(notNode == "1")");
  EXPECT_EQ(Read("and == or or is is empty"), R"((and == "or") or (is is empty))");
}

TEST(Parser, Selectors) {
  EXPECT_EQ(Read("a.b_2.c is empty"), R"(a["b_2"]["c"] is empty)");
  EXPECT_EQ(Read(R"(a[ "x.y" ][`\`].z is empty)"), R"(a["x.y"]["\\"]["z"] is empty)");
  EXPECT_EQ(Read(R"(a == b.c["d e"])"), R"(a == "b.c.d e")");
  EXPECT_EQ(Read(R"("/a/x~1y~0/é" == 1)"), R"(a["x/y~"]["é"] == "1")");
  EXPECT_EQ(Read(R"(1 in "/a/b")"), R"("1" in a["b"])");
  EXPECT_EQ(Read(R"("/:/x~1~01" == 1)"), R"("/:/x~1~01" == "1")");
  EXPECT_EQ(Read(R"("/a" in b)"), R"("/a" in b)") << "a value";
}

TEST(Parser, Texts) {
  EXPECT_EQ(Read(R"(a == "\a\t\\\x41\101\u00e9\U0001F600")"), R"(a == "\a\t\\AAé😀")");
  EXPECT_EQ(Read(R"(a == "\xff\u0000")"), R"(a == "\xff\x00")");
  EXPECT_EQ(Read("a == `b\r\nc`"), R"(a == "b\nc")");
  EXPECT_EQ(Read("a == `b\"c`"), R"(a == "b\x22c")");
  for (const char* bad : {R"(\q)", R"(\')", R"(\400)", R"(\18)", R"(\x4)", R"(\ud800)",
                          R"(\U00110000)", "\n", R"(b\)"}) {
    EXPECT_EQ(Read(absl::StrCat("a == \"", bad, "\"")), "1:6 (5): rule \"string\": invalid syntax")
        << bad;
  }
}

TEST(Parser, SaysWhatWouldHaveHelped) {
  const std::string begin = R"("(", "-", "0", "\"", "`", "not", [ \t\r\n], [1-9] or [a-zA-Z])";
  EXPECT_EQ(Read(" "), "1:2 (1): no match found, expected: " + begin);
  EXPECT_EQ(Read("== x"), "1:1 (0): no match found, expected: " + begin);
  EXPECT_EQ(Read("Node"), R"x(1:5 (4): no match found, expected: "!=", ".", "==", "[", )x"
                          R"x([ \t\r\n] or [a-zA-Z0-9_])x");
  EXPECT_EQ(Read("Node = x"), R"x(1:6 (5): no match found, expected: "!=", "==", "contains", )x"
                              R"x("in", "is", "matches", "not" or [ \t\r\n])x");
  EXPECT_EQ(Read("Node == web1 foo"),
            R"x(1:14 (13): no match found, expected: "and", "or", [ \t\r\n] or EOF)x");
  EXPECT_EQ(Read("Node==web1 or(Node==web2)"),
            R"x(1:14 (13): no match found, expected: [ \t\r\n])x");
  EXPECT_EQ(Read("é == 1"), "1:1 (0): no match found, expected: " + begin);
  EXPECT_EQ(Read("Node == \"é\" x"),
            R"x(1:13 (13): no match found, expected: "and", "or", [ \t\r\n] or EOF)x");
  EXPECT_EQ(
      Read("Node ==\n?"),
      R"x(2:1 (8): no match found, expected: "-", "0", "\"", "`", [ \t\r\n], [1-9] or [a-zA-Z])x");
  EXPECT_EQ(Read("\n\n?"), "3:1 (2): no match found, expected: " + begin);
  EXPECT_EQ(Read("a\n"), R"x(2:1 (2): no match found, expected: "!=", "==", "contains", )x"
                         R"x("in", "is", "matches", "not" or [ \t\r\n])x");
  EXPECT_EQ(Read("Node == `\xff`"), "1:10 (9): invalid encoding");
}

TEST(Parser, NamesWhatIsWrong) {
  EXPECT_EQ(Read("(Node == web1"), R"(1:14 (13): rule "grouping": Unmatched parentheses)");
  EXPECT_EQ(Read("Node == \"web1"), R"(1:14 (13): rule "string": Unterminated string literal)");
  EXPECT_EQ(Read("Node == 12a"), R"(1:11 (10): rule "number": Invalid number literal)");
  EXPECT_EQ(Read("Node == 012"), R"(1:10 (9): rule "number": Invalid number literal)");
  EXPECT_EQ(Read("x in 5"), R"(1:6 (5): rule "match": Invalid selector)");
  EXPECT_EQ(Read("Meta[os] == linux"), R"(1:6 (5): rule "index": Invalid index)");
  EXPECT_EQ(Read(R"(Meta["os" == linux)"), R"(1:11 (10): rule "index": Unclosed index expression)");
  EXPECT_EQ(Read(R"(Node["x] == 1)"),
            "1:14 (13): rule \"string\": Unterminated string literal\n"
            "1:6 (5): rule \"index\": Invalid index");
}

TEST(Parser, LimitsOfDepthAndLength) {
  const auto nested = [](size_t depth) {
    return absl::StrCat(Repeat("(", depth), "a == 1", Repeat(")", depth));
  };
  EXPECT_EQ(Read(nested(kMaxDepth)), R"(a == "1")");
  const std::string deep = "parentheses and \"not\" are nested more than 32 deep";
  EXPECT_EQ(Read(nested(kMaxDepth + 1)), deep);
  EXPECT_EQ(Read(Repeat("(", kMaxLength)), deep);
  EXPECT_EQ(Read(Repeat("not ", kMaxLength / 4)), deep);
  const std::string text = absl::StrCat("a == `", Repeat("x", kMaxLength - 7), "`");
  EXPECT_TRUE(Parse(text).ok());
  EXPECT_EQ(Read(text + " "), "the filter is longer than 16384 bytes");
  EXPECT_TRUE(Parse(absl::StrCat("a == 1", Repeat(" or a == 1", 1600))).ok());
}

}  // namespace
}  // namespace konsul::filter
