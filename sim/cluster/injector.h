// Does to the simulated world what a chaos::Director says. The only place where words of an
// experiment meet calls of the simulator.
//
// Faults may overlap: a link stays cut until the last cut of it has ended, and of several shapings
// the latest counts.
#ifndef KONSUL_SIM_CLUSTER_INJECTOR_H_
#define KONSUL_SIM_CLUSTER_INJECTOR_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chaos/experiment.h"
#include "chaos/injection.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/tunables.h"
#include "sim/world.h"

namespace konsul::cluster {

class Injector {
 public:
  // Everything must outlive the injector.
  Injector(sim::World& world, Cluster& cluster, const chaos::Experiment& experiment,
           const Tunables& tunables)
      : world_(world), cluster_(cluster), experiment_(experiment), tunables_(tunables) {}

  // Not from fibers.
  void Apply(const chaos::Injection& injection);
  // Whatever is left: links, clocks, disks and processes are as at the beginning afterwards.
  void HealEverything();

  // How often each kind took effect.
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  using LinkKey = std::pair<std::string, std::string>;

  void Begin(const chaos::Injection& injection);
  void End(const chaos::Injection& injection);
  void Cut(const chaos::Link& link, int change);
  void Shape(const chaos::Injection& injection, bool begin);
  void ApplyLatency(const LinkKey& link);
  void Stop(const std::string& name, bool power_loss);
  void Start(const std::string& name);
  void BeginClock(const chaos::Injection& injection);
  void EndClock(const chaos::Injection& injection);
  void BeginIo(const chaos::Injection& injection);
  void BeginIo(const chaos::Injection& injection, const std::string& target);
  void EndIo(const chaos::Injection& injection);

  template <typename Body>
  const Body& BodyOf(const chaos::Injection& injection) const {
    return std::get<Body>(experiment_.faults[injection.fault_number].body);
  }

  sim::World& world_;
  Cluster& cluster_;
  const chaos::Experiment& experiment_;
  const Tunables& tunables_;
  std::map<LinkKey, int> cuts_;
  std::map<LinkKey, std::vector<std::pair<uint64_t, const chaos::NetworkChaos*>>> shapes_;
  std::map<uint64_t, std::vector<std::pair<std::string, uint64_t>>> armed_;  // disk faults, by id
  std::map<std::string, uint64_t> counts_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_INJECTOR_H_
