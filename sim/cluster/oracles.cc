#include "sim/cluster/oracles.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

namespace konsul::cluster {

size_t Oracles::TakeNewLeaders() {
  const size_t now = elections.terms_with_leader();
  const size_t fresh = now - leaders_told_;
  leaders_told_ = now;
  return fresh;
}

size_t Oracles::TakeNewConfigurations() {
  const size_t now = configurations.changes();
  const size_t fresh = now - configurations_told_;
  configurations_told_ = now;
  return fresh;
}

void NodeObserver::Mute(bool muted) {
  muted_ = muted;
  if (muted) raft_ = nullptr;
  if (oracles_.recorder == nullptr) return;
  if (muted) {
    oracles_.recorder->OnDown(number_);
  } else {
    oracles_.recorder->OnUp(number_);
  }
}

void NodeObserver::Forget() {
  oracles_.durability.Forget(id_);
  oracles_.monotonicity.Forget(id_);
  id_ = NodeId(0);
  applied_ = base_ = configuration_index_ = Index(0);
}

void NodeObserver::OnStart(const raft::Raft& raft) {
  if (muted_) return;
  raft_ = &raft;
  const raft::Status status = raft.status();
  id_ = status.id;
  applied_ = status.applied;
  restores_.reset();
  base_ = status.log_base;
  oracles_.streams.OnServerBegins(Address(), applied_.value);
  const raft::SnapshotPoint base = raft.PointAt(base_);
  std::vector<raft::Entry> log;
  for (Index i = base_ + 1; i <= status.last_index; ++i) log.push_back(*raft.EntryAt(i));
  oracles_.durability.OnStart(status.id, {status.term, status.vote}, base.last, log);
  // A vote that was being written when the last process died, and may be granted now at once.
  oracles_.elections.OnDurableVote(status.id, {status.term, status.vote});
  oracles_.monotonicity.OnStart(status);
  oracles_.logs.OnStart(status);
  oracles_.logs.OnBase(status.id, base.last);
  oracles_.configurations.OnBase(status.id, base.configuration_index, base.configuration);
  oracles_.configurations.OnEntries(status, log);
  if (oracles_.recorder != nullptr) oracles_.recorder->OnStart(number_, status);
}

void NodeObserver::OnStep(const raft::Message& message) {
  if (muted_) return;
  const auto* reply = std::get_if<raft::VoteReply>(&message.body);
  if (reply != nullptr && reply->granted && !reply->pre) {
    oracles_.elections.OnGrantedVote(message.from, message.term, message.to);
  }
  if (oracles_.recorder != nullptr) oracles_.recorder->OnStep(message);
}

void NodeObserver::OnReady(const raft::Raft& raft, const raft::Ready& ready) {
  if (muted_) return;
  raft.CheckInvariants();
  const raft::Status status = raft.status();
  if (status.log_base != base_) {
    base_ = status.log_base;
    ++(ready.restore.has_value() ? oracles_.restores : oracles_.compactions);
    oracles_.logs.OnBase(status.id, raft.PointAt(base_).last);
  }
  if (ready.restore.has_value()) {
    const raft::SnapshotPoint point = raft.PointAt(ready.restore->index);
    oracles_.configurations.OnBase(status.id, point.configuration_index, point.configuration);
    restores_ = ready.restore->index;
  }
  oracles_.snapshots_begun += ready.snapshots.size();
  if (!ready.entries.empty()) {
    const Index before = ready.entries.front().index - 1;
    const raft::Entry* entry = raft.EntryAt(before);
    const Term term = entry != nullptr  ? entry->term
                      : before == base_ ? raft.PointAt(base_).last.term
                                        : Term(0);
    oracles_.logs.OnAppend(status.id, term, ready.entries);
    oracles_.configurations.OnEntries(status, ready.entries);
  }
  configuration_index_ = std::max(configuration_index_, status.configuration_index);
  oracles_.elections.OnStatus(status);
  oracles_.configurations.OnStatus(status);
  oracles_.quorums.OnStatus(status, raft.configuration());
  oracles_.monotonicity.OnStatus(status, status.role == raft::Role::kLeader
                                             ? raft.followers()
                                             : std::vector<raft::FollowerStatus>());
  oracles_.logs.OnStatus(status, [&](Index index) { return raft.EntryAt(index); });
  oracles_.quorums.OnCommit(status, ready.committed, [&](NodeId node, Index from) {
    return oracles_.configurations.InForce(node, from);
  });
  oracles_.logs.OnCommit(status, ready.committed);
  oracles_.configurations.OnCommit(ready.committed);
  if (oracles_.truth) oracles_.truth->OnCommit(ready.committed);
  if (oracles_.now) {
    oracles_.sessions.OnCommit(oracles_.now(), ready.committed);
    oracles_.sessions.OnAppend(oracles_.now(), ready.entries);
  }
  if (ready.NeedsPersist()) oracles_.durability.OnBatch(status.id, ready);
  if (oracles_.recorder != nullptr) oracles_.recorder->OnReady(number_, status, ready);
}

std::string NodeObserver::Describe() const {
  if (raft_ == nullptr) return "not running";
  const raft::Status status = raft_->status();
  std::string out =
      absl::StrCat(ToHex(status.id.value), " ", raft::RoleName(status.role), " term ",
                   status.term.value, " log ", status.log_base.value, "..", status.last_index.value,
                   " durable ", status.durable_index.value, " commit ", status.commit.value,
                   " applied ", applied_.value, " configuration ", status.configuration_index.value,
                   raft_->configuration().joint() ? "*" : "");
  for (const raft::FollowerStatus& follower : raft_->followers()) {
    absl::StrAppend(&out, "; ", ToHex(follower.id.value), " match ", follower.match.value, " next ",
                    follower.next.value, follower.snapshot ? " gets a snapshot" : "");
  }
  return out;
}

void NodeObserver::OnPersisted(const raft::Raft& raft) {
  if (muted_) return;
  const NodeId id = raft.status().id;
  ++persisted_;
  const auto batch = oracles_.durability.OnPersisted(id);
  if (batch.has_value() && batch->hard_state.has_value()) {
    oracles_.elections.OnDurableVote(id, *batch->hard_state);
    oracles_.monotonicity.OnDurable(id, *batch->hard_state);
  }
  if (oracles_.recorder != nullptr) oracles_.recorder->OnPersisted(number_, raft.status());
}

void NodeObserver::OnApplied(NodeId node, Index index, const Hash128& digest) {
  if (muted_) return;
  applied_ = index;
  if (restores_ && index >= *restores_) {
    // The snapshot that was loaded may be a later one.
    oracles_.streams.OnServerBegins(Address(), index.value);
    restores_.reset();
  }
  oracles_.monotonicity.OnApplied(node, index);
  oracles_.digests.OnApplied(node, index, digest);
  if (oracles_.recorder != nullptr) oracles_.recorder->OnApplied(number_, index);
}

uint64_t NodeObserver::OnCall(const server::PeerCall& call) {
  if (muted_ || oracles_.recorder == nullptr) return 0;
  using Kind = server::PeerCall::Kind;
  if (call.kind == Kind::kSnapshotPiece) {
    return oracles_.recorder->OnPiece(call.from, call.to, call.snapshot, call.bytes, call.first);
  }
  return oracles_.recorder->OnCall(call.kind == Kind::kWrite ? report::CallRecord::Kind::kWrite
                                                             : report::CallRecord::Kind::kReadIndex,
                                   call.from, call.to);
}

void NodeObserver::OnAnswer(uint64_t call, const absl::Status& status, uint64_t have) {
  if (muted_ || oracles_.recorder == nullptr) return;
  oracles_.recorder->OnAnswer(call, status.ok() ? "" : status.ToString(), have);
}

}  // namespace konsul::cluster
