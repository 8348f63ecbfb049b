#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstring>

#include "absl/strings/str_format.h"

namespace konsul {

std::string Hash128::ToHex() const { return absl::StrFormat("%016x%016x", hi, lo); }

uint64_t HashContent(absl::string_view data, uint64_t seed) {
  return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

uint64_t HashName(absl::string_view name, uint64_t seed) {
  uint64_t hash = Mix64(seed ^ (0x9e3779b97f4a7c15ULL + name.size()));
  const char* cursor = name.data();
  size_t left = name.size();
  while (left >= 8) {
    uint64_t word;
    std::memcpy(&word, cursor, 8);
    hash = Mix64(hash ^ word) + 0x2545f4914f6cdd1dULL;
    cursor += 8;
    left -= 8;
  }
  uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, cursor, left);
  return Mix64(hash ^ tail);
}

}  // namespace konsul
