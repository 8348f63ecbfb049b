// What will happen, in the order (time, order of scheduling).
//
// An event is a small value: no closure, no allocation. Its target outlives the queue (hosts, the
// network, the disk of a host); what may die earlier (a connection, a disk operation) is named in
// `arg` by slot and generation, and the target ignores a name that is no longer valid.
#ifndef KONSUL_SIM_EVENT_QUEUE_H_
#define KONSUL_SIM_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/types.h"

namespace konsul::sim {

class EventTarget {
 public:
  virtual ~EventTarget() = default;
  virtual void OnEvent(uint32_t what, uint64_t arg) = 0;
};

struct Event {
  Time time;
  uint64_t order = 0;
  EventTarget* target = nullptr;
  uint64_t arg = 0;
  uint32_t what = 0;
};

// A heap of four children per node: shallow, and the children share cache lines.
class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  const Event& top() const { return heap_.front(); }

  void Push(Time time, EventTarget* target, uint32_t what, uint64_t arg);
  Event Pop();

 private:
  static bool Before(const Event& a, const Event& b) {
    return a.time != b.time ? a.time < b.time : a.order < b.order;
  }

  std::vector<Event> heap_;
  uint64_t next_order_ = 0;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_EVENT_QUEUE_H_
