#include "net/filter/coerce.h"

#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::filter {
namespace {

absl::Status Bad(absl::string_view function, absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("strconv.", function, ": parsing ", Quote(text), ": ", what));
}

// Takes 0x, 0o, 0b, or the 0 of octal digits, off `digits`.
uint64_t TakeBase(absl::string_view& digits) {
  if (digits.size() < 2 || digits.front() != '0') return 10;
  const int letter = absl::ascii_tolower(static_cast<unsigned char>(digits[1]));
  const uint64_t base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
  digits.remove_prefix(base == 8 && letter != 'o' ? 1 : 2);
  return base;
}

// Digits of at most `max`, with underscores between them. An error's `function` and `text` are
// those of the number that they belong to.
absl::StatusOr<uint64_t> Magnitude(absl::string_view digits, uint64_t max,
                                   absl::string_view function, absl::string_view text) {
  constexpr absl::string_view kSyntax = "invalid syntax";
  const uint64_t base = TakeBase(digits);
  uint64_t value = 0;
  bool large = false;
  bool after_underscore = base == 10;  // after a base, there may be one
  if (digits.empty()) return Bad(function, text, kSyntax);
  for (const char c : digits) {
    if (c == '_') {
      if (after_underscore) return Bad(function, text, kSyntax);
      after_underscore = true;
      continue;
    }
    after_underscore = false;
    const unsigned char lower =
        static_cast<unsigned char>(absl::ascii_tolower(static_cast<unsigned char>(c)));
    if (!absl::ascii_isxdigit(lower)) return Bad(function, text, kSyntax);
    const uint64_t digit = absl::ascii_isdigit(lower) ? lower - '0' : lower - 'a' + 10;
    if (digit >= base) return Bad(function, text, kSyntax);
    large = large || value > (std::numeric_limits<uint64_t>::max() - digit) / base;
    value = value * base + digit;
  }
  if (after_underscore) return Bad(function, text, kSyntax);
  if (large || value > max) return Bad(function, text, "value out of range");
  return value;
}

absl::StatusOr<Value> ToUnsigned(absl::string_view text, int bits) {
  const uint64_t max = std::numeric_limits<uint64_t>::max() >> (64 - bits);
  KONSUL_ASSIGN_OR_RETURN(const uint64_t value, Magnitude(text, max, "ParseUint", text));
  return value;
}

absl::StatusOr<Value> ToSigned(absl::string_view text, int bits) {
  const bool negative = absl::StartsWith(text, "-");
  const bool sign = negative || absl::StartsWith(text, "+");
  const uint64_t max = (uint64_t{1} << (bits - 1)) - (negative ? 0 : 1);
  KONSUL_ASSIGN_OR_RETURN(const uint64_t value,
                          Magnitude(text.substr(sign ? 1 : 0), max, "ParseInt", text));
  return static_cast<int64_t>(negative ? 0 - value : value);
}

absl::StatusOr<Value> ToBool(absl::string_view text) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return Bad("ParseBool", text, "invalid syntax");
}

absl::StatusOr<Value> ToFloat(absl::string_view text) {
  double value = 0;
  // What absl would trim is none of the number's.
  const bool trimmed = absl::StripAsciiWhitespace(text).size() == text.size();
  if (trimmed && absl::SimpleAtod(text, &value)) return value;
  return Bad("ParseFloat", text, "invalid syntax");
}

}  // namespace

absl::StatusOr<Value> Coerce(absl::string_view text, const Type& type) {
  switch (type.kind()) {
    case Type::Kind::kBool:
      return ToBool(text);
    case Type::Kind::kSigned:
      return ToSigned(text, type.bits());
    case Type::Kind::kUnsigned:
      return ToUnsigned(text, type.bits());
    case Type::Kind::kFloat:
      return ToFloat(text);
    default:
      return std::string(text);
  }
}

}  // namespace konsul::filter
