#include "sim/cluster/oracles.h"

namespace konsul::cluster {

size_t Oracles::TakeNewLeaders() {
  const size_t now = elections.terms_with_leader();
  const size_t fresh = now - leaders_told_;
  leaders_told_ = now;
  return fresh;
}

void NodeObserver::OnStart(const raft::Raft& raft) {
  if (muted_) return;
  raft_ = &raft;
  const raft::Status status = raft.status();
  id_ = status.id;
  applied_ = status.applied;
  std::vector<raft::Entry> log;
  for (Index i(1); i <= status.last_index; ++i) log.push_back(*raft.EntryAt(i));
  oracles_.durability.OnStart(status.id, {status.term, status.vote}, log);
  oracles_.logs.OnStart(status);
}

void NodeObserver::OnReady(const raft::Raft& raft, const raft::Ready& ready) {
  if (muted_) return;
  raft.CheckInvariants();
  const raft::Status status = raft.status();
  oracles_.elections.OnStatus(status);
  oracles_.logs.OnStatus(status, [&](Index index) { return raft.EntryAt(index); });
  if (!ready.entries.empty()) {
    const raft::Entry* before = raft.EntryAt(ready.entries.front().index - 1);
    oracles_.logs.OnAppend(status.id, before == nullptr ? Term(0) : before->term, ready.entries);
  }
  oracles_.logs.OnCommit(status, ready.committed);
  if (ready.NeedsPersist()) oracles_.durability.OnBatch(status.id, ready);
}

void NodeObserver::OnPersisted(const raft::Raft& raft) {
  if (muted_) return;
  const NodeId id = raft.status().id;
  const auto batch = oracles_.durability.OnPersisted(id);
  if (batch.has_value() && batch->hard_state.has_value()) {
    oracles_.elections.OnDurableVote(id, *batch->hard_state);
  }
}

void NodeObserver::OnApplied(NodeId node, Index index, const Hash128& digest) {
  if (muted_) return;
  applied_ = index;
  oracles_.digests.OnApplied(node, index, digest);
}

}  // namespace konsul::cluster
