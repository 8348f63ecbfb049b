// Names of things in a simulated world.
#ifndef KONSUL_SIM_TYPES_H_
#define KONSUL_SIM_TYPES_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace konsul::sim {

// A simulated machine, numbered from 1 in the order of World::AddHost. 0 is the world itself.
using HostId = StrongId<struct SimHostTag>;

// A point in the world's one true time, in nanoseconds since the run began. A node never sees it:
// what a node's clocks make of it is an Instant or a WallTime.
struct Time {
  int64_t ns = 0;

  static constexpr Time Never() { return Time{std::numeric_limits<int64_t>::max()}; }

  friend constexpr auto operator<=>(Time, Time) = default;
};

// Saturates at Never().
constexpr Time operator+(Time t, Duration d) {
  int64_t sum = 0;
  if (t == Time::Never() || __builtin_add_overflow(t.ns, d.count(), &sum)) return Time::Never();
  return Time{sum};
}
constexpr Duration operator-(Time a, Time b) { return Duration(a.ns - b.ns); }

}  // namespace konsul::sim

#endif  // KONSUL_SIM_TYPES_H_
