#include "core/api/filter_pattern.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace konsul::api {
namespace {

using absl::string_view;

constexpr int kRepeatMax = 1000;
constexpr int kNestingMax = 1000;
constexpr uint32_t kRuneMax = 0x10ffff;

absl::Status Wrong(string_view what, string_view where) {
  return absl::FailedPreconditionError(
      absl::StrCat("error parsing regexp: ", what, ": `", where, "`"));
}

bool Contains(string_view text, char c) { return text.find(c) != string_view::npos; }

class Parser {
 public:
  explicit Parser(string_view pattern) : all_(pattern), rest_(pattern) {}

  absl::Status Parse() {
    while (!rest_.empty()) {
      const absl::Status status = Next();
      if (!status.ok()) return status;
    }
    return depth_ == 0 ? absl::OkStatus() : Wrong("missing closing )", all_);
  }

 private:
  // What there is to repeat, before the current position.
  enum class Before { kNothing, kAtom, kRepetition };

  absl::Status Next() {
    const char c = rest_[0];
    if (c == '(') return Open();
    if (c == ')') return Close();
    if (c == '[') return Class();
    if (c == '\\') return Escape();
    if (Contains("*+?", c)) return Repeat(1);
    if (c == '{') {
      const size_t size = Counted();
      if (size > 0) return Repeat(size);
    }
    before_ = c == '|' ? Before::kNothing : Before::kAtom;
    return Rune(rest_).status();
  }

  // Moves behind one character.
  static absl::StatusOr<uint32_t> Rune(string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    bool valid = first < 0x80 || (first >= 0xc2 && first < 0xf5 && text.size() >= size);
    uint32_t rune = size == 1 ? first : first & (0x7f >> size);
    for (size_t i = 1; i < size && valid; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      valid = (byte & 0xc0) == 0x80;
      rune = rune << 6 | (byte & 0x3f);
    }
    if (!valid) return Wrong("invalid UTF-8", text);
    text.remove_prefix(size);
    return rune;
  }

  absl::Status Open() {
    if (++depth_ > kNestingMax) return Wrong("expression nests too deeply", all_);
    const string_view group = rest_;
    if (group.substr(1, 1) == "?") {
      for (const string_view begin : {"(?P<", "(?<"}) {
        if (group.substr(0, begin.size()) == begin) return Named(group, begin.size());
      }
      return Flags(group);
    }
    rest_.remove_prefix(1);
    before_ = Before::kNothing;
    return absl::OkStatus();
  }

