// The snapshots of one server, as files of one directory. Byte format, names, and what a crash may
// leave: docs/formats/snapshot.md.
#ifndef KONSUL_STORAGE_SNAPSHOT_STORE_H_
#define KONSUL_STORAGE_SNAPSHOT_STORE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/fiber/scheduler.h"
#include "core/server/snapshot_store.h"

namespace konsul::snapshot {

struct Options {
  std::string directory = "snapshots";  // below the disk's root
  // Of rows in one block. A block is packed, or checked and unpacked, without giving way: 64 KiB
  // take some 0.2 ms.
  size_t block_bytes = 64 << 10;
};

// Finds the latest snapshot, reads all of it, and removes what crashes have left, except for a
// snapshot that was on its way in. DataLoss (file, offset, reason) when the latest one is damaged:
// the log before it is gone, so it must not be passed over in silence. FailedPrecondition when it
// is of another format version. Suspends. All that is handed in outlives the store, and the store
// outlives what it hands out.
absl::StatusOr<std::unique_ptr<server::SnapshotStore>> Open(env::Disk& disk, const Options& options,
                                                            Logger& logger,
                                                            fiber::Scheduler& scheduler);

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_STORE_H_
