// Reads a log back: what is durable, what was being written when the power went, what is damaged.
// The rules and why they suffice: docs/formats/wal.md, section "Recovery".
#ifndef KONSUL_STORAGE_WAL_RECOVERY_H_
#define KONSUL_STORAGE_WAL_RECOVERY_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/raft/types.h"
#include "storage/wal/past_segments.h"
#include "storage/wal/segment.h"

namespace konsul::wal {

struct Recovery {
  raft::HardState hard_state;
  raft::LogPosition base;
  std::vector<raft::Entry> entries;
  raft::LogPosition end() const {
    return entries.empty() ? base : raft::LogPosition{entries.back().index, entries.back().term};
  }
  uint64_t torn_bytes = 0;
  uint64_t next_batch = 1;
  // What the segments before the active one hold.
  std::deque<PastSegment> past;
  // As `past`, of the active one.
  Index active_last_index;
  // Contiguous; segments[active] takes the next batch at offset `tail`, those after it are empty.
  // No segment at all when the log is new.
  std::vector<Segment> segments;
  size_t active = 0;
  uint64_t tail = kSegmentHeaderBytes;
};

// Reads, cuts a torn tail, and syncs what it returns. The directory must exist. Errors as
// Wal::Open; after a DataLoss no segment was changed. Suspends.
absl::StatusOr<Recovery> Recover(env::Disk& disk, absl::string_view directory, NodeId node,
                                 Logger& logger);

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_RECOVERY_H_
