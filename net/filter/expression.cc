#include "net/filter/expression.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "net/filter/utf8.h"

namespace konsul::filter {
namespace {

// In double quotes. The grammar has no escaped ones.
std::string Literal(absl::string_view text) {
  std::vector<std::string> pieces;
  for (const absl::string_view piece : absl::StrSplit(text, '"')) {
    const std::string quoted = Quote(piece);
    pieces.push_back(quoted.substr(1, quoted.size() - 2));
  }
  return absl::StrCat("\"", absl::StrJoin(pieces, "\\x22"), "\"");
}

bool IsIdentifier(absl::string_view name) {
  return !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

std::string Selector(const std::vector<std::string>& path) {
  std::string out;
  if (IsIdentifier(path.front())) {
    out = path.front();
    for (size_t i = 1; i < path.size(); ++i) absl::StrAppend(&out, "[", Literal(path[i]), "]");
    return out;
  }
  // Only a pointer begins like this.
  for (const std::string& name : path) {
    absl::StrAppend(&out, "/", absl::StrReplaceAll(name, {{"~", "~0"}, {"/", "~1"}}));
  }
  return absl::StrCat("\"", out, "\"");
}

std::string ToText(const Match& match) {
  const std::string selector = Selector(match.path);
  const std::string value = Literal(match.value);
  switch (match.op) {
    case Operator::kEqual:
      return absl::StrCat(selector, " == ", value);
    case Operator::kNotEqual:
      return absl::StrCat(selector, " != ", value);
    case Operator::kIn:
      return absl::StrCat(value, " in ", selector);
    case Operator::kNotIn:
      return absl::StrCat(value, " not in ", selector);
    case Operator::kEmpty:
      return absl::StrCat(selector, " is empty");
    case Operator::kNotEmpty:
      return absl::StrCat(selector, " is not empty");
    case Operator::kMatches:
      return absl::StrCat(selector, " matches ", value);
    case Operator::kNotMatches:
      return absl::StrCat(selector, " not matches ", value);
  }
  return selector;
}

}  // namespace

absl::string_view NameOf(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return "Equal";
    case Operator::kNotEqual:
      return "Not Equal";
    case Operator::kIn:
      return "In";
    case Operator::kNotIn:
      return "Not In";
    case Operator::kEmpty:
      return "Is Empty";
    case Operator::kNotEmpty:
      return "Is Not Empty";
    case Operator::kMatches:
      return "Matches";
    case Operator::kNotMatches:
      return "Not Matches";
  }
  return "UNKNOWN";
}

Operator Positive(Operator op) {
  switch (op) {
    case Operator::kNotEqual:
      return Operator::kEqual;
    case Operator::kNotIn:
      return Operator::kIn;
    case Operator::kNotEmpty:
      return Operator::kEmpty;
    case Operator::kNotMatches:
      return Operator::kMatches;
    default:
      return op;
  }
}

bool TakesValue(Operator op) { return Positive(op) != Operator::kEmpty; }

std::string ToText(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::kMatch:
      return ToText(expression.match);
    case Expression::Kind::kNot:
      return absl::StrCat("not (", ToText(expression.operands.front()), ")");
    case Expression::Kind::kAnd:
    case Expression::Kind::kOr:
      break;
  }
  const bool conjunction = expression.kind == Expression::Kind::kAnd;
  std::string text;
  for (const Expression& operand : expression.operands) {
    if (!text.empty()) text += conjunction ? " and " : " or ";
    absl::StrAppend(&text, "(", ToText(operand), ")");
  }
  return text;
}

std::string Quote(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    const absl::string_view bytes = text.substr(0, rune.size);
    text.remove_prefix(rune.size);
    const unsigned char byte = static_cast<unsigned char>(bytes.front());
    if (!rune.valid || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else if (byte == '"' || byte == '\\') {
      absl::StrAppend(&out, "\\", bytes);
    } else if (byte >= 0x20) {
      absl::StrAppend(&out, bytes);
    } else if (byte >= 0x07 && byte <= 0x0d) {
      out += '\\';
      out += "abtnvfr"[byte - 0x07];
    } else {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    }
  }
  return out + '"';
}

}  // namespace konsul::filter
