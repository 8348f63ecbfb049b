// The one place where stacks are switched, and where the sanitizers are told about it.
//
// A Context runs a function on a stack of its own. Resume() enters it from the thread's own stack;
// Suspend(), called inside, goes back. Symmetric switching between two contexts is not offered:
// every switch passes through the scheduler, which keeps the order of fibers in one place.
#ifndef KONSUL_CORE_FIBER_CONTEXT_H_
#define KONSUL_CORE_FIBER_CONTEXT_H_

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "boost/context/fiber.hpp"
#include "core/fiber/stack_pool.h"

namespace konsul::fiber {

class Context {
 public:
  // Takes its stack when it is resumed for the first time: of many that were woken at once, those
  // that end without suspending share one.
  Context(StackPool& pool, absl::AnyInvocable<void()> body);
  // The body must have returned, or never have been entered.
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Runs the body until it suspends or returns. Not from inside a context.
  void Resume();
  // From inside the body only.
  void Suspend();

  bool finished() const { return finished_; }

 private:
  boost::context::fiber Main(boost::context::fiber&& resumer);

  StackPool& pool_;
  Stack stack_;
  absl::AnyInvocable<void()> body_;
  boost::context::fiber inside_;   // valid while suspended
  boost::context::fiber outside_;  // valid while running
  bool started_ = false;
  bool finished_ = false;

  // What the sanitizers need to know of the two stacks; unused in other builds.
  [[maybe_unused]] void* inside_fake_stack_ = nullptr;
  [[maybe_unused]] void* outside_fake_stack_ = nullptr;
  [[maybe_unused]] const void* outside_bottom_ = nullptr;
  [[maybe_unused]] size_t outside_size_ = 0;
  [[maybe_unused]] void* tsan_inside_ = nullptr;
  [[maybe_unused]] void* tsan_outside_ = nullptr;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_CONTEXT_H_
