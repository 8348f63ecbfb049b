// Linearizable reads without a write (thesis 6.4): a read sees the commit index of when it was
// asked for, once a quorum has shown that this server still led after that.
//
// Reads gather until the next round starts, so that one exchange of heartbeats answers them all. A
// round is confirmed when a quorum has echoed its number or a later one. Lives as long as one
// leadership: an echo of another term never reaches it.
#ifndef KONSUL_CORE_RAFT_READ_QUEUE_H_
#define KONSUL_CORE_RAFT_READ_QUEUE_H_

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/mutation.h"
#include "core/raft/ready.h"

namespace konsul::raft {

class ReadQueue {
 public:
  // The number of the last round that was started; 0 before the first.
  uint64_t round() const { return round_; }
  bool has_waiting() const { return !waiting_.empty(); }
  bool has_open_rounds() const { return !open_.empty(); }

  void Add(uint64_t context) { waiting_.push_back(context); }

  // What waits becomes a round of its own. `commit` is the commit index now; it covers everything
  // that was ever acknowledged only if it is of this leader's own term.
  void StartRound(Index commit) {
    ++round_;
    if (mutation::On(Mutation::kBatchSharesFirstIndex) && !open_.empty()) {
      commit = open_.front().commit;
    }
    open_.push_back({round_, commit, std::move(waiting_)});
    waiting_.clear();
  }

  // A quorum has echoed `round`: it and all earlier ones are confirmed.
  void Confirm(uint64_t round, std::vector<ReadState>* reads) {
    while (!open_.empty() && open_.front().round <= round) {
      for (uint64_t context : open_.front().contexts) {
        reads->push_back({context, open_.front().commit});
      }
      open_.pop_front();
    }
  }

  // The leadership is lost, and with it every answer that was not given.
  void Fail(std::vector<uint64_t>* failed) {
    for (const Round& round : open_) {
      failed->insert(failed->end(), round.contexts.begin(), round.contexts.end());
    }
    failed->insert(failed->end(), waiting_.begin(), waiting_.end());
    open_.clear();
    waiting_.clear();
  }

 private:
  friend struct StateInspector;
  struct Round {
    uint64_t round;
    Index commit;
    std::vector<uint64_t> contexts;
  };
  uint64_t round_ = 0;
  std::vector<uint64_t> waiting_;
  std::deque<Round> open_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_READ_QUEUE_H_
