// Linearizable reads that share the cost of asking: while one round is under way, all readers that
// arrive wait together for the next one. (They cannot join the round under way: it may have been
// answered before they asked.)
#ifndef KONSUL_CORE_SERVER_READ_BATCHER_H_
#define KONSUL_CORE_SERVER_READ_BATCHER_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/fiber/scheduler.h"

namespace konsul::server {

class ReadBatcher {
 public:
  // Suspends until the leader is confirmed; returns the index that a reader has to wait for.
  using Round = std::function<absl::StatusOr<Index>()>;

  ReadBatcher(fiber::Scheduler& scheduler, Round round);

  // Suspends until a round that began after this call ends. Its result, DeadlineExceeded or
  // Cancelled.
  absl::StatusOr<Index> Confirm(Instant deadline);
  // The fiber that makes the rounds, until cancelled.
  absl::Status Run();

 private:
  // On the stack of a waiting fiber.
  struct Waiter {
    explicit Waiter(fiber::Scheduler& scheduler) : wakes(scheduler) {}
    fiber::WaitList wakes;
    bool done = false;
    absl::StatusOr<Index> result = Index();
  };

  fiber::Scheduler& scheduler_;
  Round round_;
  fiber::WaitList wakes_;
  std::vector<Waiter*> next_;  // wait for the next round
  std::vector<Waiter*> under_way_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_READ_BATCHER_H_
