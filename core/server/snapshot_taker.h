// Writes this server's snapshots and compacts its log (paper 7). Every server does so for itself.
#ifndef KONSUL_CORE_SERVER_SNAPSHOT_TAKER_H_
#define KONSUL_CORE_SERVER_SNAPSHOT_TAKER_H_

#include <compare>
#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/server/applier.h"
#include "core/server/log_writer.h"
#include "core/server/raft_driver.h"
#include "core/server/snapshot_options.h"
#include "core/server/snapshot_store.h"
#include "core/state/state_machine.h"

namespace konsul::server {

class SnapshotTaker {
 public:
  SnapshotTaker(const env::Env& env, const SnapshotOptions& options, state::StateMachine& machine,
                SnapshotStore& store, RaftDriver& driver, Applier& applier, LogWriter& log);

  // The fiber that takes a snapshot whenever one is due. Until cancelled; what goes wrong is tried
  // again later.
  absl::Status Run();

  // Takes one now, unless nothing was applied since the last, and that is intact as far as anybody
  // knows. Suspends; one at a time. The index
  // that the latest snapshot covers.
  absl::StatusOr<Index> Take(Instant deadline);

  struct Held {
    Index index;
    uint64_t bytes_applied;  // Applier::bytes_applied() when it began
    friend auto operator<=>(const Held&, const Held&) = default;
  };
  // The log is not compacted beyond `index` while this lives, within reason: a follower is
  // getting the snapshot that ends there, and will need what comes behind it.
  class Hold {
   public:
    Hold(SnapshotTaker& taker, Index index)
        : taker_(taker), at_(taker.holds_.insert({index, taker.applier_.bytes_applied()})) {}
    ~Hold() { taker_.holds_.erase(at_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    SnapshotTaker& taker_;
    std::multiset<Held>::iterator at_;
  };

  const Timing& time() const { return time_; }

 private:
  bool IsDue() const;
  // Whether the latest one does the service of one that ends at `index`.
  bool IsCovered(Index index) const;
  absl::Status Write();
  absl::Status CompactLog();
  Index CompactTo(Index snapshot) const;

  const env::Env env_;
  const SnapshotOptions options_;
  state::StateMachine& machine_;
  SnapshotStore& store_;
  RaftDriver& driver_;
  Applier& applier_;
  LogWriter& log_;
  fiber::Mutex one_at_a_time_;
  std::multiset<Held> holds_;
  uint64_t bytes_at_last_ = 0;  // Applier::bytes_applied() then
  Timing time_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SNAPSHOT_TAKER_H_
