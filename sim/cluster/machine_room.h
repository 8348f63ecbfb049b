// The operator's hands: what he asks for from his fiber is done by the world right afterwards,
// since processes are not started and stopped from within others.
//
// Owned by the runner; must not outlive the cluster.
#ifndef KONSUL_SIM_CLUSTER_MACHINE_ROOM_H_
#define KONSUL_SIM_CLUSTER_MACHINE_ROOM_H_

#include <functional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/workloads/operator.h"
#include "sim/world.h"

namespace konsul::cluster {

class ClusterRoom : public workloads::MachineRoom {
 public:
  using Record = std::function<void(const std::string& machine, const std::string& text)>;

  ClusterRoom(sim::World& world, Cluster& cluster, Record record)
      : world_(world), cluster_(cluster), record_(std::move(record)) {}

  std::vector<workloads::Machine> Machines() const override;
  void Deploy(const std::string& machine) override;
  void Retire(const std::string& machine) override;
  void RestoreBackup(const std::string& machine) override;
  void Note(const std::string& machine, const std::string& text) override;

 private:
  void Later(const std::string& machine, const std::string& text,
             std::function<void(ServerHost&)> work);

  sim::World& world_;
  Cluster& cluster_;
  const Record record_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_MACHINE_ROOM_H_
