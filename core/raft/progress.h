// What a leader knows about one follower's log (paper figure 2: nextIndex, matchIndex) and how it
// sends to it (thesis 10.2, pipelining).
//
//   kProbe      it is not known where the logs part. One append at a time; the next one goes out
//               when it is answered. What is lost is repeated by the heartbeat, which asks the
//               same question.
//   kReplicate  the logs matched at next-1. Appends are sent without waiting, `next` runs ahead,
//               up to a window. A lost append shows itself: whatever follows it, be it only a
//               heartbeat, finds a gap before itself and is rejected, which leads back to kProbe.
//
//   kSnapshot   the log does not reach back to what the follower needs. It gets no entries until
//               the driver has brought it a snapshot; heartbeats go on.
//
// So there is no timer for retransmission, and loss, duplication and reordering of any message
// cost time, never progress.
#ifndef KONSUL_CORE_RAFT_PROGRESS_H_
#define KONSUL_CORE_RAFT_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace konsul::raft {

class Progress {
 public:
  enum class State : uint8_t { kProbe, kReplicate, kSnapshot };
  // How much may be in flight: appends, and bytes of their payloads beyond the first.
  struct Window {
    size_t appends;
    size_t bytes;
  };

  // At the start of a leadership `next` is the end of the leader's log (paper 5.3).
  Progress(Index next, Instant now) : heard(now), next_(next) {}

  State state() const { return state_; }
  // Known to be durable at the follower and equal to ours.
  Index match() const { return match_; }
  // The next entry to send; always beyond match().
  Index next() const { return next_; }
  size_t inflight() const { return inflight_.size(); }
  size_t inflight_bytes() const { return inflight_bytes_; }

  // False while the probe, a full window or a snapshot waits for an answer.
  bool CanSend(const Window& window) const;
  // Entries from next() up to `last` went out, with so many bytes.
  void Sent(Index last, size_t bytes);
  // The follower has our log durably up to `match`. True when that is news.
  bool Acknowledged(Index match);
  // The follower's log does not match at `rejected`; it may at `retry`. False when that is stale.
  bool Rejected(Index rejected, Index retry);
  // What is in flight may be lost: asks again from what is known.
  void Lost();
  // The log begins behind `base` now. What would have been asked next can be asked no more, and an
  // answer to what is asked instead would pass for a stale one: asks about `base`.
  void Compacted(Index base);
  // The follower needs something from before `base`, behind which the log begins.
  void NeedsSnapshot(Index base);
  // The driver is done with it, well or not: asks what the follower has now.
  void SnapshotEnded(Index base);

  // When this follower last answered in our term.
  Instant heard;
  // The highest read round that it echoed.
  uint64_t round_echoed = 0;
  // The leader's clock in the latest message that it answered.
  Instant lease_from = Instant::Past();
  // The highest commit index and read round that it was sent.
  Index commit_told;
  uint64_t round_told = 0;
  // No member any more; kept until it can know that.
  bool departing = false;

 private:
  friend struct StateInspector;
  void Probe(Index next);

  State state_ = State::kProbe;
  Index match_;
  Index next_;
  bool probe_sent_ = false;  // kProbe: an append is out
  Index snapshot_base_;      // kSnapshot: where the log began
  // kReplicate: the appends that are out.
  struct Append {
    Index last;
    size_t bytes;
  };
  std::deque<Append> inflight_;
  size_t inflight_bytes_ = 0;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_PROGRESS_H_
