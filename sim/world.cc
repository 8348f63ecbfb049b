#include "sim/world.h"

#include <utility>

#include "core/base/check.h"
#include "sim/fabric.h"

namespace konsul::sim {

World::World(uint64_t seed, const WorldOptions& options)
    : engine_(seed), network_(engine_, options.network) {
  after_run_ = [this](HostId id) {
    if (after_step_) after_step_(id);
  };
}

World::~World() {
  after_step_ = nullptr;
  for (auto& host : hosts_) host->Kill();
}

Host& World::AddHost(std::string ip, HostOptions options) {
  for (const auto& host : hosts_) KONSUL_CHECK(host->ip() != ip, "two hosts at ", ip);
  const HostId id(hosts_.size() + 1);
  network_.fabric().AddMachine(id, ip);
  hosts_.push_back(
      std::make_unique<Host>(engine_, network_, id, std::move(ip), std::move(options)));
  hosts_.back()->SetAfterRun(&after_run_);
  return *hosts_.back();
}

Host& World::host(HostId id) {
  KONSUL_CHECK(id.value >= 1 && id.value <= hosts_.size(), "no host ", id.value);
  return *hosts_[id.value - 1];
}

std::vector<HostId> World::host_ids() const {
  std::vector<HostId> ids;
  for (const auto& host : hosts_) ids.push_back(host->id());
  return ids;
}

bool World::RunUntilTrue(absl::FunctionRef<bool()> holds, Duration limit) {
  const Time until = now() + limit;
  while (!holds()) {
    if (engine_.next() > until) {
      engine_.RunUntil(until);
      return false;
    }
    engine_.Step();
  }
  return true;
}

void World::Note(HostId host, uint64_t payload, absl::string_view detail) {
  engine_.trace().Add(now(), host, EventKind::kNote, payload, 0, [&] { return detail; });
}

}  // namespace konsul::sim
