// The event loop: one thread that runs one fiber::Scheduler and sleeps in epoll.
//
// A turn of the loop: run fibers (a bounded number of switches, so that a busy node still looks at
// its sockets), then collect events; sleep only when no fiber is runnable, until the scheduler's
// next deadline. Descriptors are watched edge-triggered and once: whoever uses one tries the system
// call first and waits only after EAGAIN. No edge is lost that way, because events are collected
// only between fibers, never between a fiber's EAGAIN and its wait.
#ifndef KONSUL_NET_REACTOR_REACTOR_H_
#define KONSUL_NET_REACTOR_REACTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "core/base/time.h"
#include "core/env/clock.h"
#include "core/fiber/scheduler.h"

struct epoll_event;

namespace konsul::reactor {

// Told about the events of one descriptor, on the loop's thread and outside any fiber. It may wake
// fibers; it must not destroy sinks, because events of the same batch may be for them.
class EventSink {
 public:
  virtual void OnEvents(uint32_t epoll_events) = 0;

 protected:
  ~EventSink() = default;
};

// What another thread hands to the loop. Belongs to its sender until Post, to the loop afterwards.
class Arrival {
 public:
  virtual ~Arrival() = default;
  // On the loop's thread, outside any fiber. May delete the arrival, or wake a fiber that does.
  virtual void Deliver() = 0;

 private:
  friend class Reactor;
  Arrival* next_ = nullptr;
};

// Everything but Post() is for the loop's thread only. Ignores SIGPIPE in the whole process: a
// write to a reset connection is an error code.
class Reactor {
 public:
  // Both must outlive the reactor. Aborts when the kernel gives no epoll or eventfd descriptor.
  Reactor(const env::Clock& clock, fiber::Scheduler& scheduler);
  // Delivers what was posted and not delivered yet; nobody may post any more.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs fibers until `done()`, which is asked after each turn; at least one turn.
  void RunUntil(const std::function<bool()>& done);

  // Watches a non-blocking descriptor for reading and writing until it is closed. ResourceExhausted
  // when the kernel refuses. `sink` must live until the descriptor is closed.
  absl::Status Watch(int fd, EventSink* sink);

  // Any thread; wakes the loop if it sleeps.
  void Post(Arrival* arrival);

  // To be called by operations that may succeed without suspending. Cancelled when the fiber was
  // cancelled; lets the others run when this fiber had too many such operations in one go, so that
  // a peer that sends without pause cannot starve the node.
  absl::Status GiveWay();

  fiber::Scheduler& scheduler() const { return scheduler_; }
  const env::Clock& clock() const { return clock_; }

 private:
  void CollectEvents();
  int Wait(epoll_event* events, int limit, Duration at_most);
  void DeliverArrivals();

  static constexpr size_t kSwitchesPerTurn = 256;
  static constexpr int kOperationsInOneGo = 64;

  const env::Clock& clock_;
  fiber::Scheduler& scheduler_;
  int epoll_ = -1;
  int wake_ = -1;  // an eventfd, never read: each write is an edge
  bool has_pwait2_ = true;

  uint64_t last_switch_ = 0;
  int operations_ = 0;

  // Shared with posting threads.
  std::atomic<Arrival*> arrivals_{nullptr};  // last in, first out; reversed on delivery
  std::atomic<bool> asleep_{false};
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_REACTOR_H_
