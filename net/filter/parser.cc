#include "net/filter/parser.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/filter/literal.h"
#include "net/filter/scanner.h"
#include "net/filter/utf8.h"

namespace konsul::filter {
namespace {

class Parser {
 public:
  explicit Parser(absl::string_view text) : scan_(text) {}

  absl::StatusOr<Expression> Run() {
    scan_.Spaces();
    auto expression = Or();
    if (too_deep_) {
      return absl::InvalidArgumentError(
          absl::StrCat("parentheses and \"not\" are nested more than ", kMaxDepth, " deep"));
    }
    if (expression) {
      scan_.Spaces();
      if (!scan_.End()) expression.reset();
    }
    if (!expression || scan_.failed()) return scan_.Error();
    return *std::move(expression);
  }

 private:
  using Term = std::optional<Expression> (Parser::*)();

  std::optional<Expression> Or() { return Chain(&Parser::And, "or", Expression::Kind::kOr); }
  std::optional<Expression> And() { return Chain(&Parser::Not, "and", Expression::Kind::kAnd); }

  // Operands with the word between them; ends before a word without an operand.
  std::optional<Expression> Chain(Term term, absl::string_view word, Expression::Kind kind) {
    std::optional<Expression> first = (this->*term)();
    if (!first) return first;
    std::vector<Expression> operands;
    operands.push_back(*std::move(first));
    for (size_t end = scan_.position();; end = scan_.position()) {
      std::optional<Expression> next;
      if (scan_.Spaces() && scan_.Take(word) && scan_.Spaces()) next = (this->*term)();
      if (!next) {
        scan_.Return(end);
        break;
      }
      operands.push_back(*std::move(next));
    }
    if (operands.size() == 1) return std::move(operands.front());
    return Expression{.kind = kind, .operands = std::move(operands)};
  }

  std::optional<Expression> Not() {
    const size_t start = scan_.position();
    if (scan_.Take("not") && scan_.Spaces()) {
      if (auto operand = Deeper(&Parser::Not)) {
        if (operand->kind == Expression::Kind::kNot) return std::move(operand->operands.front());
        Expression expression{.kind = Expression::Kind::kNot};
        expression.operands.push_back(*std::move(operand));
        return expression;
      }
    }
    // A selector may be called so.
    scan_.Return(start);
    return Group();
  }

  std::optional<Expression> Group() {
    const size_t start = scan_.position();
    bool unmatched = false;
    size_t end = 0;
    if (scan_.Take("(")) {
      scan_.Spaces();
      if (auto inner = Deeper(&Parser::Or)) {
        scan_.Spaces();
        if (scan_.Take(")")) return inner;
        unmatched = true;
        end = scan_.position();
      }
      scan_.Return(start);
    }
    if (auto match = Matching()) return match;
    if (unmatched) scan_.Fail(end, "grouping", "Unmatched parentheses");
    scan_.Return(start);
    return std::nullopt;
  }

  std::optional<Expression> Deeper(Term term) {
    if (depth_ == kMaxDepth) too_deep_ = true;
    if (too_deep_) return std::nullopt;
    ++depth_;
    auto expression = (this->*term)();
    --depth_;
    return expression;
  }

  std::optional<Expression> Matching() {
    const size_t start = scan_.position();
    const std::optional<std::vector<std::string>> identifier = Path();
    const auto selector = identifier ? identifier : Pointer();
    Expression expression;
    Match& match = expression.match;
    if (selector) {
      match.path = *selector;
      const size_t end = scan_.position();
      const auto given = [&](Operator op) {
        match.op = op;
        return true;
      };
      const bool compares = (Symbol("==") && given(Operator::kEqual)) ||
                            (Symbol("!=") && given(Operator::kNotEqual)) ||
                            (Words({"contains"}) && given(Operator::kIn)) ||
                            (Words({"not", "contains"}) && given(Operator::kNotIn)) ||
                            (Words({"matches"}) && given(Operator::kMatches)) ||
                            (Words({"not", "matches"}) && given(Operator::kNotMatches));
      if (compares) {
        if (auto value = Value()) {
          match.value = *std::move(value);
          return expression;
        }
        scan_.Return(end);
      }
      if ((Phrase({"is", "empty"}) && given(Operator::kEmpty)) ||
          (Phrase({"is", "not", "empty"}) && given(Operator::kNotEmpty))) {
        return expression;
      }
    }
    // What looked like a selector may be a value, whose selector comes last.
    std::optional<std::string> value;
    if (identifier) {
      value = absl::StrJoin(*identifier, ".");
    } else {
      scan_.Return(start);
      value = NumberOrText();
    }
    if (!value) return std::nullopt;
    if (Words({"in"})) {
      match.op = Operator::kIn;
    } else if (Words({"not", "in"})) {
      match.op = Operator::kNotIn;
    } else {
      return std::nullopt;
    }
    const size_t end = scan_.position();
    auto path = Path();
    if (!path) path = Pointer();
    if (!path) {
      scan_.Fail(end, "match", "Invalid selector");
      return std::nullopt;
    }
    match.path = *std::move(path);
    match.value = *std::move(value);
    return expression;
  }

