// Files of one node, below one directory: its data directory.
//
// Paths are relative, with '/' between parts ("wal/000001.seg"). All calls suspend the calling
// fiber, never the thread. Durability is as POSIX promises and no better: written bytes survive
// the process, not a power loss; they survive that only after Sync, and a created, renamed or
// removed name only after SyncDir of its directory.
//
// Errors: NotFound, ResourceExhausted (disk full), PermissionDenied, Unavailable for an I/O error
// (EIO), Cancelled. Every message names the path. After a failed Sync the state of the bytes
// written since the last good one is unknown, and a second Sync that succeeds proves nothing
// (Rebello et al., "Can Applications Recover from fsync Failures?", ATC'20): the caller must stop
// relying on the file.
#ifndef KONSUL_CORE_ENV_DISK_H_
#define KONSUL_CORE_ENV_DISK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace konsul::env {

// An open file. Calls on one file may overlap only where they are reads; a Sync covers the writes
// that returned before it began.
class File {
 public:
  virtual ~File() = default;  // closes without sync

  // Returns how many bytes were read; fewer than buffer.size() only at the end of the file.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) = 0;
  // Writes all of `data`, growing the file if needed. On error an unknown part was written.
  virtual absl::Status WriteAt(uint64_t offset, absl::string_view data) = 0;
  // What was written, and the size, survives a power loss once this returns OK (fdatasync).
  virtual absl::Status Sync() = 0;
  // Makes the file `size` bytes long, the new part zeros, with its blocks really reserved and
  // written, and syncs: later writes inside neither fail for want of space nor change metadata.
  virtual absl::Status Allocate(uint64_t size) = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
  virtual absl::StatusOr<uint64_t> Size() = 0;
};

enum class OpenMode {
  kRead,       // NotFound when missing
  kReadWrite,  // NotFound when missing
  kCreate,     // read and write; made empty when missing, kept as it is otherwise
  kCreateNew,  // read and write; AlreadyExists when it is there
};

// One per node, owned by its world, outlives every File.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual absl::StatusOr<std::unique_ptr<File>> Open(absl::string_view path, OpenMode mode) = 0;
  // Replaces `to` atomically when it exists.
  virtual absl::Status Rename(absl::string_view from, absl::string_view to) = 0;
  virtual absl::Status Remove(absl::string_view path) = 0;
  // Names (not paths) of the entries of a directory, sorted. "" is the root.
  virtual absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) = 0;
  virtual absl::StatusOr<bool> Exists(absl::string_view path) = 0;
  // Parents included; OK when it is there already.
  virtual absl::Status CreateDir(absl::string_view directory) = 0;
  // Names created, renamed or removed in this directory before the call survive a power loss.
  virtual absl::Status SyncDir(absl::string_view directory) = 0;

  // For messages to people: where the data directory is.
  virtual std::string root() const = 0;
};

}  // namespace konsul::env

#endif  // KONSUL_CORE_ENV_DISK_H_
