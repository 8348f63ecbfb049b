// Filter expressions as text (docs/api/filtering.md has the grammar).
//
// https://developer.hashicorp.com/consul/api-docs/features/filtering. A recursive descent that
// takes the first alternative that fits and goes back when it leads nowhere, in time linear in the
// length.
#ifndef KONSUL_NET_FILTER_PARSER_H_
#define KONSUL_NET_FILTER_PARSER_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/filter/expression.h"

namespace konsul::filter {

// Expressions come from anybody: of those that are longer, or nest parentheses and `not` deeper,
// nothing is read.
constexpr size_t kMaxLength = 16 << 10;
constexpr size_t kMaxDepth = 32;

// InvalidArgument, with Consul's text for the same mistake.
absl::StatusOr<Expression> Parse(absl::string_view text);

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_PARSER_H_
