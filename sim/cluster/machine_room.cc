#include "sim/cluster/machine_room.h"

#include <utility>

#include "core/base/check.h"

namespace konsul::cluster {

std::vector<workloads::Machine> ClusterRoom::Machines() const {
  using State = workloads::Machine::State;
  std::vector<workloads::Machine> machines;
  for (const auto& server : cluster_.servers()) {
    machines.push_back({server->name(), server->http(), server->rpc(),
                        !server->deployed() ? State::kSpare
                        : server->broken()  ? State::kBroken
                                            : State::kDeployed,
                        server->observer().id()});
  }
  return machines;
}

void ClusterRoom::Later(const std::string& machine, const std::string& text,
                        std::function<void(ServerHost&)> work) {
  Note(machine, text);
  ServerHost* server = cluster_.ServerOf(machine);
  KONSUL_CHECK(server != nullptr, "there is no machine ", machine);
  world_.At(world_.now(), [server, work = std::move(work)] { work(*server); });
}

void ClusterRoom::Deploy(const std::string& machine) {
  Later(machine, "deploy", [this](ServerHost& server) { cluster_.Deploy(server); });
}

void ClusterRoom::Retire(const std::string& machine) {
  Later(machine, "wipe", [this](ServerHost& server) { cluster_.Retire(server); });
}

void ClusterRoom::RestoreBackup(const std::string& machine) {
  Later(machine, "restore the first backup",
        [](ServerHost& server) { (void)server.RestoreBackup(); });
}

void ClusterRoom::Note(const std::string& machine, const std::string& text) {
  record_(machine, text);
}

}  // namespace konsul::cluster
