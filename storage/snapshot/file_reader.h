// Reads a snapshot file from its beginning to its end, and believes nothing that is not checked.
#ifndef KONSUL_STORAGE_SNAPSHOT_FILE_READER_H_
#define KONSUL_STORAGE_SNAPSHOT_FILE_READER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/disk.h"
#include "core/fiber/scheduler.h"
#include "core/state/snapshot_rows.h"
#include "storage/snapshot/codec.h"
#include "storage/snapshot/format.h"

namespace konsul::snapshot {

// Where snapshots are, and what lets other fibers run while one is read.
struct Place {
  env::Disk& disk;
  fiber::Scheduler& scheduler;
};

// Block by block. Every call suspends. Errors: DataLoss with file and offset,
// FailedPrecondition for another format version, else what the disk says.
class FileReader {
 public:
  // `path` is below the disk's root; disk and scheduler outlive the reader.
  FileReader(const Place& place, std::string path) : place_(place), path_(std::move(path)) {}

  // Before anything else: the header, with meta().bytes set to the size of the file.
  absl::Status Open();
  const server::SnapshotMeta& meta() const { return header_.meta; }

  // The next block of rows, intact. False when the end block has been reached, which is checked
  // against all that came before and against the size of the file.
  absl::StatusOr<bool> NextBlock();
  // Until the next call of NextBlock.
  const BlockHeader& block() const { return block_; }
  absl::string_view payload() const { return payload_; }

  // Behind the last part that was intact, the end block included; 0 before the header.
  uint64_t offset() const { return offset_; }

  // "PATH: the snapshot is damaged at offset N: WHAT".
  absl::Status Damaged(uint64_t offset, absl::string_view what) const;

 private:
  // The bytes from offset_ on; fewer than `size` at the end of the file.
  absl::StatusOr<absl::string_view> Peek(uint64_t size);
  void Take(absl::string_view bytes);

  const Place place_;
  const std::string path_;
  std::unique_ptr<env::File> file_;
  Header header_;
  uint64_t offset_ = 0;
  std::string buffer_;  // of the file, from buffer_at_ on
  uint64_t buffer_at_ = 0;
  Totals seen_;
  BlockHeader block_;
  absl::string_view payload_;
};

// The rows of a snapshot file, from a reader of its own.
class FileRows final : public state::RowSource {
 public:
  // `codec` outlives the rows.
  FileRows(const Place& place, std::string path, Codec& codec);

  absl::StatusOr<bool> Next(state::Row& row) override;
  // Once Next has returned something.
  const server::SnapshotMeta& meta() const { return reader_.meta(); }

 private:
  absl::Status Decompress();

  FileReader reader_;
  Codec& codec_;
  bool opened_ = false;
  std::string raw_;
  absl::string_view rest_;  // of raw_ or of the reader's payload
  uint64_t rows_left_ = 0;
  state::Row last_;
  std::string last_key_;  // owns last_.key across blocks
};

// Reads all of a file: every block and the end. The meta.
absl::StatusOr<server::SnapshotMeta> Verify(const Place& place, const std::string& path);

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_FILE_READER_H_
