// Whether a simulated process is alive, shared by all that its Env gave it.
#ifndef KONSUL_SIM_LIFE_H_
#define KONSUL_SIM_LIFE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/fiber/scheduler.h"
#include "sim/types.h"

namespace konsul::sim {

// Owned by the Process; outlives whatever the process made from its Env.
struct Life {
  // A dying process makes a few calls on its way out. One that makes this many does not look at
  // the answers and would never end.
  static constexpr uint64_t kMaxCallsAfterDeath = 1'000'000;

  HostId host;
  fiber::Scheduler& scheduler;
  bool alive = true;
  uint64_t calls_after_death = 0;

  // Cancelled once the process was killed: its calls reach nobody.
  absl::Status Check() {
    if (alive) return absl::OkStatus();
    KONSUL_CHECK(++calls_after_death < kMaxCallsAfterDeath, "fiber ",
                 scheduler.current() != nullptr ? scheduler.current()->name() : "(none)",
                 " of host ", host.value, " goes on though it was killed");
    return absl::CancelledError("process killed");
  }
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_LIFE_H_
