// Writes a snapshot file, block by block.
#ifndef KONSUL_STORAGE_SNAPSHOT_FILE_WRITER_H_
#define KONSUL_STORAGE_SNAPSHOT_FILE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "core/env/disk.h"
#include "core/state/snapshot_rows.h"
#include "storage/snapshot/codec.h"
#include "storage/snapshot/format.h"

namespace konsul::snapshot {

// After an error every later call returns it.
class FileWriter {
 public:
  // `file` is empty. A block is closed once its rows have `block_bytes`.
  // `codec` outlives the writer.
  FileWriter(std::unique_ptr<env::File> file, const server::SnapshotMeta& meta, size_t block_bytes,
             Codec& codec);

  // Rows in ascending order. Suspends when a block is full.
  absl::Status Add(const state::Row& row);
  // The rest and the end; durable when it returns OK.
  absl::Status Finish();
  uint64_t bytes() const { return offset_; }

 private:
  absl::Status CloseBlock();
  absl::Status Write(absl::string_view bytes);

  const std::unique_ptr<env::File> file_;
  const size_t block_bytes_;
  Codec& codec_;
  absl::Status error_;
  uint32_t header_crc_ = 0;
  uint64_t offset_ = 0;
  uint64_t unsynced_ = 0;
  Totals totals_;
  std::string header_;  // until it is written
  std::string raw_;     // rows of the block that is open
  uint32_t rows_ = 0;
  std::string packed_, block_;  // kept for their memory
  state::Row last_;
  std::string last_key_;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_FILE_WRITER_H_
