// The part of a world that knows time, order and randomness, and nothing of what happens in it.
// Hosts, network and disks are built on it; users of the simulator hold a World instead.
#ifndef KONSUL_SIM_ENGINE_H_
#define KONSUL_SIM_ENGINE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "core/env/random.h"
#include "core/fiber/stack_pool.h"
#include "sim/buggify.h"
#include "sim/event_queue.h"
#include "sim/trace.h"
#include "sim/types.h"

namespace konsul::sim {

// Something whose fibers run when it said so.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual void RunReady() = 0;
};

class Engine : private EventTarget {
 public:
  explicit Engine(uint64_t seed) : seed_(seed) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Time now() const { return now_; }
  uint64_t seed() const { return seed_; }
  // A stream of its own for every name; the same name gives the same stream.
  env::Random Fork(absl::string_view name) const { return env::Random(HashName(name, seed_)); }
  Trace& trace() { return trace_; }
  const Trace& trace() const { return trace_; }
  fiber::StackPool& stacks() { return stacks_; }
  SimBuggify& buggify() { return buggify_; }

  // A time that has passed means now, after what is already scheduled for now.
  void Schedule(Time at, EventTarget* target, uint32_t what, uint64_t arg) {
    queue_.Push(at < now_ ? now_ : at, target, what, arg);
  }
  void Call(Time at, absl::AnyInvocable<void()> fn) { Put(at, std::move(fn), kRecorded); }
  // Leaves no record: for whoever only looks whether something is due, and records what is.
  void CallUnrecorded(Time at, absl::AnyInvocable<void()> fn) {
    Put(at, std::move(fn), kUnrecorded);
  }
  // `runner` runs before the next event; at most once, however often it is marked.
  void MarkReady(Runner* runner) { ready_.push_back(runner); }

  // Runs what is ready, or else the next event and what it made ready. False when there is nothing.
  bool Step();
  // All events up to and including `until`, which then is now. Stop() inside ends it early.
  void RunUntil(Time until);
  // Makes the RunUntil under way return after the current event.
  void Stop() { stopped_ = true; }
  // The first RunUntil that sees so many events ends there, and so does every later one at once.
  void StopAtEvent(uint64_t number) { stop_at_event_ = number; }
  bool AtLastEvent() const { return trace_.events() >= stop_at_event_; }
  // Of the next thing to do; Never() when there is none.
  Time next() const;

 private:
  static constexpr uint32_t kRecorded = 0;
  static constexpr uint32_t kUnrecorded = 1;

  void Put(Time at, absl::AnyInvocable<void()> fn, uint32_t what);
  void OnEvent(uint32_t what, uint64_t arg) override;
  void Dispatch();
  bool RunReady();

  const uint64_t seed_;
  Time now_;
  bool stopped_ = false;
  uint64_t stop_at_event_ = UINT64_MAX;
  fiber::StackPool stacks_;
  SimBuggify buggify_;
  EventQueue queue_;
  Trace trace_;
  std::vector<Runner*> ready_;
  std::vector<Runner*> running_;  // the batch under way; kept to reuse its memory
  std::vector<absl::AnyInvocable<void()>> calls_;
  std::vector<uint32_t> free_calls_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_ENGINE_H_
