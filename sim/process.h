// What lives and dies with one start of a host.
#ifndef KONSUL_SIM_PROCESS_H_
#define KONSUL_SIM_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/env/random.h"
#include "core/fiber/scheduler.h"
#include "sim/disk.h"
#include "sim/fabric.h"
#include "sim/life.h"
#include "sim/process_disk.h"
#include "sim/process_network.h"

namespace konsul::sim {

class SeededPick : public fiber::PickPolicy {
 public:
  explicit SeededPick(env::Random random) : random_(random) {}
  size_t Pick(size_t runnable) override { return random_.Below(runnable); }
  uint64_t draws() const { return random_.draws(); }

 private:
  env::Random random_;
};

class Process {
 public:
  Process(HostId host, const env::Random& seed, fiber::StackPool& stacks, Fabric& fabric,
          SimDisk& host_disk, std::string root, Buggify* buggify)
      : pick(seed.Fork("pick")),
        random(seed.Fork("process")),
        scheduler(stacks, &pick, buggify),
        life{host, scheduler},
        network(fabric, life),
        disk(host_disk.store(), host_disk.queue(), life, std::move(root)),
        fibers(scheduler) {}

  SeededPick pick;
  env::Random random;
  fiber::Scheduler scheduler;
  Life life;
  ProcessNetwork network;
  ProcessDisk disk;
  fiber::Group fibers;  // main alone; what main spawns is main's
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_PROCESS_H_
