#include "sim/engine.h"

#include <utility>

#include "core/base/check.h"

namespace konsul::sim {

void Engine::Put(Time at, absl::AnyInvocable<void()> fn, uint32_t what) {
  uint32_t slot;
  if (free_calls_.empty()) {
    slot = static_cast<uint32_t>(calls_.size());
    calls_.push_back(std::move(fn));
  } else {
    slot = free_calls_.back();
    free_calls_.pop_back();
    calls_[slot] = std::move(fn);
  }
  Schedule(at, this, what, slot);
}

void Engine::OnEvent(uint32_t what, uint64_t arg) {
  const auto slot = static_cast<uint32_t>(arg);
  absl::AnyInvocable<void()> fn = std::move(calls_[slot]);
  calls_[slot] = nullptr;
  free_calls_.push_back(slot);
  if (what == kRecorded) trace_.Add(now_, HostId(), EventKind::kCall, 0, 0);
  fn();
}

bool Engine::Step() {
  if (RunReady()) return true;
  if (queue_.empty()) return false;
  Dispatch();
  return true;
}

void Engine::Dispatch() {
  const Event event = queue_.Pop();
  KONSUL_CHECK(event.time >= now_, "time goes back from ", now_.ns, " to ", event.time.ns);
  now_ = event.time;
  event.target->OnEvent(event.what, event.arg);
  RunReady();
}

bool Engine::RunReady() {
  if (ready_.empty()) return false;
  while (!ready_.empty()) {
    running_.swap(ready_);
    for (Runner* runner : running_) runner->RunReady();
    running_.clear();
  }
  return true;
}

void Engine::RunUntil(Time until) {
  stopped_ = false;
  RunReady();
  const auto ended = [this] { return stopped_ || AtLastEvent(); };
  while (!ended() && !queue_.empty() && queue_.top().time <= until) Dispatch();
  if (!ended() && until > now_ && until != Time::Never()) now_ = until;
}

Time Engine::next() const {
  if (!ready_.empty()) return now_;
  return queue_.empty() ? Time::Never() : queue_.top().time;
}

}  // namespace konsul::sim
