#include "sim/checkers/monotonicity.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

void Monotonicity::Back(NodeId node, absl::string_view what, uint64_t from, uint64_t to) {
  findings_.Report("monotonicity", absl::StrCat(ToHex(node.value), "'s ", what, " goes back from ",
                                                from, " to ", to));
}

void Monotonicity::OnStart(const raft::Status& status) {
  Server& server = servers_[status.id];
  if (status.term < server.durable) {
    Back(status.id, "term, over a restart,", server.durable.value, status.term.value);
  }
  if (status.last_index < server.applied) {
    Back(status.id, "log, over a restart, behind what was applied:", server.applied.value,
         status.last_index.value);
  }
  server = {.durable = std::max(server.durable, status.term),
            .applied = server.applied,
            .term = status.term,
            .commit = status.commit};
}

void Monotonicity::OnStatus(const raft::Status& status,
                            const std::vector<raft::FollowerStatus>& followers) {
  Server& server = servers_[status.id];
  if (status.term < server.term) Back(status.id, "term", server.term.value, status.term.value);
  if (status.commit < server.commit) {
    Back(status.id, "commit index", server.commit.value, status.commit.value);
  }
  if (status.last_index < status.commit) {
    Back(status.id, "log, behind what is committed,", status.commit.value, status.last_index.value);
  }
  if (status.durable_index < status.applied) {
    Back(status.id, "durable log, behind what is applied,", status.applied.value,
         status.durable_index.value);
  }
  server.term = status.term;
  server.commit = status.commit;
  if (status.role != raft::Role::kLeader) return;
  std::map<NodeId, Index> match;
  for (const raft::FollowerStatus& follower : followers) {
    match.emplace(follower.id, follower.match);
    if (follower.next <= follower.match) {
      Back(status.id, absl::StrCat("next entry for ", ToHex(follower.id.value)),
           follower.match.value + 1, follower.next.value);
    }
    const auto before = server.match.find(follower.id);
    if (server.led != status.term || before == server.match.end()) continue;
    if (follower.match >= before->second) continue;
    Back(status.id, absl::StrCat("match of ", ToHex(follower.id.value)), before->second.value,
         follower.match.value);
  }
  server.led = status.term;
  server.match = std::move(match);
}

void Monotonicity::OnDurable(NodeId node, const raft::HardState& state) {
  Server& server = servers_[node];
  server.durable = std::max(server.durable, state.term);
}

void Monotonicity::OnApplied(NodeId node, Index index) {
  Server& server = servers_[node];
  if (index < server.applied_here) {
    Back(node, "applied index", server.applied_here.value, index.value);
  }
  server.applied_here = index;
  server.applied = std::max(server.applied, index);
}

}  // namespace konsul::checkers
