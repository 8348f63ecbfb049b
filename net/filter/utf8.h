// Characters of a text that may be no UTF-8.
#ifndef KONSUL_NET_FILTER_UTF8_H_
#define KONSUL_NET_FILTER_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace konsul::filter {

struct Rune {
  bool valid = false;
  size_t size = 1;     // in bytes; of what is invalid, one
  uint32_t value = 0;  // when valid
};
// `text` is not empty.
Rune FirstRune(absl::string_view text);

// Of a code point that is no surrogate, below 0x110000.
void AppendRune(uint32_t value, std::string& out);

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_UTF8_H_
