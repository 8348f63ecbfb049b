// Compared with what a Consul 1.16.1 answered to each.
#include "core/api/filter_pattern.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace konsul::api {
namespace {

TEST(FilterPattern, IsJudgedInTheWordsOfGo) {
  const struct {
    const char* pattern;
    const char* wrong;
  } cases[] = {
      {R"re((?P<a)re", R"re(invalid named capture: `(?P<a`)re"},
      {R"re((?P<>x))re", R"re(invalid named capture: `(?P<>`)re"},
      {R"re((?P<a-b>x))re", R"re(invalid named capture: `(?P<a-b>`)re"},
      {R"re((?<a>x))re", ""},
      {R"re((?P<a>x)(?P<a>y))re", ""},
      {R"re((?i-s:a))re", ""},
      {R"re((?-))re", R"re(invalid or unsupported Perl syntax: `(?-)`)re"},
      {R"re((?))re", ""},
      {R"re((?:)re", R"re(missing closing ): `(?:`)re"},
      {R"re((?i)re", R"re(invalid or unsupported Perl syntax: `(?i`)re"},
      {R"re((?)re", R"re(invalid or unsupported Perl syntax: `(?`)re"},
      {R"re(a{2}{3})re", R"re(invalid nested repetition operator: `{2}{3}`)re"},
      {R"re(a**?)re", R"re(invalid nested repetition operator: `**?`)re"},
      {R"re(a*?+)re", R"re(invalid nested repetition operator: `*?+`)re"},
      {R"re(a{2,1}?)re", R"re(invalid repeat count: `{2,1}`)re"},
      {R"re((*))re", R"re(missing argument to repetition operator: `*`)re"},
      {R"re(a|*)re", R"re(missing argument to repetition operator: `*`)re"},
      {R"re(^*)re", ""},
      {R"re(\b+)re", ""},
      {R"re($*)re", ""},
      {R"re([a-\d])re", R"re(invalid escape sequence: `\d`)re"},
      {R"re([\d-z])re", ""},
      {R"re([a-)re", R"re(missing closing ]: `[a-`)re"},
      {R"re([])re", R"re(missing closing ]: `[]`)re"},
      {R"re([]a])re", ""},
      {R"re([^]a])re", ""},
      {R"re([[:alpha:]-z])re", ""},
      {R"re([a-b-c])re", ""},
      {R"re(\C)re", R"re(invalid escape sequence: `\C`)re"},
      {R"re(\Z)re", R"re(invalid escape sequence: `\Z`)re"},
      {R"re(\z)re", ""},
      {R"re(\A)re", ""},
      {R"re(\8)re", R"re(invalid escape sequence: `\8`)re"},
      {R"re(\07)re", ""},
      {R"re(\x{10FFFF})re", ""},
      {R"re(\x{110000})re", R"re(invalid escape sequence: `\x{110000`)re"},
      {R"re(\x{)re", R"re(invalid escape sequence: `\x{`)re"},
      {R"re(\xzz)re", R"re(invalid escape sequence: `\xzz`)re"},
      {R"re(\pN)re", ""},
      {R"re(\p)re", R"re(invalid character class range: `\p`)re"},
      {R"re(\p{)re", R"re(invalid character class range: `\p{`)re"},
      {R"re(\PL)re", ""},
      {R"re(\p{Greek})re", ""},
      {R"re(\p{^Greek})re", ""},
      {R"re([\pX])re", R"re(invalid character class range: `\pX`)re"},
      {R"re([z-a)re", R"re(invalid character class range: `z-a`)re"},
      {R"re([[:foo)re", R"re(missing closing ]: `[[:foo`)re"},
      {R"re(\Q)re", ""},
      {R"re(\Q*\E*)re", ""},
      {R"re(\Q\E*)re", R"re(missing argument to repetition operator: `*`)re"},
      {R"re(a{,2})re", ""},
      {R"re(a{1001})re", R"re(invalid repeat count: `{1001}`)re"},
      {R"re(a{1,1001})re", R"re(invalid repeat count: `{1,1001}`)re"},
      {R"re(a{01})re", ""},
      {R"re((((()re", R"re(missing closing ): `((((`)re"},
      {R"re(x))re", R"re(unexpected ): `x)`)re"},
      {R"re([a\])re", R"re(missing closing ]: `[a\]`)re"},
      {R"re(\é)re", R"re(invalid escape sequence: `\é`)re"},
      {R"re([\q])re", R"re(invalid escape sequence: `\q`)re"},
      {R"re(é+)re", ""},
      {R"re((?s)*)re", R"re(missing argument to repetition operator: `*`)re"},
      {R"re((a)*)re", ""},
      {R"re((a|)*)re", ""},
      {R"re(\-)re", ""},
      {R"re(\_)re", ""},
      {R"re((?P=a))re", R"re(invalid or unsupported Perl syntax: `(?P`)re"},
      {R"re((?#x))re", R"re(invalid or unsupported Perl syntax: `(?#`)re"},
      {R"re(a?{2})re", R"re(invalid nested repetition operator: `?{2}`)re"},
      {R"re([[.a.]])re", ""},
      {R"re([)re", R"re(missing closing ]: `[`)re"},
      {R"re(()re", R"re(missing closing ): `(`)re"},
      {R"re(*)re", R"re(missing argument to repetition operator: `*`)re"},
      {R"re(a{2,1})re", R"re(invalid repeat count: `{2,1}`)re"},
      {R"re(a**)re", R"re(invalid nested repetition operator: `**`)re"},
      {R"re((?<a))re", R"re(invalid named capture: `(?<a)`)re"},
      {R"re(\a)re", ""},
      {R"re(\q)re", R"re(invalid escape sequence: `\q`)re"},
      {R"re([[:x:]])re", R"re(invalid character class range: `[:x:]`)re"},
      {R"re((?z))re", R"re(invalid or unsupported Perl syntax: `(?z`)re"},
      {R"re(a\)re", R"re(trailing backslash at end of expression: ``)re"},
      {R"re(a{1)re", ""},
      {R"re(\1)re", R"re(invalid escape sequence: `\1`)re"},
      {R"re(\x1)re", R"re(invalid escape sequence: `\x1`)re"},
      {R"re(^web-[0-9]+$)re", ""},
  };
  for (const auto& c : cases) {
    const absl::Status status = ValidateFilterPattern(c.pattern);
    const std::string wrong =
        c.wrong[0] == 0 ? "" : absl::StrCat("error parsing regexp: ", c.wrong);
    EXPECT_EQ(status.message(), wrong) << c.pattern;
  }
  EXPECT_EQ(ValidateFilterPattern("a\xff").message(),
            "error parsing regexp: invalid UTF-8: `\xff`");
  EXPECT_EQ(ValidateFilterPattern(std::string(2000, '(')).ok(), false);
}

}  // namespace
}  // namespace konsul::api
