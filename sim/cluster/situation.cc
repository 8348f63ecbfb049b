#include "sim/cluster/situation.h"

#include <algorithm>
#include <vector>

#include "core/base/hash.h"
#include "core/raft/raft.h"

namespace konsul::cluster {
namespace {

// None, one, few, many.
uint64_t Distance(uint64_t from, uint64_t to) {
  const uint64_t distance = to > from ? to - from : 0;
  return distance < 2 ? distance : distance < 8 ? 2 : 3;
}

}  // namespace

uint64_t SituationOf(const Cluster& cluster) {
  std::vector<const raft::Raft*> running;
  raft::Status furthest;  // of each the highest
  uint64_t down = 0;
  for (const auto& server : cluster.servers()) {
    const raft::Raft* raft = server->host().running() ? server->observer().raft() : nullptr;
    if (raft == nullptr) {
      if (server->deployed()) ++down;
      continue;
    }
    running.push_back(raft);
    const raft::Status status = raft->status();
    furthest.term = std::max(furthest.term, status.term);
    furthest.last_index = std::max(furthest.last_index, status.last_index);
    furthest.commit = std::max(furthest.commit, status.commit);
  }
  std::vector<uint64_t> servers;
  for (const raft::Raft* raft : running) {
    const raft::Status status = raft->status();
    uint64_t one = static_cast<uint64_t>(status.role);
    const auto add = [&one](uint64_t value) { one = one << 2 | value; };
    add(Distance(status.term.value, furthest.term.value));
    add(Distance(status.last_index.value, furthest.last_index.value));
    add(Distance(status.commit.value, furthest.commit.value));
    add(Distance(status.commit.value, status.last_index.value));
    add(Distance(status.durable_index.value, status.last_index.value));
    add(status.last_term == status.term ? 0 : 1);
    add(raft->configuration().joint() ? 1 : raft->configuration().learners.empty() ? 0 : 2);
    add(status.vote == NodeId(0) ? 0 : status.vote == status.id ? 1 : 2);
    servers.push_back(one);
  }
  std::sort(servers.begin(), servers.end());
  uint64_t situation = down;
  for (const uint64_t one : servers) situation = Mix64(situation ^ one) + one;
  return situation;
}

}  // namespace konsul::cluster
