#include "net/filter/type.h"

#include <algorithm>

namespace konsul::filter {

Type Type::Object(std::vector<Member> members) {
  Type type(Kind::kObject);
  type.members_ = std::move(members);
  return type;
}

Type Type::Map(Type values) {
  Type type(Kind::kMap);
  type.members_.emplace_back("", std::move(values));
  return type;
}

Type Type::List(Type items) {
  Type type(Kind::kList);
  type.members_.emplace_back("", std::move(items));
  return type;
}

const Type& Type::inner() const { return members_.front().second; }

const Type* Type::Step(absl::string_view name) const {
  if (kind_ == Kind::kMap) return &inner();
  if (kind_ == Kind::kList) return inner().Step(name);
  const auto member = std::find_if(members_.begin(), members_.end(), [&](const Member& candidate) {
    return candidate.first == name;
  });
  return member == members_.end() ? nullptr : &member->second;
}

bool Type::Supports(Operator op) const {
  const Operator positive = Positive(op);
  switch (kind_) {
    case Kind::kText:
      return positive != Operator::kEmpty;
    case Kind::kBool:
    case Kind::kSigned:
    case Kind::kUnsigned:
    case Kind::kFloat:
      return positive == Operator::kEqual;
    case Kind::kObject:
      return false;
    case Kind::kMap:
      return positive == Operator::kEmpty || positive == Operator::kIn;
    case Kind::kList:
      return positive == Operator::kEmpty || (positive == Operator::kIn && inner().scalar());
  }
  return false;
}

}  // namespace konsul::filter
