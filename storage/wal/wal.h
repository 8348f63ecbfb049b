// The segmented write-ahead log: the source of truth of a server. Byte format, recovery rules and
// the reasons behind both: docs/formats/wal.md.
//
// One fiber appends (core/server/log_writer.h); an Append is one batch, written contiguously and
// synced once, and is atomic: after a crash a batch is there wholly or not at all, and a batch that
// Append returned OK for is there. After any error the log is poisoned and every later Append
// returns that error: bytes of unknown durability must not be built upon.
#ifndef KONSUL_STORAGE_WAL_WAL_H_
#define KONSUL_STORAGE_WAL_WAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/fiber/scheduler.h"
#include "core/raft/log_storage.h"
#include "core/raft/types.h"

namespace konsul::wal {

struct Options {
  std::string directory = "wal";  // below the disk's root
  uint64_t segment_bytes = 64 << 20;
};

using Batch = raft::LogBatch;

class Wal : public raft::LogStorage {
 public:
  struct Opened {
    std::unique_ptr<Wal> wal;
    raft::HardState hard_state;
    // The entry that the log begins behind: 0/0, or what Reset said last, or where the oldest
    // segment begins that Compact has left. Always exact, term included, and never an entry that
    // Compact was not told of.
    raft::LogPosition base;
    std::vector<raft::Entry> entries;  // contiguous, the first one right behind `base`
    // What was cut as a torn tail, for the log line: bytes of an append that no one was told of.
    uint64_t torn_bytes = 0;
  };
  // Recovers, or creates an empty log. `node` is written into each segment and compared.
  // DataLoss (file, offset and reason in the message) when durable bytes are damaged;
  // FailedPrecondition when the directory belongs to another node or another format version.
  // Suspends. `background` gets the fibers that prepare the next segment and remove old ones;
  // cancel and join it before the Wal is destroyed.
  static absl::StatusOr<Opened> Open(env::Disk& disk, const Options& options, NodeId node,
                                     Logger& logger, fiber::Group& background);
  // raft::LogStorage's Append and Reset are one write and one sync each. Compact never suspends:
  // the segments whose last entry is not needed any more are removed in the background, the oldest
  // first, each removal durable before the next. One that fails is logged and tried again at the
  // next Compact; it poisons nothing.
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_WAL_H_
