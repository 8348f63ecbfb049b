// A host's two clocks, and how they are wrong.
//
// Fault model. Both clocks are driven by the world's time and each is wrong in its own way:
//   drift   runs at (1,000,000 + ppm) / 1,000,000 of true speed, in exact integer arithmetic;
//   freeze  stands still, then goes on from where it stood (a paused virtual machine);
//   step    the wall clock jumps either way; the monotonic clock forwards only, since going back
//           would break what env::Clock promises;
//   offset  the wall clock starts away from true time; the monotonic clock starts anywhere.
// The monotonic clock goes on through the death of a process and starts anew at a power loss. The
// wall clock survives both, as battery-backed ones do.
//
// A fiber's deadline is a point on its host's monotonic clock, so every change here moves the point
// in the world's time at which the fiber wakes.
#ifndef KONSUL_SIM_CLOCK_H_
#define KONSUL_SIM_CLOCK_H_

#include <cstdint>
#include <functional>

#include "core/base/time.h"
#include "core/env/clock.h"
#include "sim/engine.h"
#include "sim/types.h"

namespace konsul::sim {

// One clock's reading as a function of the world's time: linear since its last change.
class Timeline {
 public:
  explicit Timeline(int64_t start = 0) : reading_(start) {}

  int64_t At(Time now) const;
  // The earliest world time, not before the last change, at which the clock reads `reading` or
  // more; Never() when it stands still.
  Time WhenReaches(int64_t reading) const;

  // All of these take effect at `now`.
  void SetDrift(Time now, int64_t ppm);
  void SetFrozen(Time now, bool frozen);
  void Step(Time now, int64_t by);
  void Restart(Time now, int64_t reading);

  int64_t drift_ppm() const { return ppm_; }
  bool frozen() const { return frozen_; }

 private:
  void Rebase(Time now);

  Time since_;
  int64_t reading_;
  int64_t ppm_ = 0;
  bool frozen_ = false;
};

// One per host, outlives its processes.
class SimClock : public env::Clock {
 public:
  // What the wall clocks of a world read when it begins: 2025-01-01T00:00:00Z.
  static constexpr int64_t kWallEpochNs = 1'735'689'600'000'000'000;
  // Beyond this a clock would be called broken, not drifting.
  static constexpr int64_t kMaxDriftPpm = 500'000;

  SimClock(Engine& engine, HostId host);

  Instant Now() const override { return Instant{monotonic_.At(engine_.now())}; }
  WallTime WallNow() const override { return WallTime{wall_.At(engine_.now())}; }

  // Faults. Each is one trace record. Drift is clamped to +-kMaxDriftPpm.
  void SetDrift(int64_t ppm);      // both clocks: one oscillator drives them
  void SetWallDrift(int64_t ppm);  // the wall clock alone
  void SetFrozen(bool frozen);     // the monotonic clock
  void SetWallFrozen(bool frozen);
  void StepWall(Duration by);
  void StepMonotonic(Duration by);  // not negative
  // No drift, no freeze, and the wall clock true again. The monotonic clock keeps its reading.
  void Mend();

  int64_t drift_ppm() const { return monotonic_.drift_ppm(); }
  // How far the wall clock is from the true time of the world.
  Duration wall_error() const;

  // For the host ---------------------------------------------------------------------------------

  Time WhenReaches(Instant local) const;
  void Reboot(int64_t monotonic_start);
  void SetChangeHook(std::function<void()> hook) { changed_ = std::move(hook); }

 private:
  void Changed(absl::string_view what, int64_t value);

  Engine& engine_;
  const HostId host_;
  Timeline monotonic_;
  Timeline wall_;
  std::function<void()> changed_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_CLOCK_H_
