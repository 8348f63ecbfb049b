// The fiber that applies committed entries, and those who wait for that.
#ifndef KONSUL_CORE_SERVER_APPLIER_H_
#define KONSUL_CORE_SERVER_APPLIER_H_

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/env/clock.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"
#include "core/raft/raft.h"
#include "core/raft/types.h"
#include "core/server/observer.h"
#include "core/server/operator.h"
#include "core/server/snapshot_store.h"
#include "core/state/state_machine.h"

namespace konsul::server {

class Applier {
 public:
  // Entries per transaction of the state machine: large enough to share its cost, small enough not
  // to hold up other fibers for more than some milliseconds.
  static constexpr size_t kEntriesPerTransaction = 512;

  // `observer` may be null.
  Applier(fiber::Scheduler& scheduler, env::Clock& clock, state::StateMachine& machine,
          SnapshotStore& snapshots, NodeId node, Observer* observer);

  // Never suspends.
  void Enqueue(std::vector<raft::Entry> committed);
  // The latest snapshot, which ends at `last` or later, replaces what is there before anything that
  // is enqueued afterwards. Never suspends.
  void EnqueueRestore(raft::LogPosition last);
  // The applier fiber: until cancelled (Cancelled) or until the state machine fails.
  absl::Status Run();

  // Suspends until the entry that a proposal became is applied; its result. Unavailable when
  // another entry took its place, so it certainly has no effect and may be proposed again;
  // DeadlineExceeded, Cancelled, or Aborted (a snapshot took the place of the log) when its fate is
  // unknown. To be called right after Propose.
  absl::StatusOr<std::string> AwaitResult(const raft::Raft::Proposed& proposed, Instant deadline);
  // Suspends until everything up to `index` is applied.
  absl::Status AwaitApplied(Index index, Instant deadline);

  // Everything up to here is applied; stands still while a snapshot is loaded.
  Index applied() const { return applied_; }
  // Suspends while a snapshot is being loaded. The old state is read until then.
  absl::Status AwaitRestored(Instant deadline);

  // Of one transaction; of loading one snapshot.
  const Timing& apply_time() const { return apply_time_; }
  uint64_t restores() const { return restores_; }
  // Payloads applied since the start.
  uint64_t bytes_applied() const { return bytes_applied_; }
  // Suspends until more was applied than `seen` said.
  absl::Status AwaitMore(Index seen);

 private:
  // On the stack of a waiting fiber.
  struct Waiter {
    explicit Waiter(fiber::Scheduler& scheduler) : wakes(scheduler) {}
    fiber::WaitList wakes;
    Term term;  // of the proposal; 0: waits for the index alone
    bool done = false;
    absl::StatusOr<std::string> result = std::string();
  };

  absl::Status Await(Index index, Waiter& waiter, Instant deadline);
  void Resolve(const raft::Entry& entry, const std::string& result);
  // At most so many of them.
  absl::Status ApplySome(size_t most);
  absl::Status Restore(raft::LogPosition last);

  fiber::Scheduler& scheduler_;
  env::Clock& clock_;
  state::StateMachine& machine_;
  SnapshotStore& snapshots_;
  const NodeId node_;
  Observer* observer_;
  fiber::WaitList wakes_;
  std::optional<raft::LogPosition> restore_;  // before the queue
  std::deque<raft::Entry> queue_;
  std::multimap<Index, Waiter*> waiters_;
  Index applied_;
  bool restoring_ = false;
  fiber::Condition changed_;
  Timing apply_time_;
  uint64_t restores_ = 0;
  uint64_t bytes_applied_ = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_APPLIER_H_
