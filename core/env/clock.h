// A node's clocks. Waiting is not here: fibers wait with fiber::Scheduler deadlines.
#ifndef KONSUL_CORE_ENV_CLOCK_H_
#define KONSUL_CORE_ENV_CLOCK_H_

#include "core/base/time.h"

namespace konsul::env {

// One per node, owned by the world it runs in (net/reactor or sim), outlives the node. Any fiber.
class Clock {
 public:
  virtual ~Clock() = default;

  // Never goes back within one process life; says nothing about other nodes or earlier lives. Its
  // rate may be wrong by some hundred ppm, and it may stand still while the process does.
  virtual Instant Now() const = 0;
  // What a calendar would say. May jump either way.
  virtual WallTime WallNow() const = 0;
};

}  // namespace konsul::env

#endif  // KONSUL_CORE_ENV_CLOCK_H_
