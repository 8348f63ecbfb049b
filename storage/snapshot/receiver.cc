#include "storage/snapshot/receiver.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "storage/snapshot/file_reader.h"

namespace konsul::snapshot {
namespace {

// As the writer's: no flush of everything at once.
constexpr uint64_t kSyncStep = 8 << 20;

bool IsSame(const server::SnapshotMeta& a, const server::SnapshotMeta& b) {
  return a.point == b.point && a.digest == b.digest;
}

}  // namespace

absl::StatusOr<std::unique_ptr<server::SnapshotReceiver>> FileReceiver::Begin(
    Directory& directory, const server::SnapshotMeta& meta, const uint64_t& turn) {
  auto receiver = absl::WrapUnique(new FileReceiver(directory, meta, turn));
  KONSUL_ASSIGN_OR_RETURN(receiver->file_,
                          directory.disk().Open(receiver->path_, env::OpenMode::kCreate));
  KONSUL_RETURN_IF_ERROR(receiver->FindOffset());
  KONSUL_RETURN_IF_ERROR(receiver->CheckTurn());
  return receiver;
}

absl::Status FileReceiver::FindOffset() {
  FileReader reader(directory_.place(), path_);
  absl::Status status = reader.Open();
  if (status.ok() && (!IsSame(reader.meta(), meta_) || reader.meta().bytes > meta_.bytes)) {
    return file_->Truncate(0);
  }
  bool more = status.ok();
  while (more) {
    absl::StatusOr<bool> next = reader.NextBlock();
    status = next.status();
    more = next.ok() && *next;
  }
  // Damage is what a crash leaves of a file that was not synced; it is written over.
  if (!status.ok() && !absl::IsDataLoss(status) && !absl::IsFailedPrecondition(status)) {
    return status;
  }
  offset_ = reader.offset();
  return absl::OkStatus();
}

absl::Status FileReceiver::CheckTurn() const {
  if (turn_ == my_turn_) return error_;
  return absl::AbortedError("another snapshot is being received instead");
}

absl::Status FileReceiver::Sync() {
  error_ = file_->Sync();
  // Nobody knows what is on the disk now, so nothing counts as having arrived.
  if (!error_.ok() && !absl::IsCancelled(error_)) directory_.Discard(name_);
  return error_;
}

absl::Status FileReceiver::Write(uint64_t offset, absl::string_view bytes) {
  KONSUL_RETURN_IF_ERROR(CheckTurn());
  if (offset != offset_) {
    return absl::OutOfRangeError(
        absl::StrCat("bytes at ", offset, ", but those at ", offset_, " are missing"));
  }
  if (bytes.size() > meta_.bytes - offset_) {
    return absl::InvalidArgumentError(
        absl::StrCat("more bytes than the ", meta_.bytes, " of the snapshot"));
  }
  KONSUL_RETURN_IF_ERROR(file_->WriteAt(offset, bytes));
  offset_ += bytes.size();
  unsynced_ += bytes.size();
  if (unsynced_ < kSyncStep) return absl::OkStatus();
  unsynced_ = 0;
  return Sync();
}

absl::StatusOr<server::SnapshotMeta> FileReceiver::Finish() {
  KONSUL_RETURN_IF_ERROR(CheckTurn());
  if (offset_ != meta_.bytes) {
    return absl::FailedPreconditionError(
        absl::StrCat("only ", offset_, " of ", meta_.bytes, " bytes have arrived"));
  }
  KONSUL_RETURN_IF_ERROR(Sync());
  absl::StatusOr<server::SnapshotMeta> found = Verify(directory_.place(), path_);
  if (found.ok() && (!IsSame(*found, meta_) || found->bytes != meta_.bytes)) {
    found = absl::DataLossError(absl::StrCat(path_, ": another snapshot arrived than announced"));
  }
  if (absl::IsDataLoss(found.status()) || absl::IsFailedPrecondition(found.status())) {
    error_ = found.status();
    directory_.Discard(name_);
    KONSUL_RETURN_IF_ERROR(directory_.Sweep());
  }
  KONSUL_RETURN_IF_ERROR(found.status());
  KONSUL_RETURN_IF_ERROR(CheckTurn());
  KONSUL_RETURN_IF_ERROR(directory_.Publish(name_, *found));
  error_ = absl::FailedPreconditionError("the snapshot is complete already");
  return found;
}

}  // namespace konsul::snapshot
