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
  std::vector<Entry> entries;

  // May be sent at once.
  std::vector<Message> messages;
  // May be sent only when everything handed out up to and including this batch is durable.
  std::vector<Message> messages_after_persist;

  // To be applied, in order. Each entry is committed *and* durable here, so the applied state never
  // runs ahead of the local log.
  std::vector<Entry> committed;

  // Reads that are confirmed, and reads that are lost because the leadership is.
  std::vector<ReadState> reads;
  std::vector<uint64_t> failed_reads;

  bool empty() const {
    return !hard_state && entries.empty() && messages.empty() && messages_after_persist.empty() &&
           committed.empty() && reads.empty() && failed_reads.empty();
  }
  // True when the driver has to call Raft::Persisted for this batch.
  bool NeedsPersist() const { return hard_state.has_value() || !entries.empty(); }
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
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_READY_H_
