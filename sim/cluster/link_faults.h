// The network's part of the injector: what a fault says about links, done to the simulated network.
//
// Fault model (what each does to bytes and datagrams stands at the top of sim/network.h):
//   cut        nothing passes, in one direction; what streams carry is held until the heal. Shapes,
//              flapping and swizzling are many of these (chaos/shapes.h, chaos/director.h)
//   clog       all comes, but only at the end; of a link, or of one of its connections
//   netem      latency, loss, rate; duplicates, corruption, reordering, truncation of datagrams
//   reset      connections end on both sides after a random byte, or for who dialed
//   half-open  one side forgets its connections, the other is not told
// They may overlap: a link stays cut until the last cut of it has ended, and of each number of the
// netem faults on a link the latest counts.
//
// Owned by the injector.
#ifndef KONSUL_SIM_CLUSTER_LINK_FAULTS_H_
#define KONSUL_SIM_CLUSTER_LINK_FAULTS_H_

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

class LinkFaults {
 public:
  LinkFaults(sim::World& world, Cluster& cluster, const chaos::Experiment& experiment,
             const Tunables& tunables)
      : world_(world), cluster_(cluster), experiment_(experiment), tunables_(tunables) {}

  // Of an injection that concerns links.
  void Begin(const chaos::Injection& injection);
  void End(const chaos::Injection& injection);
  // Cuts and clogs end; what netem faults do ends with them.
  void Heal();

 private:
  using LinkKey = std::pair<std::string, std::string>;
  struct Shaped {
    uint64_t id;
    chaos::NetworkChaos how;
  };

  void Cut(const chaos::Link& link, int change);
  void Clog(const chaos::Injection& injection, const chaos::Link& link);
  void EndConnections(const chaos::Injection& injection, const chaos::Link& link);
  void Shape(const chaos::Injection& injection, bool begin);
  void ApplyShapes(const LinkKey& link);
  // Picks the one connection of an injection on a link.
  uint64_t DrawOf(const chaos::Injection& injection, const chaos::Link& link) const;
  sim::HostId IdOf(const std::string& name) { return cluster_.HostOf(name).id(); }

  sim::World& world_;
  Cluster& cluster_;
  const chaos::Experiment& experiment_;
  const Tunables& tunables_;
  std::map<LinkKey, int> cuts_;
  std::map<LinkKey, std::vector<Shaped>> shapes_;
  std::map<LinkKey, uint64_t> rates_;  // limits that are in force
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_LINK_FAULTS_H_
