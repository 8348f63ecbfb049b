#include "sim/event_queue.h"

#include <algorithm>

namespace konsul::sim {
namespace {

constexpr size_t kChildren = 4;

}  // namespace

void EventQueue::Push(Time time, EventTarget* target, uint32_t what, uint64_t arg) {
  const Event event{time, next_order_++, target, arg, what};
  size_t position = heap_.size();
  heap_.push_back(event);
  while (position > 0) {
    const size_t parent = (position - 1) / kChildren;
    if (!Before(event, heap_[parent])) break;
    heap_[position] = heap_[parent];
    position = parent;
  }
  heap_[position] = event;
}

Event EventQueue::Pop() {
  const Event first = heap_.front();
  const Event last = heap_.back();
  heap_.pop_back();
  if (heap_.empty()) return first;
  size_t position = 0;
  while (true) {
    const size_t begin = position * kChildren + 1;
    if (begin >= heap_.size()) break;
    const size_t end = std::min(begin + kChildren, heap_.size());
    size_t least = begin;
    for (size_t child = begin + 1; child < end; ++child) {
      if (Before(heap_[child], heap_[least])) least = child;
    }
    if (!Before(heap_[least], last)) break;
    heap_[position] = heap_[least];
    position = least;
  }
  heap_[position] = last;
  return first;
}

}  // namespace konsul::sim
