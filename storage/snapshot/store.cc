#include "storage/snapshot/store.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/snapshot/directory.h"
#include "storage/snapshot/file_reader.h"
#include "storage/snapshot/file_writer.h"
#include "storage/snapshot/receiver.h"

namespace konsul::snapshot {
namespace {

// Holds the file's name, and opens it when it is read.
class HeldFile final : public server::SnapshotFile {
 public:
  HeldFile(Directory& directory, const server::SnapshotMeta& meta)
      : directory_(directory), meta_(meta), name_(SnapshotName(meta.point.last)) {
    directory_.Hold(name_);
  }
  ~HeldFile() override { directory_.Release(name_); }

  const server::SnapshotMeta& meta() const override { return meta_; }

  absl::StatusOr<std::string> ReadAt(uint64_t offset, uint64_t size) override {
    if (file_ == nullptr) {
      KONSUL_ASSIGN_OR_RETURN(file_,
                              directory_.disk().Open(directory_.Path(name_), env::OpenMode::kRead));
    }
    if (offset >= meta_.bytes) return std::string();
    std::string bytes(std::min(size, meta_.bytes - offset), '\0');
    KONSUL_ASSIGN_OR_RETURN(const size_t got, file_->ReadAt(offset, absl::MakeSpan(bytes)));
    bytes.resize(got);
    return bytes;
  }

  std::unique_ptr<state::RowSource> Rows() override {
    return std::make_unique<FileRows>(directory_.place(), directory_.Path(name_),
                                      directory_.codec());
  }

 private:
  Directory& directory_;
  const server::SnapshotMeta meta_;
  const std::string name_;
  std::unique_ptr<env::File> file_;
};

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
    // A name that none of those had that are still to be removed.
    const std::string name = absl::StrCat(++writers_, kTemporarySuffix);
    KONSUL_ASSIGN_OR_RETURN(
        std::unique_ptr<env::File> file,
        directory_.disk().Open(directory_.Path(name), env::OpenMode::kCreateNew));
    return std::make_unique<TemporaryFile>(directory_, meta, name, std::move(file),
                                           options_.block_bytes, writing_);
  }

  absl::StatusOr<std::unique_ptr<server::SnapshotFile>> OpenLatest() override {
    if (!directory_.latest()) return absl::NotFoundError("there is no snapshot yet");
    // Held before anything suspends.
    auto file = std::make_unique<HeldFile>(directory_, *directory_.latest());
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

 private:
  const Options options_;
  Directory directory_;
  bool writing_ = false;
  uint64_t writers_ = 0;  // so far
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
