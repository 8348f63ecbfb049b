// Whatever expression there is: it is read as it was written, and keeps what a dumb evaluator
// keeps.
#include <boost/json/parse.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "net/filter/filter.h"
#include "net/filter/parser.h"
#include "rapidcheck/gtest.h"

namespace konsul::filter {
namespace {

using Item = std::map<std::string, std::string>;

Expression AnyMatch(bool dumb) {
  Expression out;
  Match& match = out.match;
  if (dumb) {
    match.path = {"Meta", *rc::gen::element<std::string>("a", "b", "c")};
    match.op =
        *rc::gen::element(Operator::kEqual, Operator::kNotEqual, Operator::kIn, Operator::kNotIn);
    match.value = *rc::gen::container<std::string>(rc::gen::inRange('x', 'z'));
    return out;
  }
  match.path = {"a" + *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))};
  for (const auto& step : *rc::gen::arbitrary<std::vector<std::string>>())
    match.path.push_back(step);
  match.op = static_cast<Operator>(*rc::gen::inRange(0, 8));
  if (TakesValue(match.op)) match.value = *rc::gen::arbitrary<std::string>();
  return out;
}

Expression AnyExpression(int depth, bool dumb) {
  using Kind = Expression::Kind;
  const Kind kind = depth == 0 ? Kind::kMatch : static_cast<Kind>(*rc::gen::inRange(0, 4));
  if (kind == Kind::kMatch) return AnyMatch(dumb);
  Expression out{.kind = kind};
  const int operands = kind == Kind::kNot ? 1 : *rc::gen::inRange(2, 4);
  for (int i = 0; i < operands; ++i) {
    Expression operand = AnyExpression(depth - 1, dumb);
    // Twice denied is read as said.
    if (kind == Kind::kNot && operand.kind == Kind::kNot)
      return std::move(operand.operands.front());
    out.operands.push_back(std::move(operand));
  }
  return out;
}

bool Dumb(const Expression& expression, const Item& item) {
  const auto& operands = expression.operands;
  switch (expression.kind) {
    case Expression::Kind::kNot:
      return !Dumb(operands[0], item);
    case Expression::Kind::kAnd:
    case Expression::Kind::kOr: {
      size_t yes = 0;
      for (const Expression& operand : operands) yes += Dumb(operand, item) ? 1 : 0;
      return expression.kind == Expression::Kind::kOr ? yes > 0 : yes == operands.size();
    }
    case Expression::Kind::kMatch:
      break;
  }
  const Match& match = expression.match;
  const auto found = item.find(match.path[1]);
  const bool there = found != item.end();
  switch (match.op) {
    case Operator::kEqual:
      return there && found->second == match.value;
    case Operator::kNotEqual:
      return !there || found->second != match.value;
    case Operator::kIn:
      return there && found->second.find(match.value) != std::string::npos;
    default:
      return !there || found->second.find(match.value) == std::string::npos;
  }
}

RC_GTEST_PROP(FilterProperty, ExpressionsAreReadAsTheyAreWritten, ()) {
  const Expression expression = AnyExpression(3, false);
  const std::string text = ToText(expression);
  const auto parsed = Parse(text);
  RC_ASSERT(text.size() > kMaxLength || parsed.ok());
  if (parsed.ok()) RC_ASSERT(*parsed == expression);
}

RC_GTEST_PROP(FilterProperty, KeepsWhatADumbEvaluatorKeeps, ()) {
  const Expression expression = AnyExpression(3, true);
  Item item;
  boost::json::object meta;
  for (const char* key : {"a", "b"}) {
    if (*rc::gen::arbitrary<bool>()) continue;
    item[key] = *rc::gen::container<std::string>(rc::gen::inRange('x', 'z'));
    meta[key] = item[key];
  }
  const Type type = Type::Object({{"Meta", Type::Map(Type::Text())}});
  const auto filter = Filter::Make(ToText(expression), type);
  RC_ASSERT(filter.ok());
  RC_ASSERT(filter->Keeps(boost::json::object{{"Meta", meta}}) == Dumb(expression, item));
}

RC_GTEST_PROP(FilterProperty, WhatIsDamagedIsReadOrRefused, (uint16_t where, char with)) {
  std::string text = ToText(AnyExpression(3, false));
  text[where % text.size()] = with;
  const auto parsed = Parse(text);
  if (parsed.ok()) {
    const auto again = Parse(ToText(*parsed));
    RC_ASSERT(again.ok() && *again == *parsed);
  } else {
    RC_ASSERT(!parsed.status().message().empty());
  }
}

}  // namespace
}  // namespace konsul::filter
