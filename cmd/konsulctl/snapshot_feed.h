// What a SnapshotReader reads from: the bytes of state.bin as a file that is read once, in order.
#ifndef KONSUL_CMD_KONSULCTL_SNAPSHOT_FEED_H_
#define KONSUL_CMD_KONSULCTL_SNAPSHOT_FEED_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cmd/konsulctl/byte_source.h"
#include "core/env/disk.h"
#include "storage/archive/reader.h"

namespace konsul::ctl {

// A disk with one file, whatever its name. Nothing but reading it is possible.
class SnapshotFeed final : public env::Disk {
 public:
  SnapshotFeed(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {}

  // Reads as far as is needed to tell what it is.
  absl::Status Begin();
  // A bare snapshot, and no archive.
  bool bare() const { return !archive_; }
  // Reads the rest. What the archive says, if it is one and all of it is right.
  absl::StatusOr<std::optional<archive::Meta>> End();

  // At most as many of the bytes from `offset` on, which is behind those that were read before;
  // none at the end.
  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer);
  absl::StatusOr<uint64_t> Size();

  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view path,
                                                  env::OpenMode mode) override;
  absl::Status Rename(absl::string_view from, absl::string_view to) override;
  absl::Status Remove(absl::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) override;
  absl::StatusOr<bool> Exists(absl::string_view path) override;
  absl::Status CreateDir(absl::string_view directory) override;
  absl::Status SyncDir(absl::string_view directory) override;
  std::string root() const override { return name_; }

 private:
  // Takes the next piece of the source in; false at its end.
  absl::StatusOr<bool> Pull();
  absl::Status Take(absl::string_view bytes);

  const std::unique_ptr<ByteSource> source_;
  const std::string name_;
  std::optional<archive::ArchiveReader> archive_;
  std::string piece_;
  std::string state_;       // of state.bin, from position_ on
  size_t state_begin_ = 0;  // in state_
  uint64_t position_ = 0;
  bool ended_ = false;
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_SNAPSHOT_FEED_H_
