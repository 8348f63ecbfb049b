// What operators ask of a cluster: who takes part, who leads, and changes of both. On whatever
// server they run; what only the leader can do is forwarded to it.
#ifndef KONSUL_CORE_SERVER_OPERATOR_H_
#define KONSUL_CORE_SERVER_OPERATOR_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/configuration.h"
#include "core/raft/types.h"
#include "core/server/snapshot_store.h"

namespace konsul::server {

// One member of the configuration in force.
struct Peer {
  raft::Member member;
  bool voter = false;    // in the configuration that will hold, if two do (joint consensus)
  bool leaving = false;  // votes until the joint configuration is left, and not after
  bool leader = false;
  // What the leader knows; absent elsewhere and for the leader itself.
  struct Progress {
    Index match;
    Duration last_contact{};  // since it answered last
    bool snapshot = false;    // gets a snapshot, as the log does not reach back far enough
  };
  std::optional<Progress> progress;
};

struct Membership {
  Index configuration_index;  // of the log entry that holds it
  bool joint = false;         // a change is under way
  Index last_index;           // of the answering server's log
  Term term;
  std::vector<Peer> peers;  // ascending by id
};

// Histogram-less measures since the start: a count and a sum, for rates and means; `max` never
// falls.
struct Timing {
  uint64_t count = 0;
  Duration sum{};
  Duration max{};

  void Add(Duration taken) {
    ++count;
    sum += taken;
    max = std::max(max, taken);
  }
};

// One server's own view of itself.
struct ServerStats {
  NodeId id;
  std::string name;
  ClusterId cluster;
  raft::Role role = raft::Role::kFollower;
  Term term;
  NodeId leader;
  Duration last_contact{};  // with the leader; 0 on it
  Index last_index, commit, applied, durable, log_base;
  Index snapshot_index;  // 0: none
  uint64_t snapshot_bytes = 0;
  uint64_t leader_changes = 0;      // that this server has seen
  uint64_t elections = 0;           // that it has stood in
  uint64_t log_entries = 0;         // written since the start
  uint64_t rejected_proposals = 0;  // with 429: too much under way
  uint64_t uncommitted_bytes = 0;
  Timing commit_time;    // from proposal to commit, on the leader
  Timing apply_time;     // of one batch
  Timing sync_time;      // of one log batch
  Timing snapshot_time;  // of writing one snapshot
  uint64_t snapshots_sent = 0, snapshots_installed = 0;
};

// Fibers of the server's scheduler only. Errors: as of Consensus; besides, NotFound for an unknown
// server, FailedPrecondition when the request makes no sense now (the text says why).
class Operator {
 public:
  virtual ~Operator() = default;

  // As the leader sees it; with `stale` as this server does, without asking anybody.
  virtual absl::StatusOr<Membership> Members(bool stale, Instant deadline) = 0;
  // Suspends until another server leads: `to`, or the one that is furthest when it is 0. Aborted
  // when it did not succeed in time; the old leader then goes on.
  virtual absl::Status TransferLeadership(NodeId to, Instant deadline) = 0;
  // Adds a server as a learner; it becomes a voter by itself once it has caught up. OK when it is a
  // member already. FailedPrecondition for an id that was a member before and left.
  virtual absl::Status AddServer(const raft::Member& member, Instant deadline) = 0;
  // Suspends until a configuration without it is committed.
  virtual absl::Status RemoveServer(NodeId id, Instant deadline) = 0;
  // Makes this server write a snapshot now and compact its log; the index that it covers.
  virtual absl::StatusOr<Index> TakeSnapshot(Instant deadline) = 0;
  // As TakeSnapshot; the snapshot itself. It ends where this server's tables stand now, or later.
  virtual absl::StatusOr<std::unique_ptr<SnapshotFile>> OpenSnapshot(Instant deadline) = 0;
  // For a snapshot that a client brings. ResourceExhausted when the disk is full.
  virtual absl::StatusOr<std::unique_ptr<SnapshotSpool>> SpoolSnapshot() = 0;
  // Gives back the room of those that were let go of.
  virtual absl::Status SweepSnapshots() = 0;
  // Makes this server introduce itself at `address` and ask for membership there, as -retry-join
  // does. FailedPrecondition when it belongs to a cluster already.
  virtual absl::Status Join(const std::string& address, Instant deadline) = 0;

  virtual ServerStats Stats() const = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_OPERATOR_H_
