#include "core/fiber/scheduler.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/fiber/continuation.h"

namespace konsul::fiber {

Scheduler::Scheduler(StackPool& pool, PickPolicy* policy, Buggify* buggify)
    : pool_(pool), policy_(policy), buggify_(buggify) {}

Scheduler::~Scheduler() {
  KONSUL_CHECK(fibers_ == 0, fibers_, " fibers still alive, the first is ", all_.front()->name_);
  KONSUL_CHECK(continuations_ == 0, continuations_, " continuations still parked");
}

void Scheduler::Run(Instant now, size_t max_switches) {
  KONSUL_CHECK(current_ == nullptr && !running_, "Run() inside Run()");
  running_ = true;
  ExpireDeadlines(now);
  for (size_t n = 0; n < max_switches && !runnable_.empty(); ++n) {
    if (policy_ != nullptr && runnable_.size() > 1) {
      const size_t pick = policy_->Pick(runnable_.size());
      std::swap(runnable_.front(), runnable_[pick]);
    }
    Fiber* fiber = runnable_.front();
    runnable_.pop_front();
    fiber->runnable_ = false;
    current_ = fiber;
    ++switches_;
    fiber->context_.Resume();
    current_ = nullptr;
    if (fiber->context_.finished()) {
      --fibers_;
      all_.back()->all_position_ = fiber->all_position_;
      all_[fiber->all_position_] = all_.back();
      all_.pop_back();
      Group* group = fiber->group_;
      group->Ended(fiber);
      delete fiber;
    }
  }
  running_ = false;
}

void Scheduler::RunTurn(Instant now, size_t max_switches) {
  in_turn_ = true;
  Run(now, max_switches);
  in_turn_ = false;
  runnable_.insert(runnable_.end(), yielded_.begin(), yielded_.end());
  yielded_.clear();
}

Instant Scheduler::NextDeadline() const {
  return heap_.empty() ? Instant::Never() : heap_.front()->deadline_;
}

void Scheduler::CancelAll() {
  while (first_continuation_ != nullptr) first_continuation_->Start();
  // Cancelling makes fibers runnable but ends none, so the vector stays as it is.
  for (Fiber* fiber : all_) Cancel(fiber);
}

absl::Status Scheduler::SleepUntil(Instant deadline) {
  WaitList nobody_wakes(*this);
  const absl::Status status = nobody_wakes.Wait(deadline);
  return absl::IsDeadlineExceeded(status) ? absl::OkStatus() : status;
}

absl::Status Scheduler::Yield() {
  KONSUL_CHECK(current_ != nullptr, "Yield() outside a fiber");
  if (current_->cancelled_) return absl::CancelledError("fiber cancelled");
  Fiber* fiber = current_;
  Queue(fiber, in_turn_ ? yielded_ : runnable_);
  fiber->context_.Suspend();
  return fiber->cancelled_ ? absl::CancelledError("fiber cancelled") : absl::OkStatus();
}

std::vector<std::string> Scheduler::FiberNames() const {
  std::vector<std::string> names;
  for (const Fiber* fiber : all_) names.push_back(fiber->name_);
  return names;
}

Fiber* Scheduler::Start(absl::string_view name, Group* group, absl::AnyInvocable<void()> body) {
  auto* fiber = new Fiber(pool_, name, group, std::move(body));
  fiber->all_position_ = all_.size();
  all_.push_back(fiber);
  ++fibers_;
  MakeRunnable(fiber);
  return fiber;
}

void Scheduler::Cancel(Fiber* fiber) {
  fiber->cancelled_ = true;
  if (fiber->entry_.list != nullptr && !fiber->ignores_cancel_) {
    Unpark(fiber, absl::CancelledError("fiber cancelled"));
  }
}

void Scheduler::Queue(Fiber* fiber, std::deque<Fiber*>& queue) {
  KONSUL_CHECK(!fiber->runnable_, fiber->name_);
  fiber->runnable_ = true;
  queue.push_back(fiber);
  if (!running_ && wake_hook_) wake_hook_();
}

void Scheduler::Park(Fiber* fiber, Instant deadline) {
  if (deadline != Instant::Never()) HeapInsert(fiber, deadline);
  fiber->context_.Suspend();
}

void Scheduler::Unpark(Fiber* fiber, absl::Status result) {
  fiber->entry_.list->Remove(&fiber->entry_);
  HeapRemove(fiber);
  fiber->wait_result_ = std::move(result);
  MakeRunnable(fiber);
}

void Scheduler::Wake(Waiter* waiter) {
  if (waiter->is_fiber_) {
    Unpark(static_cast<Fiber*>(waiter), absl::OkStatus());
  } else {
    static_cast<Continuation*>(waiter)->Wake();
  }
}

void Scheduler::ExpireDeadlines(Instant now) {
  while (!heap_.empty() && heap_.front()->deadline_ <= now) {
    Waiter* waiter = heap_.front();
    if (waiter->is_fiber_) {
      Unpark(static_cast<Fiber*>(waiter), absl::DeadlineExceededError("deadline exceeded"));
    } else {
      static_cast<Continuation*>(waiter)->Wake();
    }
  }
}

// The deadline heap: binary, each waiter knows its position so that a wake-up removes it directly.

bool Scheduler::HeapBefore(const Waiter* a, const Waiter* b) {
  if (a->deadline_ != b->deadline_) return a->deadline_ < b->deadline_;
  return a->deadline_order_ < b->deadline_order_;
}

void Scheduler::HeapPlace(size_t position, Waiter* waiter) {
  heap_[position] = waiter;
  waiter->heap_position_ = position;
}

void Scheduler::HeapInsert(Waiter* waiter, Instant deadline) {
  waiter->deadline_ = deadline;
  waiter->deadline_order_ = next_deadline_order_++;
  heap_.push_back(waiter);
  waiter->heap_position_ = heap_.size() - 1;
  HeapSift(heap_.size() - 1);
}

void Scheduler::HeapRemove(Waiter* waiter) {
  const size_t position = waiter->heap_position_;
  if (position == Waiter::kNoDeadline) return;
  waiter->heap_position_ = Waiter::kNoDeadline;
  Waiter* last = heap_.back();
  heap_.pop_back();
  if (last == waiter) return;
  HeapPlace(position, last);
  HeapSift(position);
}

void Scheduler::HeapSift(size_t position) {
  Waiter* waiter = heap_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!HeapBefore(waiter, heap_[parent])) break;
    HeapPlace(position, heap_[parent]);
    position = parent;
  }
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && HeapBefore(heap_[child + 1], heap_[child])) ++child;
    if (!HeapBefore(heap_[child], waiter)) break;
    HeapPlace(position, heap_[child]);
    position = child;
  }
  HeapPlace(position, waiter);
}

