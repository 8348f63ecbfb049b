// Randomness, handed in. The real one is seeded from the operating system once; the simulator's
// from the run's seed. Not for secrets.
#ifndef KONSUL_CORE_ENV_RANDOM_H_
#define KONSUL_CORE_ENV_RANDOM_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/hash.h"

namespace konsul::env {

// A stream of 64-bit numbers (SplitMix64). A value: copying it repeats the stream. Streams are
// forked by name, so a new consumer does not reshuffle the numbers that others get.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    ++draws_;
    state_ += 0x9e3779b97f4a7c15ULL;
    return Mix64(state_);
  }
  // Uniform in [0, limit); limit > 0. The modulo bias is below 2^-32 for limits below 2^32.
  uint64_t Below(uint64_t limit) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * limit) >> 64);
  }
  // Uniform in [low, high], both included.
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }
  // True in `numerator` of `denominator` draws.
  bool Chance(uint64_t numerator, uint64_t denominator) { return Below(denominator) < numerator; }

  // An independent stream; the same name forks the same stream, whatever was drawn in between.
  Random Fork(absl::string_view name) const { return Random(HashName(name, seed_at_birth_)); }

  uint64_t draws() const { return draws_; }

 private:
  uint64_t state_;
  uint64_t seed_at_birth_ = state_;
  uint64_t draws_ = 0;
};

}  // namespace konsul::env

#endif  // KONSUL_CORE_ENV_RANDOM_H_
