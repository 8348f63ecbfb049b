#include "core/raft/state_support.h"

#include <utility>

#include "core/raft/core.h"

namespace konsul::raft {
namespace {

void Add(RollingHash& hash, const Entry& entry) {
  hash.Add(entry.index.value);
  hash.Add(entry.term.value);
  hash.Add(static_cast<uint64_t>(entry.kind));
  hash.Add(*entry.payload);
}

void Add(RollingHash& hash, const std::vector<Entry>& entries) {
  hash.Add(entries.size());
  for (const Entry& entry : entries) Add(hash, entry);
}

void Add(RollingHash& hash, const std::optional<HardState>& hard_state) {
  hash.Add(hard_state ? 1 : 0);
  if (!hard_state) return;
  hash.Add(hard_state->term.value);
  hash.Add(hard_state->vote.value);
}

void Add(RollingHash& hash, const SnapshotPoint& point) {
  hash.Add(point.last.index.value);
  hash.Add(point.last.term.value);
  hash.Add(point.configuration_index.value);
  if (point.configuration_index != Index(0)) hash.Add(point.configuration.Encode());
}

struct BodyHasher {
  void operator()(const VoteRequest& v) const {
    hash.Add(1 + 8 * v.pre + 16 * v.transfer);
    hash.Add(v.last_index.value);
    hash.Add(v.last_term.value);
  }
  void operator()(const VoteReply& v) const { hash.Add(2 + 8 * v.pre + 16 * v.granted); }
  void operator()(const AppendRequest& a) const {
    hash.Add(3);
    hash.Add(a.prev_index.value);
    hash.Add(a.prev_term.value);
    hash.Add(a.commit.value);
    hash.Add(a.read_round);
    Add(hash, a.entries);
  }
  void operator()(const AppendReply& a) const {
    hash.Add(4 + 8 * a.success);
    hash.Add(a.match_or_rejected.value);
    hash.Add(a.hint_index.value);
    hash.Add(a.hint_term.value);
    hash.Add(a.read_round);
  }
  void operator()(const TimeoutNow&) const { hash.Add(5); }

  RollingHash& hash;
};

void Add(RollingHash& hash, const Message& message) {
  hash.Add(message.from.value);
  hash.Add(message.to.value);
  hash.Add(message.term.value);
  std::visit(BodyHasher{hash}, message.body);
}

}  // namespace

std::unique_ptr<Raft> StateInspector::Copy(const Raft& raft) {
  return std::unique_ptr<Raft>(new Raft(std::make_unique<Raft::Core>(*raft.core_)));
}

void StateInspector::AddTo(RollingHash& hash, const Raft& raft) { AddTo(hash, *raft.core_); }

void StateInspector::AddTo(RollingHash& hash, const Raft::Core& core) {
  hash.Add(core.id.value);
  Add(hash, core.hard_state);
  hash.Add(core.log.base().value);
  hash.Add(core.log.TermAt(core.log.base())->value);
  hash.Add(core.log.last_index().value);
  for (Index i = core.log.first_index(); i <= core.log.last_index(); ++i)
    Add(hash, *core.log.At(i));
  hash.Add(core.log.durable().value);
  hash.Add(core.log.handed_out().value);
  // Of the configurations, the log has all but the one that the snapshot holds.
  hash.Add(core.configurations.IndexInForceAt(core.log.base()).value);
  hash.Add(core.configurations.current_index().value);
  Add(hash, core.writes.handed_out_);
  Add(hash, core.writes.durable_);
  hash.Add(core.writes.batches_.size());
  for (const auto& batch : core.writes.batches_) {
    Add(hash, batch.hard_state);
    hash.Add(batch.last_index.value);
    hash.Add(batch.last_term.value);
    hash.Add(batch.holds.value);
  }
  hash.Add(static_cast<uint64_t>(core.role));
  hash.Add(core.leader.value);
  hash.Add(core.commit.value);
  hash.Add(core.applied.value);
  hash.Add(core.yielded ? 1 : 0);
  hash.Add(core.campaigns_by_transfer ? 1 : 0);
  hash.Add(core.votes ? 1 + core.votes->size() : 0);
  if (core.votes) {
    for (const auto& [voter, granted] : *core.votes) hash.Add(2 * voter.value + granted);
  }
  if (core.leadership) AddLeadership(hash, core);
}

void StateInspector::AddLeadership(RollingHash& hash, const Raft::Core& core) {
  const Raft::Core::Leadership& leadership = *core.leadership;
  for (const auto& [peer, follower] : leadership.followers) {
    hash.Add(peer.value);
    hash.Add(static_cast<uint64_t>(follower.state_) + 8 * follower.probe_sent_ +
             16 * follower.departing);
    hash.Add(follower.match_.value);
    hash.Add(follower.next_.value);
    hash.Add(follower.snapshot_base_.value);
    hash.Add(follower.round_echoed);
    hash.Add(follower.commit_told.value);
    hash.Add(follower.round_told);
    hash.Add(follower.inflight_.size());
    for (const auto& append : follower.inflight_) {
      hash.Add(append.last.value);
      hash.Add(append.bytes);
    }
  }
  hash.Add(leadership.reads.round_);
  hash.Add(leadership.reads.waiting_.size());
  for (uint64_t context : leadership.reads.waiting_) hash.Add(context);
  hash.Add(leadership.reads.open_.size());
  for (const auto& round : leadership.reads.open_) {
    hash.Add(round.round);
    hash.Add(round.commit.value);
    for (uint64_t context : round.contexts) hash.Add(context);
  }
  hash.Add(leadership.transfer ? 2 * leadership.transfer->to.value + leadership.transfer->told : 0);
  hash.Add(leadership.lease_released ? 1 : 0);
}

namespace testing {

Server CopyOf(const Server& server) {
  Server copy;
  copy.id = server.id;
  if (server.up()) copy.raft = StateInspector::Copy(*server.raft);
  copy.clock = server.clock;
  copy.hard_state = server.hard_state;
  copy.base = server.base;
  copy.entries = server.entries;
  copy.snapshot = server.snapshot;
  copy.writes = server.writes;
  copy.state = server.state;
  copy.reads = server.reads;
  copy.failed_reads = server.failed_reads;
  copy.installing = server.installing;
  return copy;
}

Hash128 FingerprintOf(const Server& server) {
  RollingHash hash;
  hash.Add(server.id.value);
  hash.Add(server.up() ? 1 : 0);
  if (server.up()) StateInspector::AddTo(hash, *server.raft);
  Add(hash, server.hard_state);
  hash.Add(server.base.value);
  Add(hash, server.entries);
  hash.Add(server.snapshot != nullptr ? 1 : 0);
  if (server.snapshot != nullptr) {
    Add(hash, server.snapshot->point);
    Add(hash, server.snapshot->state);
  }
  hash.Add(server.writes.size());
  for (const Write& write : server.writes) {
    Add(hash, write.hard_state);
    hash.Add(write.restore ? 1 + write.restore->index.value : 0);
    hash.Add(write.compact ? 1 + write.compact->value : 0);
    Add(hash, write.entries);
    hash.Add(write.after.size());
    for (const Message& message : write.after) Add(hash, message);
  }
  Add(hash, server.state);
  return hash.value();
}

Hash128 FingerprintOf(const Message& message) {
  RollingHash hash;
  Add(hash, message);
  return hash.value();
}

}  // namespace testing
}  // namespace konsul::raft