WaitList::~WaitList() {
  KONSUL_CHECK(empty(),
               head_->waiter->is_fiber_ ? static_cast<Fiber*>(head_->waiter)->name()
                                        : std::string("a continuation"),
               " still waits here");
}

absl::Status WaitList::Wait(Instant deadline) {
  Fiber* fiber = scheduler_.current_;
  KONSUL_CHECK(fiber != nullptr, "Wait() outside a fiber");
  if (fiber->cancelled_) return absl::CancelledError("fiber cancelled");
  if (scheduler_.Fires(BuggifySite::kSpuriousWake)) return scheduler_.Yield();
  Append(&fiber->entry_);
  scheduler_.Park(fiber, deadline);
  return std::move(fiber->wait_result_);
}

void WaitList::WaitUncancellable() {
  Fiber* fiber = scheduler_.current_;
  KONSUL_CHECK(fiber != nullptr, "WaitUncancellable() outside a fiber");
  Append(&fiber->entry_);
  fiber->ignores_cancel_ = true;
  scheduler_.Park(fiber, Instant::Never());
  fiber->ignores_cancel_ = false;
}

void WaitList::WakeOne() {
  if (head_ != nullptr) scheduler_.Wake(head_->waiter);
}

void WaitList::WakeAll() {
  while (head_ != nullptr) WakeOne();
}

void WaitList::Append(WaitEntry* entry) {
  entry->list = this;
  entry->prev = tail_;
  entry->next = nullptr;
  (tail_ != nullptr ? tail_->next : head_) = entry;
  tail_ = entry;
}

void WaitList::Remove(WaitEntry* entry) {
  (entry->prev != nullptr ? entry->prev->next : head_) = entry->next;
  (entry->next != nullptr ? entry->next->prev : tail_) = entry->prev;
  entry->list = nullptr;
  entry->prev = nullptr;
  entry->next = nullptr;
}

Group::~Group() {
  if (empty()) return;
  Cancel();
  Join();
}

void Group::Spawn(absl::string_view name, absl::AnyInvocable<void()> body) {
  Start(name, std::move(body));
}

Fiber* Group::Start(absl::string_view name, absl::AnyInvocable<void()> body) {
  Fiber* fiber = scheduler_.Start(name, this, std::move(body));
  fiber->cancelled_ = cancelled_;
  fiber->group_next_ = head_;
  if (head_ != nullptr) head_->group_prev_ = fiber;
  head_ = fiber;
  ++size_;
  return fiber;
}

void Group::Cancel() {
  cancelled_ = true;
  for (Fiber* fiber = head_; fiber != nullptr; fiber = fiber->group_next_) {
    if (fiber != scheduler_.current_) scheduler_.Cancel(fiber);
  }
  while (woken_ != nullptr) woken_->Start();
  while (parked_ != nullptr) parked_->Start();
}

void Group::Park(std::unique_ptr<Continuation> continuation, absl::string_view name,
                 Instant deadline, absl::AnyInvocable<void()> body) {
  Continuation* parked = continuation.release();
  parked->Park(this, name, std::move(body));
  if (parked->woken_ || cancelled_ || scheduler_.Fires(BuggifySite::kSpuriousWake)) {
    parked->Resume();
  } else if (deadline != Instant::Never()) {
    scheduler_.HeapInsert(parked, deadline);
  }
}

void Group::Join() {
  while (!empty()) ended_.WaitUncancellable();
}

void Group::Ended(Fiber* fiber) {
  (fiber->group_prev_ != nullptr ? fiber->group_prev_->group_next_ : head_) = fiber->group_next_;
  if (fiber->group_next_ != nullptr) fiber->group_next_->group_prev_ = fiber->group_prev_;
  --size_;
  if (fiber->resumed_) --resumed_;
  if (woken_ != nullptr && resumed_ < resumed_max_) woken_->Start();
  ended_.WakeAll();
}

}  // namespace konsul::fiber
