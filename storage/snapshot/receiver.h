// A snapshot on its way in from the leader.
#ifndef KONSUL_STORAGE_SNAPSHOT_RECEIVER_H_
#define KONSUL_STORAGE_SNAPSHOT_RECEIVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/server/snapshot_store.h"
#include "storage/snapshot/directory.h"

namespace konsul::snapshot {

// What has arrived is a file named by what is to come of it (PartName). Nothing is synced for the
// sake of going on after a crash: what is found then is checked block by block, and only what is
// intact counts as having arrived.
class FileReceiver final : public server::SnapshotReceiver {
 public:
  // Suspends while it looks at what is there. `turn` is the store's counter of receivers: whoever
  // is not the last any more, gives up.
  static absl::StatusOr<std::unique_ptr<server::SnapshotReceiver>> Begin(
      Directory& directory, const server::SnapshotMeta& meta, const uint64_t& turn);

  uint64_t offset() const override { return offset_; }
  absl::Status Write(uint64_t offset, absl::string_view bytes) override;
  absl::StatusOr<server::SnapshotMeta> Finish() override;

 private:
  FileReceiver(Directory& directory, const server::SnapshotMeta& meta, const uint64_t& turn)
      : directory_(directory),
        meta_(meta),
        turn_(turn),
        my_turn_(turn),
        name_(PartName(meta)),
        path_(directory.Path(name_)) {}

  absl::Status FindOffset();
  absl::Status CheckTurn() const;
  absl::Status Sync();

  Directory& directory_;
  const server::SnapshotMeta meta_;
  const uint64_t& turn_;
  const uint64_t my_turn_;
  const std::string name_;
  const std::string path_;
  std::unique_ptr<env::File> file_;
  uint64_t offset_ = 0;
  uint64_t unsynced_ = 0;
  absl::Status error_;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_RECEIVER_H_
