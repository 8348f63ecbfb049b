#include "core/fiber/context.h"

#include <utility>

#include "boost/context/preallocated.hpp"
#include "boost/context/stack_context.hpp"
#include "core/base/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KONSUL_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define KONSUL_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define KONSUL_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define KONSUL_TSAN 1
#endif

#ifdef KONSUL_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef KONSUL_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace konsul::fiber {
namespace {

// Boost asks an allocator for the release of a stack; ours belong to the pool.
struct PooledStackAllocator {
  boost::context::stack_context allocate() { return {}; }
  void deallocate(boost::context::stack_context&) {}
};

}  // namespace

Context::Context(StackPool& pool, absl::AnyInvocable<void()> body)
    : pool_(pool), body_(std::move(body)) {}

Context::~Context() {
  KONSUL_CHECK(finished_ || !started_, "a fiber is destroyed in the middle of its work");
#ifdef KONSUL_TSAN
  if (tsan_inside_ != nullptr) __tsan_destroy_fiber(tsan_inside_);
#endif
  if (started_) pool_.Give(stack_);
}

void Context::Resume() {
  if (!started_) {
    started_ = true;
    stack_ = pool_.Take();
    boost::context::stack_context where;
    where.sp = stack_.top();
    where.size = stack_.size;
    inside_ = boost::context::fiber(
        std::allocator_arg, boost::context::preallocated(where.sp, where.size, where),
        PooledStackAllocator(),
        [this](boost::context::fiber&& resumer) { return Main(std::move(resumer)); });
#ifdef KONSUL_TSAN
    tsan_inside_ = __tsan_create_fiber(0);
#endif
  }
#ifdef KONSUL_ASAN
  __sanitizer_start_switch_fiber(&outside_fake_stack_, stack_.bottom, stack_.size);
#endif
#ifdef KONSUL_TSAN
  tsan_outside_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
  inside_ = std::move(inside_).resume();
#ifdef KONSUL_ASAN
  __sanitizer_finish_switch_fiber(outside_fake_stack_, nullptr, nullptr);
#endif
}

void Context::Suspend() {
#ifdef KONSUL_ASAN
  __sanitizer_start_switch_fiber(&inside_fake_stack_, outside_bottom_, outside_size_);
#endif
#ifdef KONSUL_TSAN
  __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
  outside_ = std::move(outside_).resume();
#ifdef KONSUL_ASAN
  __sanitizer_finish_switch_fiber(inside_fake_stack_, &outside_bottom_, &outside_size_);
#endif
}

boost::context::fiber Context::Main(boost::context::fiber&& resumer) {
#ifdef KONSUL_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &outside_bottom_, &outside_size_);
#endif
  outside_ = std::move(resumer);
  body_();
  body_ = nullptr;  // what the body captured dies on the fiber's own stack
  finished_ = true;
#ifdef KONSUL_ASAN
  __sanitizer_start_switch_fiber(nullptr, outside_bottom_, outside_size_);
#endif
#ifdef KONSUL_TSAN
  __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
  return std::move(outside_);
}

}  // namespace konsul::fiber
