// A complete snapshot file that somebody reads.
#ifndef KONSUL_STORAGE_SNAPSHOT_HELD_FILE_H_
#define KONSUL_STORAGE_SNAPSHOT_HELD_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/server/snapshot_store.h"
#include "storage/snapshot/directory.h"

namespace konsul::snapshot {

enum class Afterwards : uint8_t {
  kStays,  // unless somebody else says that it is of no use
  kGoes,
};

// Holds the file's name, and opens it when it is read.
class HeldFile final : public server::SnapshotFile {
 public:
  // `directory` outlives the file.
  HeldFile(Directory& directory, const server::SnapshotMeta& meta, std::string name,
           Afterwards afterwards)
      : directory_(directory), meta_(meta), name_(std::move(name)), afterwards_(afterwards) {
    directory_.Hold(name_);
  }
  ~HeldFile() override {
    directory_.Release(name_);
    if (afterwards_ == Afterwards::kGoes) directory_.Discard(name_);
  }

  const server::SnapshotMeta& meta() const override { return meta_; }
  absl::StatusOr<std::string> ReadAt(uint64_t offset, uint64_t size) override;
  std::unique_ptr<state::RowSource> Rows() override;

 private:
  Directory& directory_;
  const server::SnapshotMeta meta_;
  const std::string name_;
  const Afterwards afterwards_;
  std::unique_ptr<env::File> file_;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_HELD_FILE_H_
