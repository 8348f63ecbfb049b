#include "net/filter/filter.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/filter/bound_match.h"
#include "net/filter/parser.h"

namespace konsul::filter {

struct Filter::Node {
  Expression::Kind kind = Expression::Kind::kMatch;
  std::optional<BoundMatch> match;
  std::vector<Node> operands;
};

absl::StatusOr<Filter> Filter::Make(absl::string_view expression, const Type& type) {
  KONSUL_ASSIGN_OR_RETURN(const Expression parsed, Parse(expression));
  size_t regexes = 0;
  KONSUL_ASSIGN_OR_RETURN(Node root, Bind(parsed, type, regexes));
  return Filter(std::make_shared<const Node>(std::move(root)));
}

absl::StatusOr<Filter::Node> Filter::Bind(const Expression& expression, const Type& type,
                                          size_t& regexes) {
  Node node{.kind = expression.kind};
  if (expression.kind == Expression::Kind::kMatch) {
    if (Positive(expression.match.op) == Operator::kMatches && ++regexes > kMaxRegexes) {
      return absl::InvalidArgumentError(
          absl::StrCat("there are more than ", kMaxRegexes, " regular expressions"));
    }
    KONSUL_ASSIGN_OR_RETURN(node.match, BoundMatch::Make(expression.match, type));
  }
  for (const Expression& operand : expression.operands) {
    KONSUL_ASSIGN_OR_RETURN(Node bound, Bind(operand, type, regexes));
    node.operands.push_back(std::move(bound));
  }
  return node;
}

bool Filter::Keeps(const boost::json::value& item) const { return Keeps(*root_, &item); }

bool Filter::Keeps(const Node& node, const boost::json::value* item) {
  const auto keeps = [&](const Node& operand) { return Keeps(operand, item); };
  switch (node.kind) {
    case Expression::Kind::kMatch:
      return node.match->Holds(item);
    case Expression::Kind::kNot:
      return !keeps(node.operands.front());
    case Expression::Kind::kAnd:
      return std::all_of(node.operands.begin(), node.operands.end(), keeps);
    case Expression::Kind::kOr:
      return std::any_of(node.operands.begin(), node.operands.end(), keeps);
  }
  return false;
}

}  // namespace konsul::filter
