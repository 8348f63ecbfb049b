#include "core/fiber/scheduler.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace konsul::fiber {

Scheduler::Scheduler(StackPool& pool, PickPolicy* policy, Buggify* buggify)
    : pool_(pool), policy_(policy), buggify_(buggify) {}

Scheduler::~Scheduler() {
  KONSUL_CHECK(fibers_ == 0, fibers_, " fibers still alive, the first is ", all_.front()->name_);
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

Instant Scheduler::NextDeadline() const {
  return heap_.empty() ? Instant::Never() : heap_.front()->deadline_;
}

void Scheduler::CancelAll() {
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
  MakeRunnable(fiber);
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
  if (fiber->waiting_in_ != nullptr && !fiber->ignores_cancel_) {
    Unpark(fiber, absl::CancelledError("fiber cancelled"));
  }
}

void Scheduler::MakeRunnable(Fiber* fiber) {
  KONSUL_CHECK(!fiber->runnable_, fiber->name_);
  fiber->runnable_ = true;
  runnable_.push_back(fiber);
  if (!running_ && wake_hook_) wake_hook_();
}

void Scheduler::Park(Fiber* fiber, Instant deadline) {
  if (deadline != Instant::Never()) {
    fiber->deadline_ = deadline;
    fiber->deadline_order_ = next_deadline_order_++;
    HeapInsert(fiber);
  }
  fiber->context_.Suspend();
}

void Scheduler::Unpark(Fiber* fiber, absl::Status result) {
  fiber->waiting_in_->Remove(fiber);
  fiber->waiting_in_ = nullptr;
  if (fiber->heap_position_ != Fiber::kNoDeadline) HeapRemove(fiber);
  fiber->wait_result_ = std::move(result);
  MakeRunnable(fiber);
}

void Scheduler::ExpireDeadlines(Instant now) {
  while (!heap_.empty() && heap_.front()->deadline_ <= now) {
    Unpark(heap_.front(), absl::DeadlineExceededError("deadline exceeded"));
  }
}

// The deadline heap: binary, each fiber knows its position so that a wake-up removes it directly.

bool Scheduler::HeapBefore(const Fiber* a, const Fiber* b) const {
  if (a->deadline_ != b->deadline_) return a->deadline_ < b->deadline_;
  return a->deadline_order_ < b->deadline_order_;
}

void Scheduler::HeapPlace(size_t position, Fiber* fiber) {
  heap_[position] = fiber;
  fiber->heap_position_ = position;
}

void Scheduler::HeapInsert(Fiber* fiber) {
  heap_.push_back(fiber);
  fiber->heap_position_ = heap_.size() - 1;
  HeapSift(heap_.size() - 1);
}

void Scheduler::HeapRemove(Fiber* fiber) {
  const size_t position = fiber->heap_position_;
  fiber->heap_position_ = Fiber::kNoDeadline;
  Fiber* last = heap_.back();
  heap_.pop_back();
  if (last == fiber) return;
  HeapPlace(position, last);
  HeapSift(position);
}

void Scheduler::HeapSift(size_t position) {
  Fiber* fiber = heap_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!HeapBefore(fiber, heap_[parent])) break;
    HeapPlace(position, heap_[parent]);
    position = parent;
  }
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && HeapBefore(heap_[child + 1], heap_[child])) ++child;
    if (!HeapBefore(heap_[child], fiber)) break;
    HeapPlace(position, heap_[child]);
    position = child;
  }
  HeapPlace(position, fiber);
}

WaitList::~WaitList() { KONSUL_CHECK(empty(), head_->name_, " still waits here"); }

absl::Status WaitList::Wait(Instant deadline) {
  Fiber* fiber = scheduler_.current_;
  KONSUL_CHECK(fiber != nullptr, "Wait() outside a fiber");
  if (fiber->cancelled_) return absl::CancelledError("fiber cancelled");
  if (scheduler_.Fires(BuggifySite::kSpuriousWake)) return scheduler_.Yield();
  Append(fiber);
  fiber->waiting_in_ = this;
  scheduler_.Park(fiber, deadline);
  return std::move(fiber->wait_result_);
}

void WaitList::WaitUncancellable() {
  Fiber* fiber = scheduler_.current_;
  KONSUL_CHECK(fiber != nullptr, "WaitUncancellable() outside a fiber");
  Append(fiber);
  fiber->waiting_in_ = this;
  fiber->ignores_cancel_ = true;
  scheduler_.Park(fiber, Instant::Never());
  fiber->ignores_cancel_ = false;
}

void WaitList::WakeOne() {
  if (head_ != nullptr) scheduler_.Unpark(head_, absl::OkStatus());
}

void WaitList::WakeAll() {
  while (head_ != nullptr) WakeOne();
}

void WaitList::Append(Fiber* fiber) {
  fiber->wait_prev_ = tail_;
  fiber->wait_next_ = nullptr;
  (tail_ != nullptr ? tail_->wait_next_ : head_) = fiber;
  tail_ = fiber;
}

void WaitList::Remove(Fiber* fiber) {
  (fiber->wait_prev_ != nullptr ? fiber->wait_prev_->wait_next_ : head_) = fiber->wait_next_;
  (fiber->wait_next_ != nullptr ? fiber->wait_next_->wait_prev_ : tail_) = fiber->wait_prev_;
  fiber->wait_prev_ = nullptr;
  fiber->wait_next_ = nullptr;
}

Group::~Group() {
  if (empty()) return;
  Cancel();
  Join();
}

void Group::Spawn(absl::string_view name, absl::AnyInvocable<void()> body) {
  Fiber* fiber = scheduler_.Start(name, this, std::move(body));
  fiber->cancelled_ = cancelled_;
  fiber->group_next_ = head_;
  if (head_ != nullptr) head_->group_prev_ = fiber;
  head_ = fiber;
  ++size_;
}

void Group::Cancel() {
  cancelled_ = true;
  for (Fiber* fiber = head_; fiber != nullptr; fiber = fiber->group_next_) {
    if (fiber != scheduler_.current_) scheduler_.Cancel(fiber);
  }
}

void Group::Join() {
  while (!empty()) ended_.WaitUncancellable();
}

void Group::Ended(Fiber* fiber) {
  (fiber->group_prev_ != nullptr ? fiber->group_prev_->group_next_ : head_) = fiber->group_next_;
  if (fiber->group_next_ != nullptr) fiber->group_next_->group_prev_ = fiber->group_prev_;
  --size_;
  ended_.WakeAll();
}

}  // namespace konsul::fiber
