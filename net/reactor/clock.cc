#include "net/reactor/clock.h"

#include <time.h>

#include "core/base/check.h"

namespace konsul::reactor {
namespace {

int64_t Read(clockid_t id) {
  timespec t;
  KONSUL_CHECK(clock_gettime(id, &t) == 0);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace

Instant RealClock::Now() const { return Instant{Read(CLOCK_MONOTONIC)}; }

WallTime RealClock::WallNow() const { return WallTime{Read(CLOCK_REALTIME)}; }

}  // namespace konsul::reactor
