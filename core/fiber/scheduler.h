// Fibers of one node, and who of them runs next.
//
// A Scheduler belongs to one thread and reads no clock: its driver (net/reactor or the simulated
// world) calls Run(now) when something may be runnable and asks NextDeadline() when to call again.
// A fiber gives way only where it calls something that says so ("suspends"); between two such calls
// it has the node to itself, so plain data needs no lock.
//
// Cancellation is a property of the fiber: once cancelled, the suspension it is in and every later
// one returns absl::CancelledError at once, so straight-line code falls through its error returns.
// That is also how the simulator kills a process: it cuts the node's world off, cancels every
// fiber, and lets them fall out.
#ifndef KONSUL_CORE_FIBER_SCHEDULER_H_
#define KONSUL_CORE_FIBER_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/buggify.h"
#include "core/base/time.h"
#include "core/fiber/context.h"
#include "core/fiber/stack_pool.h"

namespace konsul::fiber {

class Continuation;
class Group;
class Scheduler;
class WaitList;

// What waits in lists and for deadlines: a fiber, or a continuation (continuation.h).
class Waiter {
 protected:
  explicit Waiter(bool is_fiber) : is_fiber_(is_fiber) {}
  ~Waiter() = default;

 private:
  friend class Group;
  friend class Scheduler;
  friend class WaitList;

  static constexpr size_t kNoDeadline = static_cast<size_t>(-1);

  const bool is_fiber_;
  Instant deadline_;
  uint64_t deadline_order_ = 0;
  size_t heap_position_ = kNoDeadline;
};

// One place in a WaitList. A fiber has one, a continuation as many as it waits in.
struct WaitEntry {
  explicit WaitEntry(Waiter* waiter_in) : waiter(waiter_in) {}
  Waiter* const waiter;
  WaitList* list = nullptr;
  WaitEntry* prev = nullptr;
  WaitEntry* next = nullptr;
};

// Which runnable fiber goes next. FIFO when absent; the simulator picks by seed.
class PickPolicy {
 public:
  virtual ~PickPolicy() = default;
  // In [0, runnable); `runnable` is at least 1.
  virtual size_t Pick(size_t runnable) = 0;
};

// A running body. Owned by its Scheduler from Spawn until the body returned; code outside this
// folder holds Groups, not Fibers.
class Fiber final : public Waiter {
 public:
  const std::string& name() const { return name_; }
  bool cancelled() const { return cancelled_; }

 private:
  friend class Continuation;
  friend class Group;
  friend class Scheduler;
  friend class WaitList;

  Fiber(StackPool& pool, absl::string_view name, Group* group, absl::AnyInvocable<void()> body)
      : Waiter(true), name_(name), group_(group), context_(pool, std::move(body)) {}

  std::string name_;
  Group* group_;
  Context context_;
  bool cancelled_ = false;
  bool runnable_ = false;
  bool resumed_ = false;  // was a continuation
  size_t all_position_ = 0;

  // While parked: where it waits, and what the wait returns.
  WaitEntry entry_{this};
  bool ignores_cancel_ = false;
  absl::Status wait_result_;

  Fiber* group_prev_ = nullptr;
  Fiber* group_next_ = nullptr;
};

class Scheduler {
 public:
  // `pool`, `policy` and `buggify` (the last two may be null) must outlive the scheduler.
  explicit Scheduler(StackPool& pool, PickPolicy* policy = nullptr, Buggify* buggify = nullptr);
  // Every fiber must have ended.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // For the driver, outside any fiber ------------------------------------------------------------

  // Ends the waits whose deadline is at or before `now`, then runs fibers until none is runnable or
  // `max_switches` were made. Fibers woken meanwhile run too.
  void Run(Instant now, size_t max_switches = static_cast<size_t>(-1));
  // As Run, but whoever yields goes on in the next turn, so that the driver sees before what
  // arrived.
  void RunTurn(Instant now, size_t max_switches);
  bool HasRunnable() const { return !runnable_.empty() || !yielded_.empty(); }
  // The earliest deadline of what is parked; Never() when there is none.
  Instant NextDeadline() const;
  // Called when a fiber becomes runnable while Run() is not under way; lets an event-driven driver
  // know that it should call Run.
  void SetWakeHook(std::function<void()> hook) { wake_hook_ = std::move(hook); }
  // Cancels every fiber and continuation. They end as soon as Run() lets them.
  void CancelAll();

  // For fibers ----------------------------------------------------------------------------------

  // The fiber that is running; null outside.
  Fiber* current() const { return current_; }
  // Suspends until `deadline`. OK when it has passed, Cancelled otherwise.
  absl::Status SleepUntil(Instant deadline);
  // Lets the other runnable fibers go first, and those whom what arrived meanwhile concerns. OK or
  // Cancelled.
  absl::Status Yield();
  // Does so in the simulator, now and then: for calls that may suspend, whether they must or not.
  absl::Status MayYield() { return Fires(BuggifySite::kForcedYield) ? Yield() : absl::OkStatus(); }
  // True when the running fiber was cancelled; for loops that do not suspend.
  bool cancelled() const { return current_ != nullptr && current_->cancelled_; }
  // Whether the code at this site does its rare thing now. Always false outside the simulator.
  bool Fires(BuggifySite site) const { return buggify_ != nullptr && buggify_->Fires(site); }
  // For code without a scheduler; null outside the simulator.
  Buggify* buggify() const { return buggify_; }

