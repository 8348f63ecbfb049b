// The fiber that applies committed entries, and those who wait for that.
#ifndef KONSUL_CORE_SERVER_APPLIER_H_
#define KONSUL_CORE_SERVER_APPLIER_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/fiber/scheduler.h"
#include "core/raft/raft.h"
#include "core/raft/types.h"
#include "core/server/observer.h"
#include "core/state/state_machine.h"

namespace konsul::server {

class Applier {
 public:
  // Entries per transaction of the state machine: large enough to share its cost, small enough not
  // to hold up other fibers for more than some milliseconds.
  static constexpr size_t kEntriesPerTransaction = 512;

  // `observer` may be null.
  Applier(fiber::Scheduler& scheduler, state::StateMachine& machine, NodeId node,
          Observer* observer);

  // Never suspends.
  void Enqueue(std::vector<raft::Entry> committed);
  // The applier fiber: until cancelled (Cancelled) or until the state machine fails.
  absl::Status Run();

  // Suspends until the entry that a proposal became is applied; its result. Unavailable when
  // another entry took its place, so it certainly has no effect and may be proposed again;
  // DeadlineExceeded or Cancelled when its fate is unknown. To be called right after Propose.
  absl::StatusOr<std::string> AwaitResult(const raft::Raft::Proposed& proposed, Instant deadline);
  // Suspends until everything up to `index` is applied.
  absl::Status AwaitApplied(Index index, Instant deadline);

  Index applied() const { return machine_.applied(); }

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

  fiber::Scheduler& scheduler_;
  state::StateMachine& machine_;
  const NodeId node_;
  Observer* observer_;
  fiber::WaitList wakes_;
  std::deque<raft::Entry> queue_;
  std::multimap<Index, Waiter*> waiters_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_APPLIER_H_