  absl::Status Named(string_view group, size_t prefix) {
    const size_t end = group.find('>');
    if (end == string_view::npos) return Wrong("invalid named capture", group);
    const string_view name = group.substr(prefix, end - prefix);
    const bool word =
        absl::c_all_of(name, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
    if (name.empty() || !word) return Wrong("invalid named capture", group.substr(0, end + 1));
    rest_ = group.substr(end + 1);
    before_ = Before::kNothing;
    return absl::OkStatus();
  }

  absl::Status Flags(string_view group) {
    bool negated = false;
    bool any = false;
    for (size_t i = 2; i < group.size(); ++i) {
      const char c = group[i];
      if (Contains("imsU", c)) {
        any = true;
      } else if (c == '-' && !negated) {
        negated = true;
        any = false;
      } else if ((c == ':' || c == ')') && (any || !negated)) {
        rest_ = group.substr(i + 1);
        if (c == ':') {
          before_ = Before::kNothing;
        } else {
          --depth_;
          NothingHere();
        }
        return absl::OkStatus();
      } else {
        return Wrong("invalid or unsupported Perl syntax", group.substr(0, i + 1));
      }
    }
    return Wrong("invalid or unsupported Perl syntax", group);
  }

  // What stands here is no more than what stands before it, but parts repetitions.
  void NothingHere() {
    if (before_ == Before::kRepetition) before_ = Before::kAtom;
  }

  absl::Status Close() {
    if (depth_ == 0) return Wrong("unexpected )", all_);
    --depth_;
    before_ = Before::kAtom;
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  // The size of "{2}", "{2,}" or "{2,3}", after which rest_ goes on; 0: it stands for itself.
  size_t Counted() {
    size_t i = 1;
    const auto number = [&]() -> std::optional<int> {
      const size_t from = i;
      int value = 0;
      while (i < rest_.size() && absl::ascii_isdigit(static_cast<unsigned char>(rest_[i]))) {
        value = std::min(value * 10 + (rest_[i++] - '0'), kRepeatMax + 1);
      }
      const bool padded = i - from > 1 && rest_[from] == '0';
      return i == from || padded ? std::nullopt : std::optional(value);
    };
    const auto low = number();
    if (!low) return 0;
    std::optional<int> high = low;
    if (rest_.substr(i, 1) == ",") {
      ++i;
      high = rest_.substr(i, 1) == "}" ? low : number();
    }
    if (!high || rest_.substr(i, 1) != "}") return 0;
    bad_count_ = *low > kRepeatMax || *high > kRepeatMax || *low > *high;
    return i + 1;
  }

  absl::Status Repeat(size_t size) {
    string_view operation = rest_.substr(0, size);
    if (operation[0] == '{' && bad_count_) return Wrong("invalid repeat count", operation);
    if (rest_.substr(size, 1) == "?") operation = rest_.substr(0, size + 1);
    if (before_ == Before::kNothing) {
      return Wrong("missing argument to repetition operator", operation);
    }
    if (before_ == Before::kRepetition) {
      return Wrong(
          "invalid nested repetition operator",
          all_.substr(repetition_, all_.size() - rest_.size() + operation.size() - repetition_));
    }
    repetition_ = all_.size() - rest_.size();
    before_ = Before::kRepetition;
    rest_.remove_prefix(operation.size());
    return absl::OkStatus();
  }

  absl::Status Escape() {
    if (rest_.size() == 1) return Wrong("trailing backslash at end of expression", "");
    if (rest_[1] == 'Q') {
      const size_t end = rest_.find("\\E");
      if (std::min(end, rest_.size()) > 2) {
        before_ = Before::kAtom;
      } else {
        NothingHere();
      }
      rest_ = end == string_view::npos ? "" : rest_.substr(end + 2);
      return absl::OkStatus();
    }
    before_ = Before::kAtom;
    if (Contains("ABbzdDsSwW", rest_[1])) {
      rest_.remove_prefix(2);
      return absl::OkStatus();
    }
    if (Contains("pP", rest_[1])) return Property();
    return Character().status();
  }

  // \pN, \p{Greek}; names in braces are not looked up.
  absl::Status Property() {
    constexpr string_view kGeneral = "CLMNPSZ";
    if (rest_.size() == 2) return Wrong("invalid character class range", rest_);
    size_t end = 3;
    if (rest_[2] == '{') {
      end = rest_.find('}');
      if (end == string_view::npos) return Wrong("invalid character class range", rest_);
      ++end;
    } else if (!Contains(kGeneral, rest_[2])) {
      return Wrong("invalid character class range", rest_.substr(0, end));
    }
    rest_.remove_prefix(end);
    return absl::OkStatus();
  }

  // After a backslash, in a class or not.
  absl::StatusOr<uint32_t> Character() {
    const string_view escape = rest_;
    if (rest_.size() == 1) return Wrong("trailing backslash at end of expression", "");
    const auto c = static_cast<unsigned char>(rest_[1]);
    const auto wrong = [&](size_t size) {
      return Wrong("invalid escape sequence", escape.substr(0, size));
    };
    if (c == 'x') return Hex();
    if (c >= '0' && c <= '7') {
      const bool octal = rest_.size() > 2 && rest_[2] >= '0' && rest_[2] <= '7';
      if (c != '0' && !octal) return wrong(2);
      size_t size = 2;
      uint32_t value = c - '0';
      while (size < 4 && size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '7') {
        value = value * 8 + (rest_[size++] - '0');
      }
      rest_.remove_prefix(size);
      return value;
    }
    constexpr string_view kControls =
        "a\a"
        "f\f"
        "n\n"
        "r\r"
        "t\t"
        "v\v";
    const size_t control = kControls.find(static_cast<char>(c));
    if (absl::ascii_islower(c) && control != string_view::npos) {
      rest_.remove_prefix(2);
      return kControls[control + 1];
    }
    rest_.remove_prefix(1);
    if (c >= 0x80 || absl::ascii_isalnum(c)) {
      (void)Rune(rest_);
      return wrong(escape.size() - rest_.size());
    }
    return Rune(rest_);
  }

  absl::StatusOr<uint32_t> Hex() {
    const bool braces = rest_.substr(2, 1) == "{";
    size_t i = braces ? 3 : 2;
    const size_t from = i;
    const size_t most = braces ? rest_.size() : std::min<size_t>(4, rest_.size());
    uint32_t value = 0;
    while (i < most && absl::ascii_isxdigit(static_cast<unsigned char>(rest_[i])) &&
           value <= kRuneMax) {
      const char digit = absl::ascii_tolower(static_cast<unsigned char>(rest_[i++]));
      value = value * 16 + (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    const bool closed = braces ? i > from && rest_.substr(i, 1) == "}" : i == from + 2;
    if (!closed || value > kRuneMax) {
      const size_t bad = !braces ? most : value > kRuneMax ? i : i + 1;
      return Wrong("invalid escape sequence", rest_.substr(0, bad));
    }
    rest_.remove_prefix(braces ? i + 1 : i);
    return value;
  }

  absl::Status Class() {
    const string_view whole = rest_;
    rest_.remove_prefix(rest_.substr(1, 1) == "^" ? 2 : 1);
    before_ = Before::kAtom;
    for (bool first = true;; first = false) {
      if (rest_.empty()) return Wrong("missing closing ]", whole);
      if (rest_[0] == ']' && !first) break;
      if (rest_.substr(0, 2) == "[:") {
        const size_t end = rest_.find(":]");
        if (end != string_view::npos && end >= 2) {
          if (!IsPosixClass(rest_.substr(2, end - 2))) {
            return Wrong("invalid character class range", rest_.substr(0, end + 2));
          }
          rest_.remove_prefix(end + 2);
          continue;
        }
      }
      if (rest_[0] == '\\' && rest_.size() > 1 && Contains("dDsSwW", rest_[1])) {
        rest_.remove_prefix(2);
        continue;
      }
      if (rest_[0] == '\\' && rest_.size() > 1 && Contains("pP", rest_[1])) {
        const absl::Status status = Property();
        if (!status.ok()) return status;
        continue;
      }
      const absl::Status status = Range(whole);
      if (!status.ok()) return status;
    }
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  absl::Status Range(string_view whole) {
    const string_view range = rest_;
    const auto low = rest_[0] == '\\' ? Character() : Rune(rest_);
    if (!low.ok()) return low.status();
    if (rest_.size() < 2 || rest_[0] != '-' || rest_[1] == ']') return absl::OkStatus();
    rest_.remove_prefix(1);
    if (rest_.empty()) return Wrong("missing closing ]", whole);
    const auto high = rest_[0] == '\\' ? Character() : Rune(rest_);
    if (!high.ok()) return high.status();
    if (*high >= *low) return absl::OkStatus();
    return Wrong("invalid character class range", range.substr(0, range.size() - rest_.size()));
  }

  static bool IsPosixClass(string_view name) {
    constexpr string_view kNames[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
                                      "digit", "graph", "lower", "print", "punct",
                                      "space", "upper", "word",  "xdigit"};
    if (name.substr(0, 1) == "^") name.remove_prefix(1);
    return absl::c_linear_search(kNames, name);
  }

  const string_view all_;
  string_view rest_;
  int depth_ = 0;
  Before before_ = Before::kNothing;
  size_t repetition_ = 0;   // where the last one begins
  bool bad_count_ = false;  // of the last that was looked at
};

}  // namespace

absl::Status ValidateFilterPattern(string_view pattern) { return Parser(pattern).Parse(); }

}  // namespace konsul::api
