#include "core/raft/safety_support.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace konsul::raft::testing {

std::string Safety::Observe(Cluster& cluster) {
  for (auto& [id, server] : cluster.servers()) {
    if (!server.up()) {
      commit_seen_.erase(id);
      state_seen_.erase(id);
      continue;
    }
    // Commit before leaders: completeness is about what was committed in earlier terms.
    for (std::string broken : {ObserveReads(server), ObserveCommit(server), ObserveState(server),
                               ObserveLeader(server)}) {
      if (!broken.empty()) return absl::StrCat("server ", id.value, ": ", broken);
    }
  }
  for (auto& [id, server] : cluster.servers()) {
    if (!server.up()) continue;
    const std::string broken = ObserveLease(cluster, server);
    if (!broken.empty()) return absl::StrCat("server ", id.value, ": ", broken);
  }
  return "";
}

std::string Safety::ObserveLeader(Server& server) {
  const Status status = server.raft->status();
  if (status.role != Role::kLeader) return "";
  auto [known, is_new] = leaders_.emplace(status.term, server.id);
  if (known->second != server.id) {
    return absl::StrCat("election safety: term ", status.term.value, " has a second leader, after ",
                        known->second.value);
  }
  if (!is_new) return "";
  // "If a log entry is committed in a given term, then that entry will be present in the logs of
  // the leaders for all higher-numbered terms": it may be of an older term itself.
  for (const Entry& entry : committed_) {
    if (committed_in_[entry.index.value - 1] >= status.term) continue;
    if (entry.index <= status.log_base) continue;
    const Entry* own = server.raft->EntryAt(entry.index);
    if (own == nullptr || !(*own == entry)) {
      return absl::StrCat("leader completeness: the leader of term ", status.term.value, " lacks ",
                          Describe(entry));
    }
  }
  return "";
}

std::string Safety::ObserveCommit(Server& server) {
  Index& seen = commit_seen_[server.id];
  const Status status = server.raft->status();
  // What a snapshot covers is looked at in the state machine.
  seen = std::max(seen, status.log_base);
  for (; seen < status.commit; ++seen) {
    const Entry* entry = server.raft->EntryAt(seen + 1);
    if (entry == nullptr) return "commit beyond the log";
    if (seen.value == committed_.size()) {
      committed_.push_back(*entry);
      committed_in_.push_back(status.term);
    }
    std::string broken = CompareWithCommitted(*entry);
    if (!broken.empty()) return broken;
  }
  return "";
}

std::string Safety::ObserveState(Server& server) {
  size_t& seen = state_seen_[server.id];
  for (; seen < server.state.size(); ++seen) {
    const Entry& entry = server.state[seen];
    if (entry.index.value != seen + 1) return "the state machine has a gap";
    std::string broken = CompareWithCommitted(entry);
    if (!broken.empty()) return broken;
  }
  return "";
}

std::string Safety::CompareWithCommitted(const Entry& entry) {
  if (entry.index.value > committed_.size()) {
    return absl::StrCat("state machine safety: has ", Describe(entry), ", which nobody committed");
  }
  const Entry& committed = committed_[entry.index.value - 1];
  if (committed == entry) return "";
  return absl::StrCat("state machine safety: commits ", Describe(entry), " where ",
                      Describe(committed), " was committed");
}

std::string Safety::ObserveReads(Server& server) {
  for (ReadState read : std::exchange(server.reads, {})) {
    auto asked = reads_.find(read.context);
    if (asked == reads_.end()) return "a read was answered twice, or never asked for";
    if (read.index.value < asked->second) {
      return absl::StrCat("stale read at ", read.index.value, ", but ", asked->second,
                          " was committed when it was asked for");
    }
    reads_.erase(asked);
    ++reads_served_;
  }
  for (uint64_t failed : std::exchange(server.failed_reads, {})) {
    if (reads_.erase(failed) == 0) return "a read failed twice, or was never asked for";
  }
  return "";
}

std::string Safety::ObserveLease(Cluster& cluster, Server& server) {
  const auto index = server.raft->LeaseRead({server.clock.Local(cluster.now), 0});
  if (!index.ok()) return "";
  if (index->value < committed_.size()) {
    return absl::StrCat("stale lease read at ", index->value, ", but ", committed_.size(),
                        " is committed");
  }
  ++lease_reads_served_;
  return "";
}

std::string Safety::CheckLogMatching(Cluster& cluster) {
  for (auto& [id_a, a] : cluster.servers()) {
    if (!a.up()) continue;
    a.raft->CheckInvariantsSlow();
    for (auto& [id_b, b] : cluster.servers()) {
      if (!b.up() || id_b <= id_a) continue;
      const Index base = std::max(a.raft->status().log_base, b.raft->status().log_base);
      Index i = std::min(a.raft->status().last_index, b.raft->status().last_index);
      while (i > base && a.raft->EntryAt(i)->term != b.raft->EntryAt(i)->term) i = i - 1;
      for (; i > base; i = i - 1) {
        if (!(*a.raft->EntryAt(i) == *b.raft->EntryAt(i))) {
          return absl::StrCat("log matching: servers ", id_a.value, " and ", id_b.value,
                              " differ at ", i.value, ", below an equal entry");
        }
      }
    }
  }
  return "";
}

}  // namespace konsul::raft::testing
