#include "core/raft/persist_queue.h"

#include <algorithm>

#include "core/base/check.h"

namespace konsul::raft {

void PersistQueue::HandOut(Instant now, std::optional<HardState> hard_state, Index last_index,
                           Term last_term) {
  if (hard_state) handed_out_ = *hard_state;
  batches_.push_back({now, hard_state, last_index, last_term, last_index});
}

void PersistQueue::Truncate(Index from) {
  for (Batch& batch : batches_) batch.holds = std::min(batch.holds, from - 1);
}

Index PersistQueue::Persisted(Index last_index, Term last_term) {
  KONSUL_CHECK(!batches_.empty(), "no batch is being written");
  const Batch batch = batches_.front();
  KONSUL_CHECK(batch.last_index == last_index && batch.last_term == last_term, "persisted up to ",
               last_index.value, "/", last_term.value, ", but the oldest batch ", "ends at ",
               batch.last_index.value, "/", batch.last_term.value);
  batches_.pop_front();
  if (batch.hard_state) durable_ = *batch.hard_state;
  return batch.holds;
}

}  // namespace konsul::raft