  size_t fiber_count() const { return fibers_; }
  // Of those that are parked.
  size_t continuation_count() const { return continuations_; }
  uint64_t switches() const { return switches_; }
  // Names of the live fibers in no particular order, for people.
  std::vector<std::string> FiberNames() const;

 private:
  friend class Continuation;
  friend class Group;
  friend class WaitList;

  Fiber* Start(absl::string_view name, Group* group, absl::AnyInvocable<void()> body);
  void Cancel(Fiber* fiber);
  void Queue(Fiber* fiber, std::deque<Fiber*>& queue);
  void MakeRunnable(Fiber* fiber) { Queue(fiber, runnable_); }
  void Park(Fiber* fiber, Instant deadline);
  void Unpark(Fiber* fiber, absl::Status result);
  void Wake(Waiter* waiter);
  void ExpireDeadlines(Instant now);

  static bool HeapBefore(const Waiter* a, const Waiter* b);
  void HeapPlace(size_t position, Waiter* waiter);
  void HeapInsert(Waiter* waiter, Instant deadline);
  void HeapRemove(Waiter* waiter);
  void HeapSift(size_t position);

  StackPool& pool_;
  PickPolicy* policy_;
  Buggify* const buggify_;
  std::function<void()> wake_hook_;
  std::deque<Fiber*> runnable_;
  std::deque<Fiber*> yielded_;  // in this turn; runnable in the next one
  std::vector<Waiter*> heap_;   // by (deadline, order of parking)
  std::vector<Fiber*> all_;  // each fiber knows its position, so that ending one of many is cheap
  Fiber* current_ = nullptr;
  bool running_ = false;
  bool in_turn_ = false;
  size_t fibers_ = 0;
  Continuation* first_continuation_ = nullptr;  // of those that are parked
  size_t continuations_ = 0;
  uint64_t switches_ = 0;
  uint64_t next_deadline_order_ = 0;
};

// Where fibers and continuations wait to be woken: the primitive from which all others are made.
// First come, first woken. Owned by whoever owns the condition waited for; must be empty when
// destroyed.
class WaitList {
 public:
  explicit WaitList(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~WaitList();
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  // Suspends the running fiber. OK when woken, DeadlineExceeded, or Cancelled. A wake-up is only a
  // hint: the caller looks at its condition again.
  absl::Status Wait(Instant deadline = Instant::Never());
  // As Wait, but a cancelled fiber waits as well: for cleaning up after others.
  void WaitUncancellable();

  // From any fiber, or from outside on the scheduler's thread. Never suspends.
  void WakeOne();
  void WakeAll();

  bool empty() const { return head_ == nullptr; }
  Scheduler& scheduler() const { return scheduler_; }

 private:
  friend class Continuation;
  friend class Scheduler;
  void Append(WaitEntry* entry);
  void Remove(WaitEntry* entry);

  Scheduler& scheduler_;
  WaitEntry* head_ = nullptr;
  WaitEntry* tail_ = nullptr;
};

// Fibers that belong together and end together (structured concurrency): the destructor cancels
// and joins, so a fiber never outlives what it refers to. A parked continuation belongs to it as a
// fiber does.
class Group {
 public:
  explicit Group(Scheduler& scheduler) : scheduler_(scheduler), ended_(scheduler) {}
  // Suspends until the fibers are gone, so it must run on a fiber unless the group is empty.
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // The new fiber is runnable at once and runs when the caller suspends. `name` is for people. A
  // fiber spawned into a cancelled group is born cancelled.
  void Spawn(absl::string_view name, absl::AnyInvocable<void()> body);
  // Spawns `body` once `continuation` is woken, also when it was before this call, or at
  // `deadline`; born cancelled when the group is cancelled first. Until then it costs its own few
  // hundred bytes: there is no fiber and no stack.
  void Park(std::unique_ptr<Continuation> continuation, absl::string_view name, Instant deadline,
            absl::AnyInvocable<void()> body);
  // At most so many fibers that were continuations; those that are woken beyond wait their turn,
  // still without a stack. For when all could be woken at once and suspend; of whatever such a
  // fiber waits for, another one must not be needed. No limit at first.
  void LimitResumed(size_t most) { resumed_max_ = most; }
  // Cancels all fibers and continuations, and those still to come.
  void Cancel();
  // Suspends until every fiber and continuation has ended; also when the caller is cancelled.
  void Join();

  bool empty() const { return head_ == nullptr && parked_ == nullptr && woken_ == nullptr; }
  size_t size() const { return size_; }
  Scheduler& scheduler() const { return scheduler_; }

 private:
  friend class Continuation;
  friend class Scheduler;
  Fiber* Start(absl::string_view name, absl::AnyInvocable<void()> body);
  void Ended(Fiber* fiber);

  Scheduler& scheduler_;
  WaitList ended_;
  Fiber* head_ = nullptr;
  Continuation* parked_ = nullptr;
  // Wait for others to end, first come, first served.
  Continuation* woken_ = nullptr;
  Continuation* last_woken_ = nullptr;
  size_t resumed_ = 0;
  size_t resumed_max_ = static_cast<size_t>(-1);
  size_t size_ = 0;
  bool cancelled_ = false;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_SCHEDULER_H_
