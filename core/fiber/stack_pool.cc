#include "core/fiber/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/check.h"

namespace konsul::fiber {

StackPool::StackPool(size_t stack_size) : page_size_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
  stack_size_ = (stack_size + page_size_ - 1) / page_size_ * page_size_;
}

StackPool::~StackPool() {
  KONSUL_CHECK(in_use_ == 0, in_use_, " stacks still in use");
  for (const Stack& stack : free_) munmap(stack.bottom - page_size_, stack.size + page_size_);
}

Stack StackPool::Take() {
  ++in_use_;
  if (!free_.empty()) {
    Stack stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void* base = mmap(nullptr, stack_size_ + page_size_, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  KONSUL_CHECK(base != MAP_FAILED, "no memory for a fiber stack, errno ", errno,
               "; see vm.max_map_count and the number of connections");
  KONSUL_CHECK(mprotect(base, page_size_, PROT_NONE) == 0, "errno ", errno);
  return Stack{static_cast<char*>(base) + page_size_, stack_size_};
}

void StackPool::Give(Stack stack) {
  --in_use_;
  if (free_.size() < kKeep) {
    free_.push_back(stack);
    return;
  }
  munmap(stack.bottom - page_size_, stack.size + page_size_);
}

}  // namespace konsul::fiber
