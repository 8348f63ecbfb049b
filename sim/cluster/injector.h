// Does to the simulated world what a chaos::Director says. The only place where words of an
// experiment meet calls of the simulator; links have a part of their own (link_faults.h).
//
// Fault model, by node (what each does exactly stands at the top of sim/host.h, clock.h, disk.h):
//   kill, power loss    of any number at once: one server, a rack, all
//   wipe                the disk is emptied while the server is down; what is installed there
//                       afterwards is a new server with a new identity, which asks to be let in.
//                       The old one is a member that never answers again
//   rolling restart     one after the other; each step is a kill and a restart, maybe of another
//                       version of the program
//   pause, slow         a process that stands still, or whose processor is late each time
//   no descriptors      accepting connections fails
//   clocks              steps, drift, standstill; wall and monotonic apart
//   disks               errors, slow syncs, hanging calls; rot and misdirected writes on the
//   machines
//                       of the fault atlas (chaos/director.h)
// Faults may overlap: a link stays cut until the last cut of it has ended, of several slow
// processors the slowest counts. HealEverything also ends the choices of buggify sites.
#ifndef KONSUL_SIM_CLUSTER_INJECTOR_H_
#define KONSUL_SIM_CLUSTER_INJECTOR_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chaos/experiment.h"
#include "chaos/injection.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/link_faults.h"
#include "sim/cluster/tunables.h"
#include "sim/world.h"

namespace konsul::cluster {

class Injector {
 public:
  // Everything must outlive the injector.
  Injector(sim::World& world, Cluster& cluster, const chaos::Experiment& experiment,
           const Tunables& tunables)
      : world_(world), cluster_(cluster), links_(world, cluster, experiment, tunables) {}

  // Not from fibers.
  void Apply(const chaos::Injection& injection);
  // Whatever is left: links, clocks, disks and processes are as at the beginning afterwards.
  void HealEverything();

  // How often each kind took effect.
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  void Begin(const chaos::Injection& injection);
  void End(const chaos::Injection& injection);
  void Stop(const std::string& name, chaos::Injection::Kind how);
  void Start(const std::string& name);
  void Restart(const chaos::Injection& injection);
  void Hamper(const chaos::Injection& injection, bool begin);
  void BeginClock(const chaos::Injection& injection);
  void EndClock(const chaos::Injection& injection);
  void BeginIo(const chaos::Injection& injection);
  void BeginIo(const chaos::Injection& injection, const std::string& target);
  void EndIo(const chaos::Injection& injection);

  template <typename Body>
  static const Body& BodyOf(const chaos::Injection& injection) {
    return std::get<Body>(injection.body);
  }

  sim::World& world_;
  Cluster& cluster_;
  LinkFaults links_;
  // By host, and whether it is slowness rather than a lack of descriptors.
  std::map<std::pair<std::string, bool>, std::multiset<int64_t>> hampered_;
  std::map<uint64_t, std::vector<std::pair<std::string, uint64_t>>> armed_;  // disk faults, by id
  std::map<std::string, uint64_t> counts_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_INJECTOR_H_