  bool Symbol(absl::string_view symbol) {
    const size_t start = scan_.position();
    scan_.Spaces();
    if (scan_.Take(symbol)) {
      scan_.Spaces();
      return true;
    }
    scan_.Return(start);
    return false;
  }

  // The words, each after space.
  bool Phrase(std::initializer_list<absl::string_view> words) {
    const size_t start = scan_.position();
    for (const absl::string_view word : words) {
      if (scan_.Spaces() && scan_.Take(word)) continue;
      scan_.Return(start);
      return false;
    }
    return true;
  }

  // The same, with space behind them.
  bool Words(std::initializer_list<absl::string_view> words) {
    const size_t start = scan_.position();
    if (Phrase(words) && scan_.Spaces()) return true;
    scan_.Return(start);
    return false;
  }

  // `a`, `a.b`, `a["b"]`.
  std::optional<std::vector<std::string>> Path() {
    std::vector<std::string> path;
    auto name = Identifier();
    if (!name) return std::nullopt;
    while (name) {
      path.push_back(*std::move(name));
      const size_t end = scan_.position();
      name = scan_.Take(".") ? Identifier() : std::nullopt;
      if (name) continue;
      scan_.Return(end);
      name = Index();
    }
    return path;
  }

  std::optional<std::string> Identifier() {
    const size_t start = scan_.position();
    if (!scan_.TakeOf(&absl::ascii_isalpha, "[a-zA-Z]")) return std::nullopt;
    scan_.TakeAllOf([](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; },
                    "[a-zA-Z0-9_]");
    return std::string(scan_.Since(start));
  }

  std::optional<std::string> Index() {
    const size_t start = scan_.position();
    if (!scan_.Take("[")) return std::nullopt;
    scan_.Spaces();
    const size_t place = scan_.position();
    auto key = Text(scan_);
    if (key) {
      scan_.Spaces();
      if (scan_.Take("]")) return key;
      scan_.Fail(scan_.position(), "index", "Unclosed index expression");
    } else {
      scan_.Fail(place, "index", "Invalid index");
    }
    scan_.Return(start);
    return std::nullopt;
  }

  // `"/a/b"`. Whatever else begins with a quote is a value, so nothing is missed here.
  std::optional<std::vector<std::string>> Pointer() {
    size_t size = 0;
    auto path = ReadPointer(scan_.rest(), size);
    if (path) scan_.Skip(size);
    return path;
  }

  std::optional<std::string> Value() {
    if (auto path = Path()) return absl::StrJoin(*path, ".");
    return NumberOrText();
  }

  std::optional<std::string> NumberOrText() {
    if (auto number = Number(scan_)) return number;
    return Text(scan_);
  }

  Scanner scan_;
  size_t depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

absl::StatusOr<Expression> Parse(absl::string_view text) {
  if (text.size() > kMaxLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("the filter is longer than ", kMaxLength, " bytes"));
  }
  for (size_t i = 0; i < text.size();) {
    const Rune rune = FirstRune(text.substr(i));
    if (!rune.valid) return Scanner(text).ErrorAt(i, "invalid encoding");
    i += rune.size;
  }
  return Parser(text).Run();
}

}  // namespace konsul::filter
