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
#include "core/base/buggify.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/configuration.h"
#include "core/raft/ready.h"
#include "core/raft/snapshot_point.h"
#include "core/raft/types.h"

namespace konsul::raft {

struct Options {
  // A follower campaigns after a time without a leader drawn from [election_timeout,
  // 1.6*election_timeout); a leader steps down after election_timeout without a quorum.
  Duration election_timeout = 130ms;
  Duration heartbeat_interval = 25ms;
  // After a leader's message, a server helps nobody else to lead for this long, whatever it hears.
  // At most election_timeout. A leader that a quorum has promised this needs not ask it before each
  // read: see Raft::LeaseRead. 0: no leases.
  Duration lease_promise = 50ms;
  // What any two clocks may differ in speed from true time, in parts per million, for leases to be
  // safe. 1,000,000 or more: no leases.
  uint32_t clock_drift_max_ppm = 50'000;
  // A leader whose log batch is not durable after this long steps down: its disk is stuck.
  Duration disk_stall_timeout = 1s;
  // Limits of one AppendEntries; at least one entry goes out whatever its size.
  size_t append_entries_max = 512;
  size_t append_bytes_max = 256 << 10;
  // Appends in flight per follower before the leader waits for a reply, and bytes in them.
  // What one follower that catches up may cost at once: encoding it all must not take so long
  // that heartbeats are late.
  size_t inflight_max = 32;
  size_t inflight_bytes_max = 2 << 20;
  // Entries proposed and not committed, and bytes in them, before proposals are refused.
  size_t uncommitted_entries_max = 32768;
  size_t uncommitted_bytes_max = 64 << 20;
  // Entries in one Ready::committed.
  size_t apply_entries_max = 4096;
  // Thesis 9.6 and 6.2. Off only in tests of what happens without.
  bool pre_vote = true;
  bool check_quorum = true;
  // Makes the choices of this server's buggify sites; null outside the simulator.
  Buggify* buggify = nullptr;

  // The same with every time that concerns the network multiplied: the one knob for slow networks.
  Options SlowedBy(int64_t factor) const {
    Options slowed = *this;
    slowed.election_timeout *= factor;
    slowed.heartbeat_interval *= factor;
    slowed.lease_promise *= factor;
    return slowed;
  }
};

// "Now", and a fresh random number from the node's stream, used if a timeout has to be drawn.
struct Moment {
  Instant now;
  uint64_t draw = 0;
};

// What storage gives back at the start of a process.
struct Recovered {
  HardState hard_state;
  // The latest snapshot; its last index is 0 when there is none.
  SnapshotPoint snapshot;
  // What the log still has, contiguous: beginning at the latest right behind the snapshot's last
  // entry, and reaching at least to that entry or empty.
  std::vector<Entry> entries;
  Index applied;  // of the state machine; at least the snapshot's index, at most the log's end
};

class Raft {
 public:
  // `id` is never 0. The configuration is the last one found in the log; without one the server is
  // passive: it appends when it is told that it is a learner, and neither votes nor campaigns.
  Raft(NodeId id, const Options& options, Recovered recovered, Moment moment);
  ~Raft();
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  // Makes an empty log begin with `configuration` as entry 1 of term 1. Every server of a new
  // cluster does so with the same configuration (core/server/bootstrap.h agrees on it).
  // A term that it has already, from somebody who was quicker, stays as it is.
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
  // committed. Unavailable when this server does not lead or is handing over; ResourceExhausted
  // when too much is under way already.
  struct Proposed {
    Index index;
    Term term;
  };
  absl::StatusOr<Proposed> Propose(Moment moment, Payload payload);
  // Asks for a linearizable read; the answer comes in Ready::reads or Ready::failed_reads under
  // `context`. Requests between two Ready share one round of messages (thesis 6.4). Unavailable
  // when this server does not lead.
  absl::Status ReadIndex(Moment moment, uint64_t context);
  // The commit index, for a read that relies on a lease: nobody else can lead before a quorum's
  // promises end, as long as no clock is faster or slower than Options::clock_drift_max_ppm says.
  // Unavailable when this server does not lead, or when the lease has run out for now.
  absl::StatusOr<Index> LeaseRead(Moment moment) const;

  // ---- Membership (thesis 4). `target` is not joint; its `retired` does not matter. Any
  // difference at once: joint consensus is entered and left as needed. Unavailable when this server
  // does not lead, FailedPrecondition while another change is under way, for an id that was removed
  // once, or for a new voter that has not been a learner first, InvalidArgument when the target is
  // not valid. The change is done when status() shows a configuration that is not joint, committed
  // at or behind the proposed entry.
  absl::StatusOr<Proposed> ProposeConfiguration(Moment moment, const Configuration& target);
  // Thesis 3.10. Brings `to` (0: the voter that is furthest) up to date and has it campaign; until
  // then proposals are refused. Given up after an election timeout, and the leader goes on.
  // Unavailable when this server does not lead, NotFound when `to` is no other voter,
  // FailedPrecondition while another transfer is under way.
  absl::Status TransferLeadership(Moment moment, NodeId to);

  // ---- Snapshots (paper 7). A snapshot that is durable here covers everything up to `upto`, which
  // is applied: the log may forget it.
  void Compact(Index upto);
  // What a snapshot that ends at `index` has to tell besides the state: an index from the log's
  // base to what is applied.
  SnapshotPoint PointAt(Index index) const;
  // A snapshot from the leader of `term` is complete and durable here. It comes into force if it is
  // ahead of this server (Ready::restore).
  void InstallSnapshot(Moment moment, NodeId from, Term term, const SnapshotPoint& point);
  // The driver has done what Ready::snapshots asked for, or has given up for now.
  void SnapshotEnded(Moment moment, NodeId to);

  // Everything handed out so far up to this batch is durable: the batch's last entry (0/0 when it
  // had none) and its hard state. Once for each Ready that NeedsPersist(), in their order.
  void Persisted(Moment moment, Index last_index, Term last_term);
  // The connection to a peer was lost: what is in flight to it may be lost as well. `closed` when
  // its side closed it, as the end of its process does; if it is the leader, an election begins at
  // once instead of after a time-out. Hints that make recovery quick; nothing relies on them.
  void PeerUnreachable(Moment moment, NodeId peer, bool closed);

  bool HasReady() const;
  // Moves the work out. Not empty when HasReady().
  Ready TakeReady(Moment moment);

  // When Tick has to be called at the latest.
  Instant NextDeadline() const;

  Status status() const;
  const Configuration& configuration() const;
  // Ascending by id; empty when this server does not lead.
  std::vector<FollowerStatus> followers() const;
  // The log as this server holds it, durable or not. nullptr outside of it.
  const Entry* EntryAt(Index index) const;

  // Aborts when an invariant of invariants.cc does not hold. After every step in tests and in the
  // simulator.
  void CheckInvariants() const;
  // The same with a scan of the whole log.
  void CheckInvariantsSlow() const;

 private:
  friend class Invariants;
  friend struct StateInspector;  // of state_support.h
  struct Core;                   // roles, log, progress: see core.h
  explicit Raft(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_RAFT_H_
