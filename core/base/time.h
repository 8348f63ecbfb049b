// Points and spans of time, as numbers that node logic is handed. Nothing here reads a clock.
//
// Two time lines exist and are different types: an `Instant` counts from an arbitrary origin of one
// node's monotonic clock (never sent to another node, never stored), a `WallTime` counts from the
// Unix epoch (may jump; only for people and for logs).
#ifndef KONSUL_CORE_BASE_TIME_H_
#define KONSUL_CORE_BASE_TIME_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace konsul {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;  // NOLINT: 50ms reads better than any alternative

// A point on one node's monotonic clock, in nanoseconds from an arbitrary origin.
struct Instant {
  int64_t ns = 0;

  // Later than every real instant: "no deadline".
  static constexpr Instant Never() { return Instant{std::numeric_limits<int64_t>::max()}; }
  // Earlier than every real instant: "do not wait at all".
  static constexpr Instant Past() { return Instant{std::numeric_limits<int64_t>::min()}; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
};

// Saturates at Never(), which no finite span moves.
constexpr Instant operator+(Instant t, Duration d) {
  if (t == Instant::Never()) return t;
  int64_t sum = 0;
  if (__builtin_add_overflow(t.ns, d.count(), &sum)) {
    return d.count() > 0 ? Instant::Never() : Instant::Past();
  }
  return Instant{sum};
}
constexpr Instant operator-(Instant t, Duration d) { return t + (-d); }
constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }

// Nanoseconds since the Unix epoch.
struct WallTime {
  int64_t ns = 0;
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

constexpr int64_t ToMicros(Duration d) { return d.count() / 1000; }
constexpr int64_t ToMillis(Duration d) { return d.count() / 1'000'000; }
constexpr double ToSeconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_TIME_H_
