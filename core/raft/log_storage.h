// What consensus asks of a log on disk; storage/wal implements it.
#ifndef KONSUL_CORE_RAFT_LOG_STORAGE_H_
#define KONSUL_CORE_RAFT_LOG_STORAGE_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/raft/types.h"

namespace konsul::raft {

// What one Append makes durable, wholly or not at all.
struct LogBatch {
  std::optional<HardState> hard_state;
  // Contiguous. When the first index is not past the end of the log, the log's suffix from there on
  // is replaced.
  absl::Span<const Entry> entries;
};

// Calls come one at a time, from the fiber that writes the log (core/server/log_writer.h). After an
// error the log is poisoned and every later call returns that error.
class LogStorage {
 public:
  virtual ~LogStorage() = default;

  // Suspends until the batch is durable.
  virtual absl::Status Append(const LogBatch& batch) = 0;

  // Entries up to and including `upto` are not needed any more: a durable snapshot covers them.
  // Gives back what room it can (whole segments); a restart may find some of them again. Never
  // touches what is behind `upto`, nor the hard state.
  virtual absl::Status Compact(Index upto) = 0;

  // Every entry goes, and the log goes on behind `base`, the last entry of a durable snapshot that
  // came from the leader. The hard state stays. Suspends until that is durable: a crash leaves
  // either the old log or the new, empty one.
  virtual absl::Status Reset(LogPosition base) = 0;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_LOG_STORAGE_H_
