// N complete servers, machines for further ones, and M client hosts in one simulated world.
//
// Owned by the runner; must go before the World (it kills the processes, which refer to it).
#ifndef KONSUL_SIM_CLUSTER_CLUSTER_H_
#define KONSUL_SIM_CLUSTER_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "chaos/inventory.h"
#include "sim/cluster/oracles.h"
#include "sim/cluster/server_host.h"
#include "sim/cluster/tunables.h"
#include "sim/host.h"
#include "sim/workloads/client.h"
#include "sim/world.h"

namespace konsul::cluster {

class Cluster {
 public:
  // The table stores go below `scratch`, a directory on a memory file system of the caller's.
  // Everything referred to must outlive the cluster.
  Cluster(sim::World& world, const chaos::Experiment& experiment, const Tunables& tunables,
          const std::string& scratch, Oracles& oracles, workloads::Shared& shared);
  ~Cluster();

  void StartServers();
  // A machine of the operator's gets a server, or loses it. Not from fibers.
  void Deploy(ServerHost& server);
  void Retire(ServerHost& server);
  // The disk of a server is taken away; what Reinstall puts there is a new server that asks the
  // others for membership, unless somebody was quicker. Not from fibers.
  void Wipe(ServerHost& server) { Retire(server); }
  void Reinstall(ServerHost& server) { Deploy(server); }
  // One process per client host, with one fiber per workload.
  void StartClients();
  void StartClient(size_t client);
  // Whoever stopped when shared.stop was set.
  bool AllClientsEnded() const;

  // Everything that has a server or a client on it, with live labels, servers first.
  chaos::Inventory Inventory() const;
  std::vector<std::unique_ptr<ServerHost>>& servers() { return servers_; }
  const std::vector<std::unique_ptr<ServerHost>>& servers() const { return servers_; }
  // Further hosts: where the final reads are made, and where the operator sits.
  sim::Host& auditor() { return *auditor_; }
  sim::Host& operator_host() { return *operator_; }
  // Where clients watch; null when none do.
  sim::Host* watchers() { return watchers_; }
  // Where a client saves and restores; null when none does.
  sim::Host* restorer() { return restorer_; }
  // Where clients follow change streams; null when none do. And what the servers keep for them.
  sim::Host* streamers() { return streamers_; }
  const StreamTunables& stream_tunables() const { return stream_tunables_; }
  // Where clients of locks and transactions are; null when there are none.
  sim::Host* lockers() { return lockers_; }
  size_t client_hosts() const { return clients_.size(); }
  // Positions in shared.last_acked_write that belong to a client host.
  std::vector<uint32_t> ClientNumbers(size_t client) const;
  // The host of a name in the inventory, and the server on it, or null.
  sim::Host& HostOf(const std::string& name);
  ServerHost* ServerOf(const std::string& name);
  size_t ClientOf(const std::string& name) const;
  // Of the server at an address.
  const std::string& NameOf(const std::string& address) const;

 private:
  // Tells the clients where servers are.
  void ListServers();

  const chaos::Experiment& experiment_;
  workloads::Shared& shared_;
  std::vector<std::unique_ptr<ServerHost>> servers_;
  std::vector<sim::Host*> clients_;
  sim::Host* auditor_ = nullptr;
  sim::Host* operator_ = nullptr;
  sim::Host* watchers_ = nullptr;
  sim::Host* streamers_ = nullptr;
  sim::Host* restorer_ = nullptr;
  StreamTunables stream_tunables_;
  sim::Host* lockers_ = nullptr;
  std::vector<workloads::Spec> specs_;  // by workload
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_CLUSTER_H_
