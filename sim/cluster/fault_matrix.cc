#include "sim/cluster/fault_matrix.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/raft/raft.h"

namespace konsul::cluster {
namespace {

const raft::Raft* Consensus(const ServerHost& server) {
  return server.host().running() ? server.observer().raft() : nullptr;
}

// Of several who think that they lead, the one of the highest term does.
const raft::Raft* LeaderOf(const Cluster& cluster) {
  const raft::Raft* leader = nullptr;
  for (const auto& server : cluster.servers()) {
    const raft::Raft* raft = Consensus(*server);
    if (raft == nullptr || raft->status().role != raft::Role::kLeader) continue;
    if (leader == nullptr || raft->status().term > leader->status().term) leader = raft;
  }
  return leader;
}

bool AnybodyStands(const Cluster& cluster) {
  return std::any_of(cluster.servers().begin(), cluster.servers().end(), [](const auto& server) {
    const raft::Raft* raft = Consensus(*server);
    return raft != nullptr && (raft->status().role == raft::Role::kCandidate ||
                               raft->status().role == raft::Role::kPreCandidate);
  });
}

std::vector<Phase> PhasesOf(const Cluster& cluster) {
  std::vector<Phase> phases;
  const raft::Raft* leader = LeaderOf(cluster);
  if (leader == nullptr || AnybodyStands(cluster)) phases.push_back(Phase::kElection);
  if (leader != nullptr) {
    const raft::Status status = leader->status();
    const std::vector<raft::FollowerStatus> followers = leader->followers();
    if (status.commit < status.last_index) phases.push_back(Phase::kReplication);
    if (std::any_of(followers.begin(), followers.end(),
                    [](const raft::FollowerStatus& each) { return each.snapshot; })) {
      phases.push_back(Phase::kSnapshot);
    }
    if (leader->configuration().joint() || !leader->configuration().learners.empty() ||
        status.configuration_index > status.commit) {
      phases.push_back(Phase::kMembership);
    }
  }
  if (phases.empty()) phases.push_back(Phase::kQuiet);
  return phases;
}

// By position in Roles().
size_t RoleOf(const ServerHost& server) {
  const raft::Raft* raft = Consensus(server);
  if (raft == nullptr) return 4;
  const raft::Status status = raft->status();
  if (status.role == raft::Role::kLeader) return 0;
  if (status.role != raft::Role::kFollower) return 2;
  return raft->configuration().IsLearner(status.id) ? 3 : 1;
}

}  // namespace

const std::vector<std::string>& FaultMatrix::Roles() {
  static const auto* const all =
      new std::vector<std::string>{"leader", "follower", "candidate", "learner", "down"};
  return *all;
}

const std::vector<std::string>& FaultMatrix::Phases() {
  static const auto* const all =
      new std::vector<std::string>{"election", "replication", "snapshot", "membership", "quiet"};
  return *all;
}

bool FaultMatrix::Possible(const std::string& role, const std::string& phase) {
  if (role == "candidate") return phase != "quiet";
  if (role == "learner") return phase != "quiet";
  return true;
}

void FaultMatrix::Note(const chaos::Injection& injection, const Cluster& cluster) {
  using Kind = chaos::Injection::Kind;
  const Kind kind = injection.kind;
  if (kind == Kind::kSkipped || kind == Kind::kEnd || kind == Kind::kOperator) return;
  std::vector<std::string> hurt = injection.targets;
  for (const chaos::Link& link : injection.links) {
    hurt.push_back(link.from);
    hurt.push_back(link.to);
  }
  std::sort(hurt.begin(), hurt.end());
  hurt.erase(std::unique(hurt.begin(), hurt.end()), hurt.end());
  const std::vector<Phase> phases = PhasesOf(cluster);
  for (const auto& server : cluster.servers()) {
    if (!server->deployed() || !std::binary_search(hurt.begin(), hurt.end(), server->name())) {
      continue;
    }
    const std::string& role = Roles()[RoleOf(*server)];
    for (const Phase phase : phases) {
      ++cells_[absl::StrCat(chaos::KindName(kind), "/", role, "/",
                            Phases()[static_cast<size_t>(phase)])];
    }
  }
}

}  // namespace konsul::cluster
