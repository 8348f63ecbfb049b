#include "storage/snapshot/spool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"
#include "storage/snapshot/file_reader.h"
#include "storage/snapshot/held_file.h"

namespace konsul::snapshot {
namespace {

constexpr uint64_t kSyncStep = 8 << 20;

}  // namespace

FileSpool::FileSpool(Directory& directory, std::string name, std::unique_ptr<env::File> file)
    : directory_(directory), name_(std::move(name)), file_(std::move(file)) {}

FileSpool::~FileSpool() {
  if (is_mine_) directory_.Discard(name_);
}

absl::Status FileSpool::Fail(absl::Status error) {
  error_ = std::move(error);
  file_.reset();
  is_mine_ = false;
  directory_.Discard(name_);
  // Cancelled once more, or logged.
  directory_.Sweep().IgnoreError();
  return error_;
}

absl::Status FileSpool::Append(absl::string_view bytes) {
  KONSUL_RETURN_IF_ERROR(file_->WriteAt(offset_, bytes));
  offset_ += bytes.size();
  unsynced_ += bytes.size();
  if (unsynced_ < kSyncStep) return absl::OkStatus();
  unsynced_ = 0;
  return file_->Sync();
}

absl::Status FileSpool::Write(absl::string_view bytes) {
  KONSUL_RETURN_IF_ERROR(error_);
  const absl::Status status = Append(bytes);
  return status.ok() ? status : Fail(status);
}

absl::StatusOr<server::SnapshotMeta> FileSpool::ReadAll() {
  FileRows rows(directory_.place(), directory_.Path(name_), directory_.codec());
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, rows.Next(row));
    if (!more) return rows.meta();
  }
}

absl::StatusOr<std::unique_ptr<server::SnapshotFile>> FileSpool::Finish() {
  KONSUL_RETURN_IF_ERROR(error_);
  const absl::StatusOr<server::SnapshotMeta> meta = ReadAll();
  if (!meta.ok()) {
    // The client knows nothing of where its bytes are, and it is not this server's loss.
    const std::string path =
        absl::StrCat(directory_.disk().root(), "/", directory_.Path(name_), ": ");
    const absl::string_view why = absl::StripPrefix(meta.status().message(), path);
    if (absl::IsDataLoss(meta.status())) return Fail(absl::InvalidArgumentError(why));
    return Fail(absl::Status(meta.status().code(), why));
  }
  file_.reset();
  is_mine_ = false;
  error_ = absl::FailedPreconditionError("the snapshot has been handed out already");
  return std::make_unique<HeldFile>(directory_, *meta, name_, Afterwards::kGoes);
}

}  // namespace konsul::snapshot
