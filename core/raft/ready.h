// What the core wants done, and what it knows about itself.
#ifndef KONSUL_CORE_RAFT_READY_H_
#define KONSUL_CORE_RAFT_READY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/types.h"

namespace konsul::raft {

// A read that may be served once the state machine has applied `index`.
struct ReadState {
  uint64_t context = 0;  // as given to Raft::ReadIndex
  Index index;
};

// One batch of work. Several batches may be under way at once, but their writes must become durable
// in the order in which Ready() gave them out (the write-ahead log's group commit keeps it).
struct Ready {
  // To be written, in this order, in one batch. `entries` begins at or before the end of what was
  // handed out earlier; where it overlaps, it replaces the old suffix.
  std::optional<HardState> hard_state;
  // The log is to be emptied first, since a snapshot that is durable here takes its place up to
  // this entry (LogStorage::Reset); the state machine is to be restored from it before `committed`.
  std::optional<LogPosition> restore;
  std::vector<Entry> entries;

  // May be sent at once.
  std::vector<Message> messages;
  // May be sent only when everything handed out up to and including this batch is durable.
  std::vector<Message> messages_after_persist;

  // To be applied, in order. Each entry is committed *and* durable here, so the applied state never
  // runs ahead of the local log.
  std::vector<Entry> committed;

  // Followers that need a snapshot; the driver answers each with Raft::SnapshotEnded.
  std::vector<NodeId> snapshots;

  // Reads that are confirmed, and reads that are lost because the leadership is.
  std::vector<ReadState> reads;
  std::vector<uint64_t> failed_reads;

  bool empty() const {
    return !hard_state && !restore && entries.empty() && messages.empty() &&
           messages_after_persist.empty() && committed.empty() && snapshots.empty() &&
           reads.empty() && failed_reads.empty();
  }
  // True when the driver has to call Raft::Persisted for this batch.
  bool NeedsPersist() const {
    return hard_state.has_value() || restore.has_value() || !entries.empty();
  }
  // The last entry of the batch, as Raft::Persisted wants it.
  LogPosition LastPersisted() const {
    if (!entries.empty()) return {entries.back().index, entries.back().term};
    return restore.value_or(LogPosition{});
  }
};

// A look from outside; a copy.
struct Status {
  NodeId id;
  Role role = Role::kFollower;
  Term term;
  NodeId vote;
  NodeId leader;  // 0: unknown
  Index commit;
  Index applied;  // handed out in Ready::committed
  Index last_index;
  Term last_term;
  Index durable_index;
  Index log_base;  // the log begins behind this entry
  Index configuration_index;
  NodeId transfer;  // the leader is handing over to this server
  uint64_t uncommitted_bytes = 0;
};

// What a leader knows of one other member.
struct FollowerStatus {
  NodeId id;
  Index match;
  Index next;
  Instant heard;  // when it last answered
  bool snapshot = false;
  size_t inflight_bytes = 0;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_READY_H_
