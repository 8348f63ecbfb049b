#include "sim/cluster/cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace konsul::cluster {
namespace {

workloads::Spec MakeSpec(const chaos::Workload& workload, const chaos::Experiment& experiment,
                         const Tunables& tunables) {
  workloads::Spec spec;
  spec.prefix = workload.name;
  spec.keys = workload.keys;
  spec.interval = workload.interval * std::max<int64_t>(1, experiment.datacenter.clients);
  spec.value_size_min = workload.value_size.low;
  spec.value_size_max = workload.value_size.high;
  spec.read = workload.read;
  spec.write = workload.write;
  spec.cas = workload.cas;
  spec.remove = workload.remove;
  spec.reads = static_cast<workloads::Reads>(workload.reads);
  spec.timeout = tunables.client_timeout;
  spec.scripted = workload.steps.has_value();
  return spec;
}

}  // namespace

Cluster::Cluster(sim::World& world, const chaos::Experiment& experiment, const Tunables& tunables,
                 const std::string& scratch, Oracles& oracles, workloads::Shared& shared)
    : experiment_(experiment), shared_(shared) {
  const uint32_t servers = experiment.datacenter.servers + experiment.datacenter.spares;
  for (uint32_t i = 0; i < servers; ++i) {
    const std::string name = absl::StrCat("n", i + 1);
    servers_.push_back(std::make_unique<ServerHost>(world, name, absl::StrCat("10.0.0.", i + 1),
                                                    tunables, i, absl::StrCat(scratch, "/", name),
                                                    oracles));
  }
  for (uint32_t i = 0; i < experiment.datacenter.clients; ++i) {
    clients_.push_back(
        &world.AddHost(absl::StrCat("10.0.1.", i + 1), {.name = absl::StrCat("c", i + 1)}));
  }
  auditor_ = &world.AddHost("10.0.2.1", {.name = "auditor"});
  operator_ = &world.AddHost("10.0.2.2", {.name = "operator"});
  for (const chaos::Workload& workload : experiment.workloads) {
    if (workload.watchers > 0 && watchers_ == nullptr) {
      watchers_ = &world.AddHost("10.0.2.3", {.name = "watchers"});
    }
    if (workload.streamers > 0 && streamers_ == nullptr) {
      streamers_ = &world.AddHost("10.0.2.5", {.name = "streamers"});
      stream_tunables_ = DrawStreamTunables(world.Fork("streams"));
      for (auto& server : servers_) server->KeepHistory(stream_tunables_);
    }
    if (workload.restores && restorer_ == nullptr) {
      restorer_ = &world.AddHost("10.0.2.6", {.name = "restorer"});
    }
    if (workload.lockers > 0 && lockers_ == nullptr) {
      lockers_ = &world.AddHost("10.0.2.4", {.name = "lockers"});
    }
    specs_.push_back(MakeSpec(workload, experiment, tunables));
  }
  const size_t clients = clients_.size() * specs_.size();
  shared.last_acked_write.assign(clients, Duration(-1));
  shared.done.resize(clients);
  shared.script.resize(clients);
  shared.next_step.assign(clients, 0);
  for (size_t w = 0; w < specs_.size(); ++w) {
    if (!specs_[w].scripted) continue;
    for (chaos::Step step : *experiment.workloads[w].steps) {
      step.server = ServerOf(step.server)->http().host;
      shared.script[ClientNumbers(step.client - 1)[w]].push_back(std::move(step));
    }
  }
}

Cluster::~Cluster() {
  for (auto& server : servers_) server->Stop(false);
  for (sim::Host* client : clients_) client->Kill();
  auditor_->Kill();
  operator_->Kill();
  if (watchers_ != nullptr) watchers_->Kill();
  if (streamers_ != nullptr) streamers_->Kill();
  if (restorer_ != nullptr) restorer_->Kill();
  if (lockers_ != nullptr) lockers_->Kill();
}

