// The value of an expression as that which it is compared with.
#ifndef KONSUL_NET_FILTER_COERCE_H_
#define KONSUL_NET_FILTER_COERCE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/filter/type.h"

namespace konsul::filter {

using Value = std::variant<std::string, bool, int64_t, uint64_t, double>;

// `type` is a scalar. Numbers as Go reads them: 0x10, 0b1, 017 and 1_000 as well. InvalidArgument
// with Go's text.
absl::StatusOr<Value> Coerce(absl::string_view text, const Type& type);

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_COERCE_H_
