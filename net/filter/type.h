// What the items of a list look like, as far as filters may ask: with this a selector that leads
// nowhere is an error even where the list is empty.
#ifndef KONSUL_NET_FILTER_TYPE_H_
#define KONSUL_NET_FILTER_TYPE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/filter/expression.h"

namespace konsul::filter {

// A value; made once for each endpoint.
class Type {
 public:
  enum class Kind { kText, kBool, kSigned, kUnsigned, kFloat, kObject, kMap, kList };
  using Member = std::pair<std::string, Type>;

  static Type Text() { return Type(Kind::kText); }
  static Type Bool() { return Type(Kind::kBool); }
  // Numbers of so many bits; what does not fit into them is an error.
  static Type Signed(int bits) { return Type(Kind::kSigned, bits); }
  static Type Unsigned(int bits) { return Type(Kind::kUnsigned, bits); }
  static Type Float() { return Type(Kind::kFloat); }
  // Named members, all of which are known.
  static Type Object(std::vector<Member> members);
  // Any keys.
  static Type Map(Type values);
  static Type List(Type items);

  Kind kind() const { return kind_; }
  int bits() const { return bits_; }
  bool scalar() const { return kind_ < Kind::kObject; }
  // Of the values of a map, the items of a list.
  const Type& inner() const;
  // Where one step of a selector leads, or null. Lists are stepped through: `Checks.Status` asks
  // all items.
  const Type* Step(absl::string_view name) const;
  bool Supports(Operator op) const;

 private:
  explicit Type(Kind kind, int bits = 64) : kind_(kind), bits_(bits) {}

  Kind kind_;
  int bits_;
  std::vector<Member> members_;  // of a map or list, one without a name
};

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_TYPE_H_
