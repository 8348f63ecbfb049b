// Threads for system calls that block: files.
#ifndef KONSUL_NET_REACTOR_IO_POOL_H_
#define KONSUL_NET_REACTOR_IO_POOL_H_

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/fiber/scheduler.h"
#include "net/reactor/reactor.h"

namespace konsul::reactor {

// Work for an I/O thread that comes back to the loop as an Arrival.
class Job : public Arrival {
 public:
  // On an I/O thread.
  virtual void Work() = 0;
};

// A fixed number of threads and one queue, first in, first out. The threads take no signals.
class IoPool {
 public:
  IoPool(Reactor& reactor, int threads);
  // Ends what is queued, then joins. What comes back is delivered by the loop, or by ~Reactor.
  ~IoPool();
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  // Loop's thread. The job belongs to the pool until Deliver().
  void Submit(Job* job);

  // Runs `work` on an I/O thread and suspends the fiber until it has ended, even if the fiber is
  // cancelled meanwhile: the kernel may still be using the caller's buffers. No allocation.
  template <typename Function>
  auto Run(Function&& work) -> decltype(work()) {
    FiberJob<Function, decltype(work())> job(work, reactor_.scheduler());
    Submit(&job);
    while (!job.result.has_value()) job.done.WaitUncancellable();
    return *std::move(job.result);
  }

 private:
  template <typename Function, typename Result>
  struct FiberJob final : Job {
    FiberJob(Function& w, fiber::Scheduler& scheduler) : work(w), done(scheduler) {}
    void Work() override { made.emplace(work()); }
    void Deliver() override {
      result = std::move(made);
      done.WakeAll();
    }
    Function& work;
    std::optional<Result> made;  // the I/O thread's
    std::optional<Result> result;
    fiber::WaitList done;
  };

  void ThreadMain();

  Reactor& reactor_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;  // protects what follows
  std::condition_variable changed_;
  std::deque<Job*> queue_;
  bool ending_ = false;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_IO_POOL_H_
