// The values of an expression: numbers and quoted texts; and selectors that are quoted.
#ifndef KONSUL_NET_FILTER_LITERAL_H_
#define KONSUL_NET_FILTER_LITERAL_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/filter/scanner.h"

namespace konsul::filter {

// What is at the scanner's position, which it is moved over; nothing, and not moved, when there is
// no such thing. What begins as one and ends badly is an error of the scanner's.

// -12, 0.5; as it is written.
std::optional<std::string> Number(Scanner& scan);
// In double quotes with Go's escapes, or in backquotes as it is.
std::optional<std::string> Text(Scanner& scan);

// A JSON pointer (RFC 6901) of one part or more in double quotes at the beginning of `text`, and in
// `size` the length of it all; nothing if there is anything in it that no selector has.
std::optional<std::vector<std::string>> ReadPointer(absl::string_view text, size_t& size);

// What is between the quotes of a Go string; nothing where Go has a syntax error.
std::optional<std::string> Unescape(absl::string_view inside);

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_LITERAL_H_
