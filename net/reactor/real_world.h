// The real world in one object: what a main needs to run a node on this machine.
//
//   reactor::RealWorld world;
//   absl::StatusOr<env::Env> env = world.MakeEnv(data_dir, logger);
//   world.Run([&] { ... world.NextSignal() ... });
#ifndef KONSUL_NET_REACTOR_REAL_WORLD_H_
#define KONSUL_NET_REACTOR_REAL_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "net/reactor/clock.h"
#include "net/reactor/directory_lock.h"
#include "net/reactor/disk.h"
#include "net/reactor/io_pool.h"
#include "net/reactor/network.h"
#include "net/reactor/reactor.h"
#include "net/reactor/signals.h"

namespace konsul::reactor {

struct RealWorldOptions {
  int io_threads = 4;
  // These become NextSignal() instead of ending the process.
  bool catch_signals = true;
  std::vector<int> signals = {SIGINT, SIGTERM};
};

// For one thread, the one that made it. Raises the process's soft limit of open descriptors to the
// hard one.
class RealWorld {
 public:
  explicit RealWorld(RealWorldOptions options = {});
  ~RealWorld();
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;

  // A node's surroundings with its own disk and random stream; more than one node may share the
  // world. Makes and locks `data_dir` until the world ends: PermissionDenied, or FailedPrecondition
  // when it is in use. "" takes a fresh temporary directory that is removed with the world. Blocks.
  // Valid as long as the world and `logger`.
  absl::StatusOr<env::Env> MakeEnv(absl::string_view data_dir, Logger& logger);

  // Runs `main_body` on a fiber, and whatever it spawns, until it has returned. May be repeated.
  void Run(std::function<void()> main_body);

  // Suspends until one of the signals of the options came, and says which. One fiber at a time.
  absl::StatusOr<int> NextSignal(Instant deadline = Instant::Never());

  env::Clock& clock() { return clock_; }
  env::Network& network() { return network_; }
  fiber::Scheduler& scheduler() { return scheduler_; }
  fiber::StackPool& stacks() { return stacks_; }
  Reactor& reactor() { return reactor_; }
  IoPool& io_pool() { return io_pool_; }

 private:
  struct NodeDisk {
    std::unique_ptr<DirectoryLock> lock;
    std::unique_ptr<RealDisk> disk;
    std::string temporary;  // to be removed; usually empty
  };

  RealClock clock_;
  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_{stacks_};
  Reactor reactor_{clock_, scheduler_};
  std::unique_ptr<Signals> signals_;  // before the threads, which inherit the mask
  IoPool io_pool_;
  RealNetwork network_{reactor_};
  env::Random random_;
  std::vector<NodeDisk> disks_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_REAL_WORLD_H_
