#include "sim/clock.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace konsul::sim {
namespace {

__extension__ using Wide = __int128;
constexpr int64_t kMillion = 1'000'000;

}  // namespace

int64_t Timeline::At(Time now) const {
  if (frozen_) return reading_;
  const Wide elapsed = now.ns - since_.ns;
  return reading_ + static_cast<int64_t>(elapsed * (kMillion + ppm_) / kMillion);
}

Time Timeline::WhenReaches(int64_t reading) const {
  if (reading <= reading_) return since_;
  if (frozen_) return Time::Never();
  const Wide missing = static_cast<Wide>(reading) - reading_;
  const Wide rate = kMillion + ppm_;
  // At() rounds down, so this rounds up: the first nanosecond at which it reads as much.
  const Wide elapsed = (missing * kMillion + rate - 1) / rate;
  const Wide when = since_.ns + elapsed;
  return when >= Time::Never().ns ? Time::Never() : Time{static_cast<int64_t>(when)};
}

void Timeline::Rebase(Time now) {
  reading_ = At(now);
  since_ = now;
}

void Timeline::SetDrift(Time now, int64_t ppm) {
  Rebase(now);
  ppm_ = ppm;
}

void Timeline::SetFrozen(Time now, bool frozen) {
  Rebase(now);
  frozen_ = frozen;
}

void Timeline::Step(Time now, int64_t by) {
  Rebase(now);
  reading_ += by;
}

void Timeline::Restart(Time now, int64_t reading) {
  since_ = now;
  reading_ = reading;
}

SimClock::SimClock(Engine& engine, HostId host)
    : engine_(engine), host_(host), wall_(kWallEpochNs) {
  const Time now = engine.now();
  monotonic_.Restart(now, 0);
  wall_.Restart(now, kWallEpochNs + now.ns);
}

void SimClock::SetDrift(int64_t ppm) {
  ppm = std::clamp(ppm, -kMaxDriftPpm, kMaxDriftPpm);
  monotonic_.SetDrift(engine_.now(), ppm);
  wall_.SetDrift(engine_.now(), ppm);
  Changed("drift ppm", ppm);
}

void SimClock::SetWallDrift(int64_t ppm) {
  ppm = std::clamp(ppm, -kMaxDriftPpm, kMaxDriftPpm);
  wall_.SetDrift(engine_.now(), ppm);
  Changed("wall drift ppm", ppm);
}

void SimClock::SetFrozen(bool frozen) {
  monotonic_.SetFrozen(engine_.now(), frozen);
  Changed("frozen", frozen ? 1 : 0);
}

void SimClock::SetWallFrozen(bool frozen) {
  wall_.SetFrozen(engine_.now(), frozen);
  Changed("wall frozen", frozen ? 1 : 0);
}

void SimClock::StepWall(Duration by) {
  wall_.Step(engine_.now(), by.count());
  Changed("wall step ns", by.count());
}

void SimClock::StepMonotonic(Duration by) {
  KONSUL_CHECK(by >= Duration::zero(), "a monotonic clock cannot step back by ", by.count());
  monotonic_.Step(engine_.now(), by.count());
  Changed("step ns", by.count());
}

void SimClock::Mend() {
  const Time now = engine_.now();
  monotonic_.SetFrozen(now, false);
  monotonic_.SetDrift(now, 0);
  wall_.SetFrozen(now, false);
  wall_.SetDrift(now, 0);
  wall_.Restart(now, kWallEpochNs + now.ns);
  Changed("mended", 0);
}

Duration SimClock::wall_error() const {
  return Duration(WallNow().ns - kWallEpochNs - engine_.now().ns);
}

Time SimClock::WhenReaches(Instant local) const {
  return local == Instant::Never() ? Time::Never() : monotonic_.WhenReaches(local.ns);
}

void SimClock::Reboot(int64_t monotonic_start) {
  monotonic_.Restart(engine_.now(), monotonic_start);
}

void SimClock::Changed(absl::string_view what, int64_t value) {
  engine_.trace().Add(engine_.now(), host_, EventKind::kClock,
                      HashContent(what, static_cast<uint64_t>(value)), 0,
                      [&] { return absl::StrCat(what, " ", value); });
  if (changed_) changed_();
}

}  // namespace konsul::sim
