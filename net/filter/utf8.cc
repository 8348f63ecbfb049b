#include "net/filter/utf8.h"

namespace konsul::filter {

Rune FirstRune(absl::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t first = at(0);
  if (first < 0x80) return {true, 1, first};
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
  uint32_t value = first & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (at(i) & 0x3f);
  }
  const bool overlong = value < (size == 4 ? 0x10000u : size == 3 ? 0x800u : 0x80u);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {true, size, value};
}

void AppendRune(uint32_t value, std::string& out) {
  const auto push = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) return push(value);
  if (value < 0x800) {
    push(0xc0 | value >> 6);
  } else {
    if (value < 0x10000) {
      push(0xe0 | value >> 12);
    } else {
      push(0xf0 | value >> 18);
      push(0x80 | (value >> 12 & 0x3f));
    }
    push(0x80 | (value >> 6 & 0x3f));
  }
  push(0x80 | (value & 0x3f));
}

}  // namespace konsul::filter
