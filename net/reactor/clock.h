// The machine's clocks.
#ifndef KONSUL_NET_REACTOR_CLOCK_H_
#define KONSUL_NET_REACTOR_CLOCK_H_

#include "core/env/clock.h"

namespace konsul::reactor {

// CLOCK_MONOTONIC and CLOCK_REALTIME. Any thread.
class RealClock : public env::Clock {
 public:
  Instant Now() const override;
  WallTime WallNow() const override;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_CLOCK_H_
