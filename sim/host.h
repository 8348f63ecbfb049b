// One simulated machine: an address, clocks, a disk, and at most one process.
//
// Fault model of the process:
//   kill        as SIGKILL: from this instant nothing the process does reaches anybody. Its calls
//   of
//               env return Cancelled, its fibers are cancelled and run, without time passing, until
//               they are gone. Its disk stays as the kernel has it; its peers see resets.
//   power loss  kill, and the disk keeps only what disk.h says; peers see silence; a new boot id.
//   pause       as SIGSTOP: fibers do not run, clocks go on, bytes and completions queue up.
//   slow        every wake-up of fibers comes later by a fixed time.
//   restart     Start again. The process gets a new stream of random numbers.
// Which runnable fiber goes next is picked by seed.
//
// Owned by the World. Not in any fiber: everything here is called by whoever drives the world
// (between its steps, in functions given to World::At, in the after-step hook).
#ifndef KONSUL_SIM_HOST_H_
#define KONSUL_SIM_HOST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/env/env.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "sim/engine.h"
#include "sim/log_ring.h"
#include "sim/network.h"
#include "sim/types.h"

namespace konsul::sim {

struct HostOptions {
  std::string name;  // for people; the address when empty
  DiskOptions disk;
};

class Process;  // internal: what lives and dies with one start (sim/process.h)

class Host : private EventTarget, private Runner {
 public:
  using AfterRun = std::function<void(HostId)>;

  Host(Engine& engine, Network& network, HostId id, std::string ip, HostOptions options);
  ~Host() override;  // kills
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  HostId id() const { return id_; }
  const std::string& ip() const { return ip_; }
  const std::string& name() const { return name_; }
  // While its fibers run; and for good, when one of them failed a check.
  bool in_fibers() const { return in_fibers_; }

  // Starts a process: `main` runs on its root fiber at the world's next step, and the process ends
  // when main has returned and no fiber is left. Everything made from the Env must be destroyed by
  // the process's own fibers (as RAII does) or before the next Start; what main refers to must
  // outlive the process, which the World's destructor kills at the latest. Must not be running.
  void Start(std::function<void(env::Env)> main);
  // All no-ops when not running, except PowerLoss, which takes the disk's unsynced bytes anyway and
  // leaves the machine without power until Start.
  void Kill();
  void PowerLoss();
  // From now, or longer when it is paused already.
  void Pause(Duration d);
  void Resume();
  // Delays every wake-up of fibers by this much; zero is normal.
  void SetSlowness(Duration wake_delay);

  bool running() const { return process_ != nullptr; }
  bool paused() const { return paused_until_ != Time{}; }
  bool powered() const { return powered_; }
  // Changes at every power loss, never in between. Not zero.
  uint64_t boot_id() const { return boot_id_; }
  // How often Start was called.
  uint64_t starts() const { return starts_; }
  // Times a process ended by itself: main returned.
  uint64_t exits() const { return exits_; }

  SimClock& clock() { return clock_; }
  SimDisk& disk() { return disk_; }
  const SimDisk& disk() const { return disk_; }
  LogRing& log() { return log_; }
  // Live fibers of the process and their names; for leak checks.
  size_t fiber_count() const;
  std::vector<std::string> FiberNames() const;
  uint64_t switches() const { return switches_; }

  void SetAfterRun(const AfterRun* hook) { after_run_ = hook; }  // for World

 private:
  enum What : uint32_t { kWake, kDeadline, kResume };

  void OnEvent(uint32_t what, uint64_t arg) override;
  void RunReady() override;
  void FiberWoke();
  void RequestRun();
  void RunFibers();
  void ArmTimer();
  void End(bool lose_power);
  void Exited();
  void Record(EventKind kind, uint64_t payload, absl::string_view detail);

  Engine& engine_;
  Network& network_;
  const HostId id_;
  const std::string ip_;
  const std::string name_;
  SimClock clock_;
  SimDisk disk_;
  LogRing log_;
  env::Random random_;
  const AfterRun* after_run_ = nullptr;

  std::unique_ptr<Process> process_;
  std::unique_ptr<Process> last_process_;  // kept until the next start: see Start
  bool powered_ = true;
  uint64_t boot_id_ = 0;
  uint64_t starts_ = 0;
  uint64_t exits_ = 0;
  uint64_t switches_ = 0;

  bool in_fibers_ = false;
  bool run_requested_ = false;
  Duration slowness_{};
  Time paused_until_;  // Time{} when not paused
  Time timer_at_ = Time::Never();
  uint64_t timer_epoch_ = 0;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_HOST_H_
