#include "storage/snapshot/store.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/snapshot/directory.h"
#include "storage/snapshot/file_writer.h"
#include "storage/snapshot/held_file.h"
#include "storage/snapshot/receiver.h"
#include "storage/snapshot/spool.h"

namespace konsul::snapshot {
namespace {

class TemporaryFile final : public server::SnapshotWriter {
 public:
  TemporaryFile(Directory& directory, const server::SnapshotMeta& meta, std::string name,
                std::unique_ptr<env::File> file, size_t block_bytes, bool& writing)
      : directory_(directory),
        meta_(meta),
        name_(std::move(name)),
        writing_(writing),
        writer_(std::move(file), meta, block_bytes, directory.codec()) {
    writing_ = true;
  }
  ~TemporaryFile() override {
    writing_ = false;
    if (!published_) directory_.Discard(name_);
  }

  absl::Status Add(const state::Row& row) override { return writer_.Add(row); }

  absl::StatusOr<server::SnapshotMeta> Finish() override {
    KONSUL_CHECK(!published_, "a snapshot is finished once");
    KONSUL_RETURN_IF_ERROR(writer_.Finish());
    meta_.bytes = writer_.bytes();
    KONSUL_RETURN_IF_ERROR(directory_.Publish(name_, meta_));
    published_ = true;
    return meta_;
  }

 private:
  Directory& directory_;
  server::SnapshotMeta meta_;
  const std::string name_;
  bool& writing_;
  FileWriter writer_;
  bool published_ = false;
};

class Store final : public server::SnapshotStore {
 public:
  Store(const Place& place, Options options, Logger& logger)
      : options_(std::move(options)), directory_(place, options_.directory, logger) {}

  absl::Status Open() { return directory_.Open(); }

  std::optional<server::SnapshotMeta> latest() const override { return directory_.latest(); }

  absl::Status CheckLatest() override { return directory_.CheckLatest(); }
  bool latest_is_damaged() const override { return directory_.latest_is_damaged(); }

  absl::StatusOr<std::unique_ptr<server::SnapshotWriter>> Create(
      const server::SnapshotMeta& meta) override {
    KONSUL_CHECK(!writing_, "two snapshots are written at once");
    KONSUL_RETURN_IF_ERROR(directory_.Sweep());
    const std::string name = NewTemporaryName();
    KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file, Make(name));
    return std::make_unique<TemporaryFile>(directory_, meta, name, std::move(file),
                                           options_.block_bytes, writing_);
  }

  absl::StatusOr<std::unique_ptr<server::SnapshotFile>> OpenLatest() override {
    if (!directory_.latest()) return absl::NotFoundError("there is no snapshot yet");
    // Held before anything suspends.
    const server::SnapshotMeta meta = *directory_.latest();
    auto file = std::make_unique<HeldFile>(directory_, meta, SnapshotName(meta.point.last),
                                           Afterwards::kStays);
    KONSUL_RETURN_IF_ERROR(directory_.Sweep());
    return file;
  }

  absl::StatusOr<std::unique_ptr<server::SnapshotReceiver>> Receive(
      const server::SnapshotMeta& meta) override {
    ++receiver_turn_;
    KONSUL_ASSIGN_OR_RETURN(const std::set<std::string> parts, directory_.NamesWith(kPartSuffix));
    for (const std::string& name : parts) {
      if (name != PartName(meta)) directory_.Discard(name);
    }
    KONSUL_RETURN_IF_ERROR(directory_.Sweep());
    if (directory_.IsGoing(PartName(meta))) {
      return absl::UnavailableError("the rest of an earlier attempt is being removed");
    }
    return FileReceiver::Begin(directory_, meta, receiver_turn_);
  }

  absl::StatusOr<std::unique_ptr<server::SnapshotSpool>> Spool() override {
    KONSUL_RETURN_IF_ERROR(directory_.Sweep());
    const std::string name = NewTemporaryName();
    KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file, Make(name));
    return std::make_unique<FileSpool>(directory_, name, std::move(file));
  }

  absl::Status Sweep() override { return directory_.Sweep(); }

 private:
  // One that none of those had that are still to be removed.
  std::string NewTemporaryName() {
    std::string name;
    do {
      name = absl::StrCat(++temporaries_, kTemporarySuffix);
    } while (directory_.IsGoing(name));
    return name;
  }
  absl::StatusOr<std::unique_ptr<env::File>> Make(const std::string& name) {
    return directory_.disk().Open(directory_.Path(name), env::OpenMode::kCreateNew);
  }

  const Options options_;
  Directory directory_;
  bool writing_ = false;
  uint64_t temporaries_ = 0;  // so far
  uint64_t receiver_turn_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::SnapshotStore>> Open(env::Disk& disk, const Options& options,
                                                            Logger& logger,
                                                            fiber::Scheduler& scheduler) {
  auto store = std::make_unique<Store>(Place{disk, scheduler}, options, logger);
  KONSUL_RETURN_IF_ERROR(store->Open());
  return store;
}

}  // namespace konsul::snapshot