void Cluster::StartServers() {
  const uint32_t first = experiment_.datacenter.servers;
  std::vector<env::Endpoint> peers;
  for (uint32_t i = 0; i < first; ++i) peers.push_back(servers_[i]->rpc());
  for (uint32_t i = 0; i < first; ++i) servers_[i]->Deploy(peers, first);
  ListServers();
}

void Cluster::Deploy(ServerHost& server) {
  if (server.deployed()) return;
  std::vector<env::Endpoint> peers;
  for (const auto& each : servers_) {
    if (each->deployed()) peers.push_back(each->rpc());
  }
  server.Deploy(peers, 0);
  ListServers();
}

void Cluster::Retire(ServerHost& server) {
  server.Retire();
  ListServers();
}

void Cluster::ListServers() {
  shared_.servers.clear();
  for (const auto& server : servers_) {
    if (server->deployed()) shared_.servers.push_back(server->http());
  }
}

void Cluster::StartClients() {
  for (size_t i = 0; i < clients_.size(); ++i) StartClient(i);
}

std::vector<uint32_t> Cluster::ClientNumbers(size_t client) const {
  std::vector<uint32_t> numbers;
  for (size_t w = 0; w < specs_.size(); ++w) {
    numbers.push_back(static_cast<uint32_t>(client * specs_.size() + w));
  }
  return numbers;
}

void Cluster::StartClient(size_t client) {
  if (clients_[client]->running() || shared_.stop) return;
  const std::vector<uint32_t> numbers = ClientNumbers(client);
  clients_[client]->Start([this, numbers](env::Env env) {
    fiber::Group group(env.scheduler);
    for (size_t w = 0; w < specs_.size(); ++w) {
      group.Spawn("client", [this, env, number = numbers[w], w] {
        workloads::RunClient(env, specs_[w], number, shared_);
      });
    }
    group.Join();
  });
}

bool Cluster::AllClientsEnded() const {
  return std::none_of(clients_.begin(), clients_.end(),
                      [](const sim::Host* host) { return host->running(); });
}

chaos::Inventory Cluster::Inventory() const {
  chaos::Inventory inventory;
  const chaos::Datacenter& dc = experiment_.datacenter;
  // Until something is committed, whoever begins the cluster may be the only one that knows of it.
  const bool begun = std::any_of(servers_.begin(), servers_.end(), [](const auto& server) {
    return server->observer().applied() > Index(0);
  });
  uint32_t number = 0;
  for (const auto& server : servers_) {
    ++number;
    if (!server->deployed()) continue;
    chaos::Node node{server->name(), dc.LabelsOf("server", server->name(), number),
                     server->host().running()};
    node.serving = server->serving();
    if (node.running) node.labels["raft"] = server->observer().leads() ? "leader" : "follower";
    node.running = node.running && !server->fragile();
    node.only_copy = !begun;
    inventory.push_back(std::move(node));
  }
  number = 0;
  for (const sim::Host* client : clients_) {
    inventory.push_back(
        {client->name(), dc.LabelsOf("client", client->name(), ++number), client->running()});
  }
  return inventory;
}

ServerHost* Cluster::ServerOf(const std::string& name) {
  for (auto& server : servers_) {
    if (server->name() == name) return server.get();
  }
  return nullptr;
}

size_t Cluster::ClientOf(const std::string& name) const {
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i]->name() == name) return i;
  }
  KONSUL_CHECK(false, "there is no client host ", name);
}

const std::string& Cluster::NameOf(const std::string& address) const {
  for (const auto& server : servers_) {
    if (server->http().host == address) return server->name();
  }
  KONSUL_CHECK(false, "there is no server at ", address);
}

sim::Host& Cluster::HostOf(const std::string& name) {
  ServerHost* server = ServerOf(name);
  return server != nullptr ? server->host() : *clients_[ClientOf(name)];
}

}  // namespace konsul::cluster
