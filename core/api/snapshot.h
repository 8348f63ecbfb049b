// Saving the state as a snapshot, and putting one in its place
// (https://developer.hashicorp.com/consul/api-docs/snapshot). What is promised across a restore:
// docs/api/snapshot.md, core/state/restoration.h.
#ifndef KONSUL_CORE_API_SNAPSHOT_H_
#define KONSUL_CORE_API_SNAPSHOT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "core/server/snapshot_store.h"
#include "core/state/restoration.h"

namespace konsul::api {

struct SavedSnapshot {
  std::unique_ptr<server::SnapshotFile> file;
  ReadMeta meta;
};
// The state as a read of that consistency would find it, or later. Suspends while it is written.
absl::StatusOr<SavedSnapshot> SaveSnapshot(const Context& context, const ReadOptions& options);

// A file for a snapshot that a client brings; Finish says whether it is one.
absl::StatusOr<std::unique_ptr<server::SnapshotSpool>> SpoolSnapshot(const Context& context);

// What clients brought and the handlers have let go of takes no room any more. Errors are left to
// the next one who asks for room.
void SweepSnapshots(const Context& context);

// Puts `file` in the place of the state of the whole cluster, in one step. Suspends until that is
// done. FailedPrecondition when its rows make no sense, or another restore began; then, and after
// any other error but DeadlineExceeded, nothing has changed.
absl::Status RestoreSnapshot(const Context& context, server::SnapshotFile& file);

// What RestoreSnapshot would change.
struct SnapshotDiff {
  struct Change {
    state::Restoration::Change change;
    state::Table table;
    std::string key;
  };
  state::Restoration::Summary summary;
  std::vector<Change> first;  // as many as were asked for
};
// Against the state as a read of the default consistency would find it. InvalidArgument when the
// rows make no sense, ResourceExhausted when too many of such reads are under way.
absl::StatusOr<SnapshotDiff> CompareSnapshot(const Context& context, server::SnapshotFile& file,
                                             size_t changes_max);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_SNAPSHOT_H_
