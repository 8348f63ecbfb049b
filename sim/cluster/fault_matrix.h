// Which faults met which servers in which situation: fault kind against role and phase. A cell that
// stays empty over a whole search is a situation that nobody tried.
//
// Owned by a run, which tells it of each injection before this takes effect. Looks at the servers
// through their observers; changes nothing.
#ifndef KONSUL_SIM_CLUSTER_FAULT_MATRIX_H_
#define KONSUL_SIM_CLUSTER_FAULT_MATRIX_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/injection.h"
#include "sim/cluster/cluster.h"

namespace konsul::cluster {

// What the cluster is about. Several at once, or, with nothing of all this, quiet.
enum class Phase { kElection, kReplication, kSnapshot, kMembership, kQuiet };

class FaultMatrix {
 public:
  // Every role and every phase there is, by name.
  static const std::vector<std::string>& Roles();
  static const std::vector<std::string>& Phases();
  // Whether that may be at all: a candidate stands only in elections.
  static bool Possible(const std::string& role, const std::string& phase);

  // Before `injection` is applied. Counts each server that it targets, once per phase.
  void Note(const chaos::Injection& injection, const Cluster& cluster);

  // "kind/role/phase" and how often.
  const std::map<std::string, uint64_t>& cells() const { return cells_; }

 private:
  std::map<std::string, uint64_t> cells_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_FAULT_MATRIX_H_
