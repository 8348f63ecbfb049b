// A snapshot that a client brings, in a temporary file of its own.
#ifndef KONSUL_STORAGE_SNAPSHOT_SPOOL_H_
#define KONSUL_STORAGE_SNAPSHOT_SPOOL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/server/snapshot_store.h"
#include "storage/snapshot/directory.h"

namespace konsul::snapshot {

// Nothing here has to outlive the process: what a start finds under such a name, it removes. The
// file is synced on the way all the same, so that the system never flushes all of it before a sync
// of the log.
class FileSpool final : public server::SnapshotSpool {
 public:
  // `file` is empty, its name a temporary one of `directory`, which outlives the spool.
  FileSpool(Directory& directory, std::string name, std::unique_ptr<env::File> file);
  ~FileSpool() override;

  absl::Status Write(absl::string_view bytes) override;
  absl::StatusOr<std::unique_ptr<server::SnapshotFile>> Finish() override;

 private:
  absl::Status Append(absl::string_view bytes);
  // Reads the file as whoever restores it will.
  absl::StatusOr<server::SnapshotMeta> ReadAll();
  // `error` from now on; what is there is removed at once.
  absl::Status Fail(absl::Status error);

  Directory& directory_;
  const std::string name_;
  std::unique_ptr<env::File> file_;
  uint64_t offset_ = 0;
  uint64_t unsynced_ = 0;
  absl::Status error_;
  bool is_mine_ = true;  // the file; handed out or thrown away otherwise
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_SPOOL_H_
