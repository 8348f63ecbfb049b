// N complete servers and M client hosts in one simulated world. What runs on a server is
// node::Run, the same that cmd/konsul runs; nothing is left out or replaced.
//
// Owned by the runner; must go before the World (it kills the processes, which refer to it).
#ifndef KONSUL_SIM_CLUSTER_CLUSTER_H_
#define KONSUL_SIM_CLUSTER_CLUSTER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "chaos/experiment.h"
#include "chaos/inventory.h"
#include "cmd/node/node.h"
#include "sim/cluster/oracles.h"
#include "sim/cluster/tunables.h"
#include "sim/host.h"
#include "sim/workloads/client.h"
#include "sim/world.h"

namespace konsul::cluster {

// One machine with a server on it.
class ServerHost {
 public:
  ServerHost(sim::World& world, std::string name, std::string ip, const Tunables& tunables,
             size_t number, std::string tables_path, Oracles& oracles);

  void SetPeers(const std::vector<env::Endpoint>& rpc, uint32_t expect);

  // Not from fibers. Start does nothing when it runs already, Stop when it does not.
  void Start();
  void Stop(bool power_loss);

  const std::string& name() const { return name_; }
  sim::Host& host() { return host_; }
  const sim::Host& host() const { return host_; }
  const NodeObserver& observer() const { return observer_; }
  env::Endpoint http() const { return options_.http_address; }
  env::Endpoint rpc() const { return options_.server_address; }
  bool serving() const { return host_.running() && serving_; }

  // Disk faults begin (+1) and end (-1). From the first one on, until a start without any, the
  // server may give up by itself.
  void DiskFaults(int change);
  bool excused() const { return excused_; }
  // Set when the server gave up by itself; taken by the runner.
  std::optional<absl::Status> TakeExit();

 private:
  const std::string name_;
  sim::Host& host_;
  NodeObserver observer_;
  node::Options options_;
  bool serving_ = false;
  int disk_faults_ = 0;
  bool excused_ = false;
  std::optional<absl::Status> exit_;
};

class Cluster {
 public:
  // The table stores go below `scratch`, a directory on a memory file system of the caller's.
  // Everything referred to must outlive the cluster.
  Cluster(sim::World& world, const chaos::Experiment& experiment, const Tunables& tunables,
          const std::string& scratch, Oracles& oracles, workloads::Shared& shared);
  ~Cluster();

  void StartServers();
  // One process per client host, with one fiber per workload.
  void StartClients();
  void StartClient(size_t client);
  // Whoever stopped when shared.stop was set.
  bool AllClientsEnded() const;

  // Everything there is, with live labels, servers first.
  chaos::Inventory Inventory() const;
  std::vector<std::unique_ptr<ServerHost>>& servers() { return servers_; }
  const std::vector<std::unique_ptr<ServerHost>>& servers() const { return servers_; }
  // A further host, where the final reads are made.
  sim::Host& auditor() { return *auditor_; }
  size_t client_hosts() const { return clients_.size(); }
  // Positions in shared.last_acked_write that belong to a client host.
  std::vector<uint32_t> ClientNumbers(size_t client) const;
  // The host of a name in the inventory, and the server on it, or null.
  sim::Host& HostOf(const std::string& name);
  ServerHost* ServerOf(const std::string& name);
  size_t ClientOf(const std::string& name) const;

 private:
  const chaos::Experiment& experiment_;
  workloads::Shared& shared_;
  std::vector<std::unique_ptr<ServerHost>> servers_;
  std::vector<sim::Host*> clients_;
  sim::Host* auditor_ = nullptr;
  std::vector<workloads::Spec> specs_;  // by workload
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_CLUSTER_H_
