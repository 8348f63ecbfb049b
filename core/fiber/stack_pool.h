// Stacks for fibers: mapped once, guarded by an inaccessible page below, reused.
#ifndef KONSUL_CORE_FIBER_STACK_POOL_H_
#define KONSUL_CORE_FIBER_STACK_POOL_H_

#include <cstddef>
#include <vector>

namespace konsul::fiber {

// The usable part of one mapping; the guard page lies directly below `bottom`.
struct Stack {
  char* bottom = nullptr;
  size_t size = 0;
  char* top() const { return bottom + size; }
};

// Owned by whoever runs schedulers on one thread (the reactor, the simulated world, a test); must
// outlive them. Not thread-safe. Running off the end of a stack hits the guard page and ends the
// process with SIGSEGV instead of corrupting a neighbour.
class StackPool {
 public:
  // Only touched pages cost memory, so the size is generous enough for the sanitizers' frames too.
  static constexpr size_t kDefaultSize = 512 * 1024;
  // Free stacks kept for reuse; more are unmapped at once.
  static constexpr size_t kKeep = 1024;

  explicit StackPool(size_t stack_size = kDefaultSize);
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // Aborts when the kernel gives no more mappings (vm.max_map_count): a fiber cannot be half made.
  Stack Take();
  void Give(Stack stack);

  size_t in_use() const { return in_use_; }

 private:
  size_t stack_size_;
  size_t page_size_;
  size_t in_use_ = 0;
  std::vector<Stack> free_;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_STACK_POOL_H_
