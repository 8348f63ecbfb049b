// The first half of the liveness phase: a majority alone.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/raft/configuration.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {
namespace {

// For requests of the operator to come to an end, on his side and on the servers'.
constexpr Duration kOperatorLimit = 10s;

}  // namespace

// The others stay down meanwhile: a cluster that needs all of its servers to find a leader again is
// not one that survives the loss of some.
bool Run::HealCore() {
  if (cluster_.operator_host().running()) {
    operator_state_.pause = true;
    world_.RunUntilTrue([this] { return failed() || !operator_state_.busy; }, kOperatorLimit);
    // What he asked for last may still be under way on the servers.
    world_.RunFor(kOperatorLimit);
    if (failed() || operator_state_.busy) return false;
  }
  healed_at_ = Elapsed();
  shared_.hurry_since = healed_at_;
  // Whoever may know of a later configuration than everybody might be needed.
  const raft::Configuration& members = oracles_.configurations.committed();
  const Index known = oracles_.configurations.committed_index();
  for (const auto& server : cluster_.servers()) {
    if (server->observer().configuration_index() > known) return false;
  }
  if (members.empty() || members.joint()) return false;
  env::Random random = world_.Fork("core");
  std::vector<NodeId> core;
  for (const raft::Member& voter : members.voters) {
    core.push_back(voter.id);
    // One whose disk was wiped is a voter that never comes back: all others may be needed.
    const bool lives =
        std::any_of(cluster_.servers().begin(), cluster_.servers().end(),
                    [&](const auto& server) { return server->observer().id() == voter.id; });
    if (!lives) return false;
  }
  while (core.size() * 2 > members.voters.size() + 2) {
    core.erase(core.begin() + static_cast<ptrdiff_t>(random.Below(core.size())));
  }
  for (const auto& server : cluster_.servers()) {
    const NodeId id = server->observer().id();
    const bool needed = id != NodeId(0) && std::find(core.begin(), core.end(), id) != core.end();
    if (needed && server->broken()) return false;
    if (needed || !server->deployed()) continue;
    world_.Note(sim::HostId(0), 0, absl::StrCat(server->name(), " is not of the core"));
    server->Stop(false);
  }
  ++probes_["healed-a-core"];
  core_only_ = true;
  RecordPhase("a majority is healed");
  const bool works = AwaitWorking(absl::StrCat("after ", ToSeconds(experiment_.liveness.within),
                                               " s with a healed majority only "));
  core_only_ = false;
  for (const auto& server : cluster_.servers()) server->Start();
  return works;
}

}  // namespace konsul::cluster
