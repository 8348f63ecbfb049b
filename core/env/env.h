// Everything a node may touch of the world, in one handful.
#ifndef KONSUL_CORE_ENV_ENV_H_
#define KONSUL_CORE_ENV_ENV_H_

#include "core/base/log.h"
#include "core/env/clock.h"
#include "core/env/disk.h"
#include "core/env/network.h"
#include "core/env/random.h"
#include "core/fiber/scheduler.h"

namespace konsul::env {

// References to what the world made for one node; copied freely. The world outlives the node.
struct Env {
  Clock& clock;
  Network& network;
  Disk& disk;
  Random random;  // the node's own stream; fork it by subsystem name
  fiber::Scheduler& scheduler;
  Logger& logger;

  Instant After(Duration d) const { return clock.Now() + d; }
  absl::Status Sleep(Duration d) const { return scheduler.SleepUntil(After(d)); }
};

}  // namespace konsul::env

#endif  // KONSUL_CORE_ENV_ENV_H_
