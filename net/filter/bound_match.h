// A match whose selector, operator and value are known to fit the items that it will be asked
// about.
#ifndef KONSUL_NET_FILTER_BOUND_MATCH_H_
#define KONSUL_NET_FILTER_BOUND_MATCH_H_

#include <boost/json/value.hpp>
#include <optional>

#include "absl/status/statusor.h"
#include "net/filter/coerce.h"
#include "net/filter/expression.h"
#include "net/filter/regex.h"
#include "net/filter/type.h"

namespace konsul::filter {

class BoundMatch {
 public:
  // `type` outlives it. InvalidArgument as of Filter::Make.
  static absl::StatusOr<BoundMatch> Make(const Match& match, const Type& type);

  // `item` as of Filter::Keeps; null: there is none.
  bool Holds(const boost::json::value* item) const { return Holds(*type_, item, 0); }

 private:
  BoundMatch(const Match& match, const Type& type)
      : type_(&type), match_(match), value_(match.value) {}
  bool Holds(const Type& type, const boost::json::value* item, size_t step) const;
  // What the positive operator says of what the selector leads to.
  bool Compare(const Type& type, const boost::json::value* item) const;
  bool Equals(const Type& type, const boost::json::value* item) const;

  const Type* type_;
  Match match_;
  Value value_;
  std::optional<Regex> regex_;
};

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_BOUND_MATCH_H_
