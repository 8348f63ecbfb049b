#include "net/filter/regex.h"

#include <re2/re2.h>

#include "absl/strings/str_cat.h"

namespace konsul::filter {
namespace {

constexpr int64_t kMaxMemory = 1 << 20;

// As Go says it.
absl::string_view Name(re2::RE2::ErrorCode code) {
  using re2::RE2;
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

}  // namespace

absl::StatusOr<Regex> Regex::Compile(absl::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto regex = std::make_shared<const re2::RE2>(
      re2::StringPiece(expression.data(), expression.size()), options);
  if (regex->ok()) return Regex(std::move(regex));
  // Go names no part of an expression that ends in a backslash; RE2 does.
  const bool whole = regex->error_code() != re2::RE2::ErrorTrailingBackslash;
  return absl::InvalidArgumentError(
      absl::StrCat("error parsing regexp: ", Name(regex->error_code()), ": `",
                   whole ? regex->error_arg() : "", "`"));
}

bool Regex::Finds(absl::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
}

}  // namespace konsul::filter
