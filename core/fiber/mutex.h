// Mutual exclusion and conditions between fibers of one scheduler. Needed only where a critical
// section suspends (a write to a stream, a sync); plain data is safe without.
#ifndef KONSUL_CORE_FIBER_MUTEX_H_
#define KONSUL_CORE_FIBER_MUTEX_H_

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/base/time.h"
#include "core/fiber/scheduler.h"

namespace konsul::fiber {

// Not recursive. First come, first served, except that a fiber which finds it free takes it.
class Mutex {
 public:
  explicit Mutex(Scheduler& scheduler) : waiters_(scheduler) {}

  // Suspends while another fiber holds it. OK (now held), DeadlineExceeded or Cancelled (not held).
  absl::Status Lock(Instant deadline = Instant::Never()) {
    absl::Status given_way = waiters_.scheduler().MayYield();
    if (!given_way.ok()) return given_way;
    while (held_) {
      absl::Status status = waiters_.Wait(deadline);
      if (!status.ok()) {
        // The wake-up that raced with our deadline must not be lost.
        if (!held_) waiters_.WakeOne();
        return status;
      }
    }
    held_ = true;
    return absl::OkStatus();
  }

  void Unlock() {
    KONSUL_CHECK(held_, "Unlock() of a free mutex");
    held_ = false;
    waiters_.WakeOne();
  }

  bool held() const { return held_; }

 private:
  friend class Condition;
  bool held_ = false;
  WaitList waiters_;
};

// Unlocks at the end of the block; the lock must have been taken with an OK status.
class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) { KONSUL_CHECK(mutex.held()); }
  ~MutexLock() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// "Something changed, look again." Without a mutex: the scheduler runs one fiber at a time.
class Condition {
 public:
  explicit Condition(Scheduler& scheduler) : waiters_(scheduler) {}

  // Suspends until `holds()` is true: OK; or DeadlineExceeded or Cancelled.
  template <typename Predicate>
  absl::Status Await(Predicate holds, Instant deadline = Instant::Never()) {
    absl::Status given_way = waiters_.scheduler().MayYield();
    if (!given_way.ok()) return given_way;
    while (!holds()) {
      absl::Status status = waiters_.Wait(deadline);
      if (!status.ok())
        return absl::IsDeadlineExceeded(status) && holds() ? absl::OkStatus() : status;
    }
    return absl::OkStatus();
  }

  void NotifyAll() { waiters_.WakeAll(); }
  void NotifyOne() { waiters_.WakeOne(); }

 private:
  WaitList waiters_;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_MUTEX_H_
