// Fixed hashes: the same bytes give the same value in every process, compiler and build. For
// digests, traces and seeds, where absl::Hash (salted per process) must not be used. Not
// cryptographic.
#ifndef KONSUL_CORE_BASE_HASH_H_
#define KONSUL_CORE_BASE_HASH_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace konsul {

struct Hash128 {
  uint64_t hi = 0;
  uint64_t lo = 0;

  // Thirty-two hexadecimal digits.
  std::string ToHex() const;

  friend constexpr auto operator<=>(const Hash128&, const Hash128&) = default;
};

// A good mixing of 64 bits (the finaliser of SplitMix64, Steele et al. 2014).
constexpr uint64_t Mix64(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

// Of contents, chained by `seed`: XXH3 (64 bits, xxHash, doc/xxhash_spec.md),
// as fast as memory.
uint64_t HashContent(absl::string_view data, uint64_t seed = 0);

// Of short names that become seeds of random streams. Every draw of every kept seed depends on it.
uint64_t HashName(absl::string_view name, uint64_t seed = 0);

// Takes values one after the other; order matters, and so do the boundaries between byte strings.
class RollingHash {
 public:
  void Add(uint64_t value) {
    state_.hi = Mix64(state_.hi + value + 0x9e3779b97f4a7c15ULL);
    state_.lo = Mix64(state_.lo ^ (state_.hi + 0x632be59bd9b4e019ULL)) + value;
  }
  void Add(absl::string_view bytes) {
    Add(bytes.size());
    Add(HashContent(bytes));
  }

  const Hash128& value() const { return state_; }
  // Continues from a value that was stored.
  void Restore(const Hash128& value) { state_ = value; }

 private:
  Hash128 state_{0x6b6f6e73756c2e31ULL, 0x2e68617368313238ULL};
};

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_HASH_H_
