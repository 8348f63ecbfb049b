// The batches that were handed out to be written and are not durable yet, oldest first, and what
// the disk holds of the hard state.
//
// The delicate case is a suffix that is overwritten while older writes are still under way:
//
//     handed out    A: 4,5 of term 2    B: 5 of term 3    C: 5 of term 2 again, from a newer leader
//     A is durable                      5 of term 2 is *not* safe: B will overwrite it, then C
//
// Comparing the term at 5 with what A wrote does not tell A's 5 from C's. So a truncation is told
// to the batches under way, and each counts only for what it wrote before the cut.
#ifndef KONSUL_CORE_RAFT_PERSIST_QUEUE_H_
#define KONSUL_CORE_RAFT_PERSIST_QUEUE_H_

#include <deque>
#include <optional>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/types.h"

namespace konsul::raft {

class PersistQueue {
 public:
  // `durable` is what storage gave back at the start.
  explicit PersistQueue(HardState durable) : handed_out_(durable), durable_(durable) {}

  // The hard state in the newest batch that had one, and in the newest such one that is durable.
  const HardState& handed_out() const { return handed_out_; }
  const HardState& durable() const { return durable_; }
  bool empty() const { return batches_.empty(); }

  // When the oldest batch under way was handed out; Never() without one.
  Instant oldest() const { return empty() ? Instant::Never() : batches_.front().handed_out_at; }

  // A batch is handed out; its last entry is at 0/0 when it has none.
  void HandOut(Instant now, std::optional<HardState> hard_state, Index last_index, Term last_term);
  // The log lost its entries from `from` on.
  void Truncate(Index from);
  // The oldest batch, which ends at `last_index`/`last_term`, is durable. Returns up to where the
  // log is durable with it; 0 when this batch tells nothing about the log any more.
  Index Persisted(Index last_index, Term last_term);

 private:
  friend struct StateInspector;
  struct Batch {
    Instant handed_out_at;
    std::optional<HardState> hard_state;
    Index last_index;
    Term last_term;
    Index holds;  // the last of its entries that is not overwritten
  };
  std::deque<Batch> batches_;
  HardState handed_out_;
  HardState durable_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_PERSIST_QUEUE_H_
