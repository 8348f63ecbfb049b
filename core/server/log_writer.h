// The fiber that makes log batches durable, and lets out what had to wait for that.
#ifndef KONSUL_CORE_SERVER_LOG_WRITER_H_
#define KONSUL_CORE_SERVER_LOG_WRITER_H_

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/env/clock.h"
#include "core/fiber/scheduler.h"
#include "core/raft/log_storage.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "core/server/operator.h"

namespace konsul::server {

// One Ready's share of the log.
struct LogWork {
  std::optional<raft::HardState> hard_state;
  std::optional<raft::LogPosition> restore;  // comes before the entries
  std::vector<raft::Entry> entries;
  std::vector<raft::Message> messages_after_persist;

  // Takes it out of `ready`.
  static LogWork Of(raft::Ready& ready);
  bool NeedsPersist() const {
    return hard_state.has_value() || restore.has_value() || !entries.empty();
  }
  raft::LogPosition Last() const;
};

// Group commit: what is queued while one append syncs becomes the next append, however many batches
// that are. Order is kept: a batch's messages go out after all earlier batches are durable too.
class LogWriter {
 public:
  using Send = std::function<void(raft::Message)>;
  // The last entry of one batch, 0/0 when it had none (raft::Raft::Persisted).
  using Persisted = std::function<void(Index, Term)>;

  LogWriter(fiber::Scheduler& scheduler, env::Clock& clock, raft::LogStorage& log, Send send,
            Persisted persisted);

  // Never suspends.
  void Enqueue(LogWork work);
  // Gives back the room of entries up to `upto` when nothing is waiting to be written. Never
  // suspends.
  void Compact(Index upto);
  // The writer fiber: until cancelled (Cancelled) or until the log fails (its error).
  absl::Status Run();

  const Timing& sync_time() const { return sync_time_; }
  uint64_t entries_written() const { return entries_written_; }

 private:
  absl::Status WriteSome();
  void Done(LogWork& work);

  env::Clock& clock_;
  raft::LogStorage& log_;
  Send send_;
  Persisted persisted_;
  fiber::WaitList wakes_;
  std::deque<LogWork> queue_;
  Index compact_to_;
  Index compacted_;
  Timing sync_time_;
  uint64_t entries_written_ = 0;
};

// Puts `later` behind `entries` as the log would: where they overlap, later replaces. For tests and
// LogWriter.
void MergeEntries(std::vector<raft::Entry>& entries, std::vector<raft::Entry> later);

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_LOG_WRITER_H_
