#include "net/filter/bound_match.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"

namespace konsul::filter {
namespace {

absl::string_view TextOf(const boost::json::value* item) {
  const boost::json::string* text = item == nullptr ? nullptr : item->if_string();
  return text == nullptr ? absl::string_view() : absl::string_view(text->data(), text->size());
}

// Of a map, list or text.
bool IsEmpty(const boost::json::value* item) {
  if (item == nullptr) return true;
  if (const auto* object = item->if_object()) return object->empty();
  if (const auto* array = item->if_array()) return array->empty();
  return TextOf(item).empty();
}

const boost::json::value* MemberOf(const boost::json::value* item, absl::string_view name) {
  const boost::json::object* object = item == nullptr ? nullptr : item->if_object();
  return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}

template <typename T>
T NumberOf(const boost::json::value* item) {
  if (item == nullptr || !item->is_number()) return 0;
  if (const auto* value = item->if_int64()) return static_cast<T>(*value);
  if (const auto* value = item->if_uint64()) return static_cast<T>(*value);
  return static_cast<T>(item->get_double());
}

}  // namespace

absl::StatusOr<BoundMatch> BoundMatch::Make(const Match& match, const Type& type) {
  const auto shown = [&](size_t steps) {
    const auto begin = match.path.begin();
    return Quote(absl::StrJoin(begin, begin + static_cast<std::ptrdiff_t>(steps), "."));
  };
  const std::string selector = shown(match.path.size());
  const Type* end = &type;
  for (size_t i = 0; i < match.path.size(); ++i) {
    end = end->Step(match.path[i]);
    if (end == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("Selector ", shown(i + 1), " is not valid"));
    }
  }
  if (!end->Supports(match.op)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Invalid match operator ", Quote(NameOf(match.op)), " for selector ", selector));
  }
  BoundMatch bound(match, type);
  if (!TakesValue(match.op)) return bound;
  const Type& compared = end->kind() == Type::Kind::kList ? end->inner() : *end;
  absl::StatusOr<Value> value = Coerce(match.value, compared);
  if (!value.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("Failed to coerce value ", Quote(match.value),
                                                   " for selector ", selector, ": ",
                                                   value.status().message()));
  }
  bound.value_ = *std::move(value);
  if (Positive(match.op) == Operator::kMatches) {
    absl::StatusOr<Regex> regex = Regex::Compile(match.value);
    if (!regex.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("Failed to compile regular expression ",
                                                     Quote(match.value), ": ",
                                                     regex.status().message()));
    }
    bound.regex_ = *std::move(regex);
  }
  return bound;
}

bool BoundMatch::Holds(const Type& type, const boost::json::value* item, size_t step) const {
  if (step == match_.path.size()) return Compare(type, item) == (match_.op == Positive(match_.op));
  if (type.kind() == Type::Kind::kList) {
    // One of the items is enough, for `!=` as well.
    const boost::json::array* array = item == nullptr ? nullptr : item->if_array();
    return array != nullptr && std::any_of(array->begin(), array->end(), [&](const auto& inner) {
             return Holds(type.inner(), &inner, step);
           });
  }
  const std::string& name = match_.path[step];
  const boost::json::value* member = MemberOf(item, name);
  if (type.kind() == Type::Kind::kMap && member == nullptr) {
    // What is not there equals nothing and is in nothing. That it matches, and does not, is
    // Consul's.
    return match_.op != Operator::kEqual && match_.op != Operator::kIn &&
           match_.op != Operator::kNotEmpty;
  }
  return Holds(*type.Step(name), member, step + 1);
}

bool BoundMatch::Compare(const Type& type, const boost::json::value* item) const {
  switch (Positive(match_.op)) {
    case Operator::kEmpty:
      return IsEmpty(item);
    case Operator::kMatches:
      return regex_->Finds(TextOf(item));
    case Operator::kIn:
      if (type.kind() == Type::Kind::kMap) return MemberOf(item, match_.value) != nullptr;
      if (type.kind() == Type::Kind::kList) {
        const boost::json::array* array = item == nullptr ? nullptr : item->if_array();
        return array != nullptr &&
               std::any_of(array->begin(), array->end(),
                           [&](const auto& inner) { return Equals(type.inner(), &inner); });
      }
      return absl::StrContains(TextOf(item), match_.value);
    default:
      return Equals(type, item);
  }
}

bool BoundMatch::Equals(const Type& type, const boost::json::value* item) const {
  switch (type.kind()) {
    case Type::Kind::kBool:
      return std::get<bool>(value_) == (item != nullptr && item->is_bool() && item->get_bool());
    case Type::Kind::kSigned:
      return std::get<int64_t>(value_) == NumberOf<int64_t>(item);
    case Type::Kind::kUnsigned:
      return std::get<uint64_t>(value_) == NumberOf<uint64_t>(item);
    case Type::Kind::kFloat:
      return std::get<double>(value_) == NumberOf<double>(item);
    default:
      return std::get<std::string>(value_) == TextOf(item);
  }
}

}  // namespace konsul::filter
