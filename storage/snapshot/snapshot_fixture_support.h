// What the tests of snapshots share.
#ifndef KONSUL_STORAGE_SNAPSHOT_SNAPSHOT_FIXTURE_SUPPORT_H_
#define KONSUL_STORAGE_SNAPSHOT_SNAPSHOT_FIXTURE_SUPPORT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "core/fiber/scheduler.h"
#include "core/fiber/stack_pool.h"
#include "core/state/table_store.h"
#include "storage/snapshot/store.h"
#include "storage/wal/memory_disk_support.h"

namespace konsul::snapshot {

using wal::MemoryDisk;
using Rows = std::vector<state::Replacement::Row>;

// The meta of a snapshot that ends at `index`; the digest tells it from others.
server::SnapshotMeta MetaAt(uint64_t index, uint64_t digest = 1);
// In order; some big, some empty, some that cannot be packed.
Rows RandomRows(env::Random& random, size_t count);

class SnapshotWorld {
 public:
  // Blocks as small as they come, so that there are several.
  static Options SmallOptions() { return Options{.directory = "snapshots", .block_bytes = 300}; }

  // Runs `body` on a fiber until it and all it woke have ended.
  void Run(const std::function<void()>& body);
  // Opens the store and hands it to `body`. Returns Open's status.
  absl::Status WithStore(MemoryDisk& disk, const std::function<void(server::SnapshotStore&)>& body);

  // On a fiber.
  absl::StatusOr<server::SnapshotMeta> Write(server::SnapshotStore& store,
                                             const server::SnapshotMeta& meta, const Rows& rows);
  absl::StatusOr<Rows> Read(server::SnapshotFile& file);
  absl::StatusOr<Rows> ReadLatest(server::SnapshotStore& store);
  // The bytes of a snapshot as its leader has them, with the meta that goes with them.
  std::pair<server::SnapshotMeta, std::string> Remote(uint64_t index, const Rows& rows,
                                                      uint64_t digest = 1);

  explicit SnapshotWorld(fiber::PickPolicy* policy = nullptr) : scheduler(stacks, policy) {}

  fiber::StackPool stacks;
  fiber::Scheduler scheduler;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_SNAPSHOT_FIXTURE_SUPPORT_H_
