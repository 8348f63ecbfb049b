// A bounded queue between fibers of one scheduler.
#ifndef KONSUL_CORE_FIBER_CHANNEL_H_
#define KONSUL_CORE_FIBER_CHANNEL_H_

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/time.h"
#include "core/fiber/scheduler.h"

namespace konsul::fiber {

template <typename T>
class Channel {
 public:
  Channel(Scheduler& scheduler, size_t capacity)
      : capacity_(capacity), readable_(scheduler), writable_(scheduler) {}

  // Suspends while full. OK, DeadlineExceeded, Cancelled, or FailedPrecondition once closed.
  absl::Status Push(T value, Instant deadline = Instant::Never()) {
    absl::Status given_way = readable_.scheduler().MayYield();
    if (!given_way.ok()) return given_way;
    while (!closed_ && items_.size() >= capacity_) {
      absl::Status status = writable_.Wait(deadline);
      if (!status.ok()) return status;
    }
    if (closed_) return absl::FailedPreconditionError("channel closed");
    items_.push_back(std::move(value));
    readable_.WakeOne();
    return absl::OkStatus();
  }

  // False when full or closed; never suspends.
  bool TryPush(T value) {
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(value));
    readable_.WakeOne();
    return true;
  }

  // Suspends while empty. A closed channel is drained first, then answers FailedPrecondition.
  absl::StatusOr<T> Pop(Instant deadline = Instant::Never()) {
    absl::Status given_way = readable_.scheduler().MayYield();
    if (!given_way.ok()) return given_way;
    while (items_.empty()) {
      if (closed_) return absl::FailedPreconditionError("channel closed");
      absl::Status status = readable_.Wait(deadline);
      if (!status.ok()) return status;
    }
    T value = std::move(items_.front());
    items_.pop_front();
    writable_.WakeOne();
    if (!items_.empty()) readable_.WakeOne();
    return value;
  }

  void Close() {
    closed_ = true;
    readable_.WakeAll();
    writable_.WakeAll();
  }

  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  bool closed() const { return closed_; }

 private:
  size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  WaitList readable_;
  WaitList writable_;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_CHANNEL_H_
