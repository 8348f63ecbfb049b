// What a server asks of its snapshots on disk; storage/snapshot implements it.
//
// A snapshot is a file that holds the rows of every table as of one index. It is written (Create)
// or received from the leader in pieces (Receive), becomes complete and durable in one step
// (Finish), and is never changed afterwards. Fibers of the server only; every call may suspend
// unless it says otherwise. Byte format: docs/formats/snapshot.md.
#ifndef KONSUL_CORE_SERVER_SNAPSHOT_STORE_H_
#define KONSUL_CORE_SERVER_SNAPSHOT_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/hash.h"
#include "core/raft/snapshot_point.h"
#include "core/state/snapshot_rows.h"

namespace konsul::server {

struct SnapshotMeta {
  raft::SnapshotPoint point;
  Hash128 digest;      // of the state machine at point.last.index
  uint64_t bytes = 0;  // of the file; set once it is complete
};

// Takes rows in ascending order of (table, key). Without Finish, nothing remains.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  // Suspends whenever a block is full and goes to the disk.
  virtual absl::Status Add(const state::Row& row) = 0;
  // The file is complete, durable, and the latest; older ones that nobody reads go.
  virtual absl::StatusOr<SnapshotMeta> Finish() = 0;
};

// A complete snapshot, held: its file stays for as long as this lives, whatever comes after it.
class SnapshotFile {
 public:
  virtual ~SnapshotFile() = default;
  virtual const SnapshotMeta& meta() const = 0;
  // Raw bytes for a peer; at most `size`, fewer at the end.
  virtual absl::StatusOr<std::string> ReadAt(uint64_t offset, uint64_t size) = 0;
  // The rows in order, each block verified before any row of it is given out. DataLoss with file
  // and offset. The source refers to this file.
  virtual std::unique_ptr<state::RowSource> Rows() = 0;
};

// A snapshot on its way in. What has arrived stays on disk when this is destroyed, so that the same
// snapshot (same point, size and checksum) goes on where it stopped, also after a restart.
class SnapshotReceiver {
 public:
  virtual ~SnapshotReceiver() = default;
  // The first byte that is missing.
  virtual uint64_t offset() const = 0;
  // OutOfRange when `offset` is not offset(); ResourceExhausted when the disk is full.
  virtual absl::Status Write(uint64_t offset, absl::string_view bytes) = 0;
  // Checks every block; then as SnapshotWriter::Finish. DataLoss: what had arrived is thrown away.
  virtual absl::StatusOr<SnapshotMeta> Finish() = 0;
};

// A snapshot that a client brings: takes its bytes in, and never becomes the latest. What has been
// taken in goes when this is destroyed, unless Finish has handed it out; see SnapshotStore::Sweep.
class SnapshotSpool {
 public:
  virtual ~SnapshotSpool() = default;
  // ResourceExhausted when the disk is full. After an error nothing remains, and every later call
  // returns it.
  virtual absl::Status Write(absl::string_view bytes) = 0;
  // Reads all of it, every block and every row. Once. InvalidArgument when it is no intact
  // snapshot, FailedPrecondition when it is one of another format version. The file goes when the
  // SnapshotFile is destroyed.
  virtual absl::StatusOr<std::unique_ptr<SnapshotFile>> Finish() = 0;
};

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Never suspends. nullopt before the first one.
  virtual std::optional<SnapshotMeta> latest() const = 0;
  // Reads all of the latest one. DataLoss when its file is damaged: the next one that is finished
  // takes its place, also if it ends at the same index.
  virtual absl::Status CheckLatest() = 0;
  // Whether CheckLatest has found damage that nothing has replaced. Never suspends.
  virtual bool latest_is_damaged() const = 0;
  // `meta.bytes` is ignored. One at a time.
  virtual absl::StatusOr<std::unique_ptr<SnapshotWriter>> Create(const SnapshotMeta& meta) = 0;
  // NotFound before the first one.
  virtual absl::StatusOr<std::unique_ptr<SnapshotFile>> OpenLatest() = 0;
  // One at a time: another snapshot than the one under way replaces it.
  virtual absl::StatusOr<std::unique_ptr<SnapshotReceiver>> Receive(const SnapshotMeta& meta) = 0;
  // Any number at once.
  virtual absl::StatusOr<std::unique_ptr<SnapshotSpool>> Spool() = 0;
  // Removes what nobody needs any more. Create, OpenLatest, Receive, Spool and every Finish do it,
  // too; to be called where a big file was let go of and none of these follows.
  virtual absl::Status Sweep() = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SNAPSHOT_STORE_H_
