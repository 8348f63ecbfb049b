#include "sim/host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "sim/process.h"

namespace konsul::sim {
namespace {

// Fibers that keep each other busy let the world go on after this many switches...
constexpr size_t kSwitchesPerRun = 10'000;
// ...and this much time, as a real processor would take.
constexpr Duration kTimeSlice = 100us;
// A fiber that waits for a time which has come already moves time on by this much.
constexpr Duration kLeastSleep = 1us;
constexpr size_t kSwitchesToDie = 1'000'000;

}  // namespace

Host::Host(Engine& engine, Network& network, HostId id, std::string ip, HostOptions options)
    : engine_(engine),
      network_(network),
      id_(id),
      ip_(std::move(ip)),
      name_(options.name.empty() ? ip_ : std::move(options.name)),
      clock_(engine, id),
      disk_(engine, id, options.disk),
      log_(engine, id),
      random_(engine.Fork(absl::StrCat("host ", ip_))) {
  boot_id_ = random_.Next() | 1;
  clock_.SetChangeHook([this] {
    timer_at_ = Time::Never();
    ++timer_epoch_;
    if (process_ != nullptr && !in_fibers_) ArmTimer();
  });
}

Host::~Host() { Kill(); }

void Host::Record(EventKind kind, uint64_t payload, absl::string_view detail) {
  engine_.trace().Add(engine_.now(), id_, kind, payload, random_.draws(), [&] { return detail; });
}

void Host::Start(std::function<void(env::Env)> main) {
  KONSUL_CHECK(process_ == nullptr, "host ", id_.value, " runs already");
  KONSUL_CHECK(!in_fibers_, "Start() from a fiber");
  last_process_.reset();
  if (!powered_) {
    powered_ = true;
    network_.fabric().SetPowered(id_, true);
  }
  ++starts_;
  const env::Random seed = random_.Fork(absl::StrCat("start ", starts_));
  process_ = std::make_unique<Process>(id_, seed, engine_.stacks(), network_.fabric(), disk_,
                                       absl::StrCat("/sim/", ip_), &engine_.buggify());
  process_->scheduler.SetWakeHook([this] { FiberWoke(); });
  log_.SetMuted(false);
  Record(EventKind::kProcess, starts_, "start");
  env::Env env{clock_,           process_->network,   process_->disk,
               process_->random, process_->scheduler, log_};
  process_->fibers.Spawn("main", [env, main = std::move(main)] { main(env); });
}

size_t Host::fiber_count() const {
  return process_ == nullptr ? 0 : process_->scheduler.fiber_count();
}

std::vector<std::string> Host::FiberNames() const {
  return process_ == nullptr ? std::vector<std::string>() : process_->scheduler.FiberNames();
}

void Host::FiberWoke() {
  // Fibers also wake while a killed process unwinds; its end is driven by End.
  if (in_fibers_ || run_requested_ || paused()) return;
  run_requested_ = true;
  if (slowness_ == Duration::zero()) {
    engine_.MarkReady(this);
  } else {
    engine_.Schedule(engine_.now() + slowness_, this, kWake, starts_);
  }
}

void Host::RunReady() {
  if (run_requested_) RunFibers();
}

void Host::OnEvent(uint32_t what, uint64_t arg) {
  switch (what) {
    case kWake:
      if (arg == starts_ && run_requested_) RunFibers();
      return;
    case kDeadline:
      if (arg != timer_epoch_) return;
      timer_at_ = Time::Never();
      if (process_ == nullptr || paused()) return;
      if (process_->scheduler.NextDeadline() > clock_.Now()) return ArmTimer();
      engine_.trace().Add(engine_.now(), id_, EventKind::kTimer, 0, 0);
      RunFibers();
      return;
    case kResume:
      if (paused() && paused_until_ <= engine_.now()) Resume();
      return;
  }
}

void Host::RunFibers() {
  run_requested_ = false;
  if (process_ == nullptr || paused()) return;
  fiber::Scheduler& scheduler = process_->scheduler;
  const uint64_t before = scheduler.switches();
  in_fibers_ = true;
  scheduler.Run(clock_.Now(), kSwitchesPerRun);
  in_fibers_ = false;
  const uint64_t switched = scheduler.switches() - before;
  switches_ += switched;
  engine_.trace().Add(engine_.now(), id_, EventKind::kRun, switched, process_->pick.draws());
  if (scheduler.fiber_count() == 0) {
    Exited();
  } else {
    if (scheduler.HasRunnable()) {
      run_requested_ = true;
      engine_.Schedule(engine_.now() + std::max(kTimeSlice, slowness_), this, kWake, starts_);
    }
    ArmTimer();
  }
  if (after_run_ != nullptr) (*after_run_)(id_);
}

void Host::ArmTimer() {
  const Instant deadline = process_->scheduler.NextDeadline();
  if (deadline == Instant::Never()) return;
  const Time at = std::max(clock_.WhenReaches(deadline), engine_.now() + kLeastSleep);
  // An earlier timer stays: when it comes it finds nothing due and arms the next. Re-arming at each
  // step would fill the queue with timers that no longer mean anything.
  if (at == Time::Never() || timer_at_ <= at) return;
  timer_at_ = at;
  engine_.Schedule(at, this, kDeadline, ++timer_epoch_);
}

void Host::Exited() {
  Record(EventKind::kProcess, starts_, "exit");
  ++exits_;
  process_->life.alive = false;
  network_.fabric().CutOff(id_, false);
  timer_at_ = Time::Never();
  ++timer_epoch_;
  last_process_ = std::move(process_);
}

void Host::Kill() { End(false); }

void Host::PowerLoss() { End(true); }

void Host::End(bool lose_power) {
  KONSUL_CHECK(!in_fibers_, "a host is killed from one of its own fibers");
  if (process_ == nullptr && !lose_power) return;
  Record(EventKind::kProcess, starts_, lose_power ? "power loss" : "kill");
  if (process_ != nullptr) {
    // First the world is cut off, then the fibers fall out: nothing they do gets anywhere.
    Process& process = *process_;
    process.life.alive = false;
    log_.SetMuted(true);
    network_.fabric().CutOff(id_, lose_power);
    disk_.queue().CutOff();
    in_fibers_ = true;
    fiber::Scheduler& scheduler = process.scheduler;
    const uint64_t limit = scheduler.switches() + kSwitchesToDie;
    while (scheduler.fiber_count() > 0) {
      // Again and again: a dying fiber may have spawned others.
      scheduler.CancelAll();
      const bool stuck = !scheduler.HasRunnable();
      KONSUL_CHECK(!stuck && scheduler.switches() < limit, "host ", id_.value,
                   " was killed but these fibers ",
                   stuck ? "wait on: " : "go on: ", absl::StrJoin(scheduler.FiberNames(), ", "));
      scheduler.Run(clock_.Now(), kSwitchesPerRun);
    }
    in_fibers_ = false;
    run_requested_ = false;
    timer_at_ = Time::Never();
    ++timer_epoch_;
    paused_until_ = Time{};
    last_process_ = std::move(process_);
  }
  if (lose_power) {
    powered_ = false;
    network_.fabric().SetPowered(id_, false);
    disk_.store().PowerLoss(disk_.queue().random());
    boot_id_ = random_.Next() | 1;
    clock_.Reboot(static_cast<int64_t>(random_.Below(1'000'000'000'000)));
  }
}

void Host::Pause(Duration d) {
  if (process_ == nullptr) return;
  paused_until_ = std::max(paused_until_, engine_.now() + d);
  Record(EventKind::kProcess, static_cast<uint64_t>(d.count()), "pause");
  engine_.Schedule(paused_until_, this, kResume, 0);
}

void Host::Resume() {
  if (!paused()) return;
  paused_until_ = Time{};
  Record(EventKind::kProcess, 0, "resume");
  run_requested_ = false;
  timer_at_ = Time::Never();
  ++timer_epoch_;
  // Whatever woke meanwhile, by an event or by the time that has passed.
  run_requested_ = true;
  engine_.MarkReady(this);
}

void Host::SetSlowness(Duration wake_delay) {
  slowness_ = wake_delay;
  Record(EventKind::kProcess, static_cast<uint64_t>(wake_delay.count()), "slowness");
}

}  // namespace konsul::sim
