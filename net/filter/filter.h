// Chooses among the items of a list by an expression
// (https://developer.hashicorp.com/consul/api-docs/features/filtering).
#ifndef KONSUL_NET_FILTER_FILTER_H_
#define KONSUL_NET_FILTER_FILTER_H_

#include <boost/json/value.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/filter/expression.h"
#include "net/filter/type.h"

namespace konsul::filter {

// Each regular expression takes memory.
constexpr size_t kMaxRegexes = 32;

// Cheap to copy.
class Filter {
 public:
  // Of items of this type, which outlives the filter. InvalidArgument, with Consul's text for the
  // same mistake: bad syntax, an unknown selector, an operator that does not fit it, a bad value.
  static absl::StatusOr<Filter> Make(absl::string_view expression, const Type& type);

  // `item` is of the type, as the API shows it; a member that is null or left out is "", 0, false
  // or empty.
  bool Keeps(const boost::json::value& item) const;

 private:
  struct Node;
  explicit Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  static absl::StatusOr<Node> Bind(const Expression& expression, const Type& type, size_t& regexes);
  static bool Keeps(const Node& node, const boost::json::value* item);

  std::shared_ptr<const Node> root_;
};

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_FILTER_H_
