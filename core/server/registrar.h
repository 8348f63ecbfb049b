// Keeps the servers themselves in the catalog: the leader registers each as a node, with a check
// that says whether it can be reached, and removes those that left the cluster. Sessions depend on
// that check unless their creators say otherwise.
#ifndef KONSUL_CORE_SERVER_REGISTRAR_H_
#define KONSUL_CORE_SERVER_REGISTRAR_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/env/clock.h"
#include "core/fiber/scheduler.h"
#include "core/server/consensus.h"
#include "core/server/operator.h"
#include "core/state/table_store.h"

namespace konsul::server {

// Owned by the composition root, with one fiber in Run.
class Registrar {
 public:
  // How often the leader looks.
  static constexpr Duration kInterval = std::chrono::milliseconds(200);
  // A server that was not heard for so long is not alive...
  static constexpr Duration kSilenceMax = std::chrono::seconds(10);
  // ... but only when the leader has looked as often in that time: one that was stopped itself for
  // a while hears of the others soon, and must not end sessions before.
  static constexpr int kSilentLooksMax = kSilenceMax / kInterval;

  struct World {
    const env::Clock& clock;
    fiber::Scheduler& scheduler;
    Logger& logger;
  };
  // All outlive it. `version` is that of the program, which it tells of all servers.
  Registrar(const World& world, Consensus& consensus, Operator& cluster, state::TableStore& store,
            std::string datacenter, std::string version)
      : world_(world),
        consensus_(consensus),
        cluster_(cluster),
        store_(store),
        datacenter_(std::move(datacenter)),
        version_(std::move(version)) {}

  // Until the calling fiber is cancelled.
  void Run();

 private:
  // The next command that brings the catalog closer to what is; nothing when it is right.
  std::optional<std::string> NextCommand(const Membership& members) const;
  absl::Status Keep();
  // Once in each interval.
  void Look(const Membership& members);
  bool IsAlive(const Peer& peer) const;

  const World world_;
  Consensus& consensus_;
  Operator& cluster_;
  state::TableStore& store_;
  const std::string datacenter_, version_;
  std::map<NodeId, int> silent_looks_;  // one after the other, while this server leads
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_REGISTRAR_H_
