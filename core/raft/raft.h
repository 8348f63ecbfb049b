// Consensus as a value in, a value out.
//
// A Raft takes messages, proposals, read requests, "it is now T" and "this batch is durable", and
// gives a Ready. It has no clock, no I/O, no fiber and no randomness: time and a random draw come
// in with every call as a Moment. One owner (core/server/raft_driver.h, a test or the explorer)
// calls it from one fiber at a time; no call suspends.
//
// The usual round of its driver:
//
//     raft.Step(moment, message);           // or Tick, Propose, ReadIndex, Persisted
//     while (raft.HasReady()) {
//       Ready ready = raft.TakeReady(moment);
//       send ready.messages; write ready.hard_state and ready.entries in one batch;
//       when that is durable: send ready.messages_after_persist, then raft.Persisted(...)
//       apply ready.committed
//     }
//     sleep until raft.NextDeadline(), then raft.Tick(moment)
#ifndef KONSUL_CORE_RAFT_RAFT_H_
#define KONSUL_CORE_RAFT_RAFT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/configuration.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"

namespace konsul::raft {

struct Options {
  // A follower campaigns after a time without a leader drawn from [election_timeout,
  // 2*election_timeout); a leader steps down after election_timeout without a quorum.
  Duration election_timeout = 200ms;
  Duration heartbeat_interval = 40ms;
  // Limits of one AppendEntries; at least one entry goes out whatever its size.
  size_t append_entries_max = 1024;
  size_t append_bytes_max = 1 << 20;
  // Appends in flight per follower before the leader waits for a reply.
  size_t inflight_max = 256;
  // Entries in one Ready::committed.
  size_t apply_entries_max = 4096;
  // Thesis 9.6 and 6.2. Off only in tests of what happens without.
  bool pre_vote = true;
  bool check_quorum = true;
};

// "Now", and a fresh random number from the node's stream, used if a timeout has to be drawn.
struct Moment {
  Instant now;
  uint64_t draw = 0;
};

// What storage gives back at the start of a process.
struct Recovered {
  HardState hard_state;
  std::vector<Entry> entries;  // all of the log, contiguous from index 1
  Index applied;               // of the state machine; at most the last entry's index
};

class Raft {
 public:
  // `id` is never 0. The configuration is the last one found in the log; without one the server is
  // passive: it votes and appends when asked, and never campaigns.
  Raft(NodeId id, const Options& options, Recovered recovered, Moment moment);
  ~Raft();
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  // Makes an empty log begin with `configuration` as entry 1 of term 1. Every server of a new
  // cluster does so with the same configuration (core/server/bootstrap.h agrees on it).
  // A term and a vote that it has already, from somebody who was quicker, stay as they are.
  // FailedPrecondition when there is a log already, InvalidArgument when the configuration is not
  // valid.
  absl::Status Bootstrap(Moment moment, const Configuration& configuration);

  // A message from a peer. Anything well formed is accepted; what is stale is ignored or answered.
  // Peers may be late, repeat themselves and go silent, but they follow the protocol: a second
  // leader of a term, or one without a committed entry, stops the process.
  void Step(Moment moment, Message message);
  // Time has passed; cheap and harmless when nothing is due.
  void Tick(Moment moment);
  // Appends to the leader's log. The entry's index and term tell whether it was this proposal that
  // committed. Unavailable when this server does not lead.
  struct Proposed {
    Index index;
    Term term;
  };
  absl::StatusOr<Proposed> Propose(Moment moment, Payload payload);
  // Asks for a linearizable read; the answer comes in Ready::reads or Ready::failed_reads under
  // `context`. Requests between two Ready share one round of messages (thesis 6.4). Unavailable
  // when this server does not lead.
  absl::Status ReadIndex(Moment moment, uint64_t context);
  // Everything handed out so far up to this batch is durable: the batch's last entry (0/0 when it
  // had none) and its hard state. Once for each Ready that NeedsPersist(), in their order.
  void Persisted(Moment moment, Index last_index, Term last_term);
  // The connection to a peer was lost: what is in flight to it may be lost as well. A hint that
  // makes recovery quick; loss that nobody tells of is noticed with the next heartbeat.
  void PeerUnreachable(Moment moment, NodeId peer);

  bool HasReady() const;
  // Moves the work out. Not empty when HasReady().
  Ready TakeReady(Moment moment);

  // When Tick has to be called at the latest.
  Instant NextDeadline() const;

  Status status() const;
  const Configuration& configuration() const;
  // The log as this server holds it, durable or not. nullptr outside of it.
  const Entry* EntryAt(Index index) const;

  // Aborts when an invariant of invariants.cc does not hold. After every step in tests and in the
  // simulator.
  void CheckInvariants() const;
  // The same with a scan of the whole log.
  void CheckInvariantsSlow() const;

 private:
  friend class Invariants;
  struct Core;  // roles, log, progress: see core.h
  std::unique_ptr<Core> core_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_RAFT_H_
