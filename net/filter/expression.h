// What a filter expression says, before anybody asked what it is about.
#ifndef KONSUL_NET_FILTER_EXPRESSION_H_
#define KONSUL_NET_FILTER_EXPRESSION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul::filter {

enum class Operator { kEqual, kNotEqual, kIn, kNotIn, kEmpty, kNotEmpty, kMatches, kNotMatches };

// As Consul's error texts name it: "Not Equal".
absl::string_view NameOf(Operator op);
// kEqual for kNotEqual, and so on: what the operator says, or what it denies.
Operator Positive(Operator op);
bool TakesValue(Operator op);

// `A.b["c"] == value`; `contains` is kIn as well.
struct Match {
  std::vector<std::string> path;  // at least one
  Operator op = Operator::kEqual;
  std::string value;
  friend bool operator==(const Match&, const Match&) = default;
};

struct Expression {
  enum class Kind { kMatch, kNot, kAnd, kOr };
  Kind kind = Kind::kMatch;
  Match match;                       // kMatch
  std::vector<Expression> operands;  // kNot: one; kAnd and kOr: two or more
  friend bool operator==(const Expression&, const Expression&) = default;
};

// A text that Parse (net/filter/parser.h) reads as this expression.
std::string ToText(const Expression& expression);

// As Go writes a string in source code, quotes included.
std::string Quote(absl::string_view text);

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_EXPRESSION_H_
