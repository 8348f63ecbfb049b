#include "net/filter/literal.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "net/filter/utf8.h"

namespace konsul::filter {
namespace {

constexpr char kDigit[] = "[0-9]";

bool Whole(Scanner& scan) {
  if (scan.Take("0")) return true;
  if (!scan.TakeOf([](unsigned char c) { return c >= '1' && c <= '9'; }, "[1-9]")) return false;
  scan.TakeAllOf(&absl::ascii_isdigit, kDigit);
  return true;
}

// A number ends before space, a closing parenthesis or the end.
bool NumberEnds(Scanner& scan) {
  const size_t end = scan.position();
  const bool ends = scan.Spaces() || scan.End() || scan.Take(")");
  scan.Return(end);
  return ends;
}

// Takes `digits` digits of the base off `text`.
std::optional<uint32_t> TakeDigits(absl::string_view& text, size_t digits, uint32_t base) {
  if (text.size() < digits) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, digits)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    const int lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    const uint32_t digit = static_cast<uint32_t>(lower > '9' ? lower - 'a' + 10 : lower - '0');
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  text.remove_prefix(digits);
  return value;
}

// What follows a backslash, taken off `text` and appended.
bool TakeEscape(absl::string_view& text, std::string& out) {
  if (text.empty()) return false;
  const char c = text.front();
  constexpr absl::string_view kNames = "abfnrtv\\\"";
  constexpr absl::string_view kMeant = "\a\b\f\n\r\t\v\\\"";
  if (const size_t i = kNames.find(c); i != absl::string_view::npos) {
    text.remove_prefix(1);
    out += kMeant[i];
    return true;
  }
  if (c == 'u' || c == 'U') {
    text.remove_prefix(1);
    const auto rune = TakeDigits(text, c == 'u' ? 4 : 8, 16);
    if (!rune || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000)) return false;
    AppendRune(*rune, out);
    return true;
  }
  if (c == 'x') text.remove_prefix(1);
  const auto byte = c == 'x' ? TakeDigits(text, 2, 16) : TakeDigits(text, 3, 8);
  if (!byte || *byte > 0xff) return false;
  out += static_cast<char>(*byte);
  return true;
}

// Letters, digits and what else names have: nothing that would end a pointer.
bool InPointer(uint32_t rune) {
  if (rune >= 0x80) return true;
  return absl::ascii_isalnum(static_cast<unsigned char>(rune)) || rune == '-' || rune == '_' ||
         rune == '.' || rune == '~' || rune == ':' || rune == '|';
}

}  // namespace

std::optional<std::string> Number(Scanner& scan) {
  const size_t start = scan.position();
  scan.Take("-");
  if (!Whole(scan)) {
    scan.Return(start);
    return std::nullopt;
  }
  const size_t point = scan.position();
  if (scan.Take(".") && !scan.TakeAllOf(&absl::ascii_isdigit, kDigit)) scan.Return(point);
  std::string number(scan.Since(start));
  if (NumberEnds(scan)) return number;
  scan.Fail(scan.position(), "number", "Invalid number literal");
  scan.Return(start);
  return std::nullopt;
}

std::optional<std::string> Text(Scanner& scan) {
  const size_t start = scan.position();
  const bool raw = scan.Take("`");
  if (!raw && !scan.Take("\"")) return std::nullopt;
  const size_t size = scan.rest().find(raw ? '`' : '"');
  if (size == absl::string_view::npos) {
    scan.Fail(start + 1 + scan.rest().size(), "string", "Unterminated string literal");
    scan.Return(start);
    return std::nullopt;
  }
  const absl::string_view inside = scan.rest().substr(0, size);
  scan.Skip(size + 1);
  if (raw) return absl::StrReplaceAll(inside, {{"\r", ""}});
  auto text = Unescape(inside);
  if (!text) scan.Fail(start, "string", "invalid syntax");
  return text.value_or("");
}

std::optional<std::vector<std::string>> ReadPointer(absl::string_view text, size_t& size) {
  if (text.size() < 2 || text.substr(0, 2) != "\"/") return std::nullopt;
  const size_t end = text.find('"', 1);
  if (end == absl::string_view::npos) return std::nullopt;
  std::vector<std::string> path;
  for (const absl::string_view part : absl::StrSplit(text.substr(2, end - 2), '/')) {
    if (part.empty()) return std::nullopt;
    for (size_t i = 0; i < part.size();) {
      const Rune rune = FirstRune(part.substr(i));
      if (!rune.valid || !InPointer(rune.value)) return std::nullopt;
      i += rune.size;
    }
    path.push_back(absl::StrReplaceAll(part, {{"~1", "/"}, {"~0", "~"}}));
  }
  size = end + 1;
  return path;
}

std::optional<std::string> Unescape(absl::string_view inside) {
  std::string out;
  while (!inside.empty()) {
    const char c = inside.front();
    if (c == '\n' || c == '"') return std::nullopt;
    inside.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (!TakeEscape(inside, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace konsul::filter
