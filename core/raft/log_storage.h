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

class LogStorage {
 public:
  virtual ~LogStorage() = default;

  // Suspends until the batch is durable. One at a time. After an error the log is poisoned and
  // every later Append returns that error.
  virtual absl::Status Append(const LogBatch& batch) = 0;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_LOG_STORAGE_H_
