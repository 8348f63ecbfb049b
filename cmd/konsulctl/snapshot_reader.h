// Snapshots as files and replies hold them, read once from front to end: nothing is unpacked to
// disk, and some MiB of memory do for any size.
#ifndef KONSUL_CMD_KONSULCTL_SNAPSHOT_READER_H_
#define KONSUL_CMD_KONSULCTL_SNAPSHOT_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cmd/konsulctl/byte_source.h"
#include "cmd/konsulctl/command.h"
#include "core/fiber/scheduler.h"
#include "core/server/snapshot_store.h"
#include "core/state/snapshot_rows.h"
#include "storage/archive/meta.h"
#include "storage/snapshot/codec.h"
#include "storage/snapshot/file_reader.h"

namespace konsul::ctl {

class SnapshotFeed;

// The rows of an archive (docs/formats/archive.md), or of a bare snapshot file as servers have it
// (snapshot.md). Every error names the source. A row is intact when it is handed out; that nothing
// is missing, and that the archive's checksums are right, is known once Next has said that there
// are no more.
class SnapshotReader final : public state::RowSource {
 public:
  // `name` is for messages. On a fiber of `scheduler`, which outlives the reader.
  SnapshotReader(std::unique_ptr<ByteSource> source, std::string name, fiber::Scheduler& scheduler);
  ~SnapshotReader() override;

  absl::StatusOr<bool> Next(state::Row& row) override;

  // Once Next has returned something: whether it is a snapshot file alone, without an archive.
  bool bare() const;
  // Likewise: what the snapshot itself says.
  const server::SnapshotMeta& snapshot() const { return rows_->meta(); }
  // After the end: what the archive says, or what one would say of a bare snapshot.
  const archive::Meta& meta() const { return *meta_; }

 private:
  absl::Status Begin();
  absl::Status Named(const absl::Status& status) const;
  // The rest, and whether all fits.
  absl::Status End();

  const std::string name_;
  fiber::Scheduler& scheduler_;
  const std::unique_ptr<SnapshotFeed> feed_;
  snapshot::Codec codec_;
  std::optional<snapshot::FileRows> rows_;
  std::optional<archive::Meta> meta_;
};

// Reads all of it, for whoever only wants to know that it is right.
absl::Status CheckAll(SnapshotReader& reader);

// Opens a file on this machine. NotFound.
absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot(const std::string& path,
                                                             fiber::Scheduler& scheduler);

// Runs `body` on a fiber of its own, for commands without a server. Blocks.
absl::StatusOr<Outcome> OnFiber(
    const std::function<absl::StatusOr<Outcome>(fiber::Scheduler&)>& body);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_SNAPSHOT_READER_H_
