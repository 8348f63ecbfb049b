#include "cmd/konsulctl/snapshot_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cmd/konsulctl/snapshot_feed.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/fiber/stack_pool.h"

namespace konsul::ctl {

SnapshotReader::SnapshotReader(std::unique_ptr<ByteSource> source, std::string name,
                               fiber::Scheduler& scheduler)
    : name_(std::move(name)),
      scheduler_(scheduler),
      feed_(std::make_unique<SnapshotFeed>(std::move(source), name_)) {}

SnapshotReader::~SnapshotReader() = default;

absl::Status SnapshotReader::Begin() {
  KONSUL_RETURN_IF_ERROR(feed_->Begin());
  rows_.emplace(snapshot::Place{*feed_, scheduler_}, std::string(archive::kStateName), codec_);
  return absl::OkStatus();
}

absl::StatusOr<bool> SnapshotReader::Next(state::Row& row) {
  if (!rows_) KONSUL_RETURN_IF_ERROR(Begin());
  if (meta_) return false;
  const absl::StatusOr<bool> more = rows_->Next(row);
  if (!more.ok()) return Named(more.status());
  if (*more) return true;
  KONSUL_RETURN_IF_ERROR(End());
  return false;
}

absl::Status SnapshotReader::Named(const absl::Status& status) const {
  if (!feed_->bare()) return status;
  // There is no state.bin inside.
  const std::string path = absl::StrCat(name_, "/", archive::kStateName);
  return absl::Status(status.code(), absl::StrReplaceAll(status.message(), {{path, name_}}));
}

absl::Status SnapshotReader::End() {
  KONSUL_ASSIGN_OR_RETURN(meta_, feed_->End());
  const raft::SnapshotPoint& point = snapshot().point;
  if (meta_) return Annotate(archive::CheckFits(*meta_, point), name_);
  meta_ = archive::MetaOf(point, snapshot().bytes, WallTime{0});
  return absl::OkStatus();
}

bool SnapshotReader::bare() const { return feed_->bare(); }

absl::Status CheckAll(SnapshotReader& reader) {
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, reader.Next(row));
    if (!more) return absl::OkStatus();
  }
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot(const std::string& path,
                                                             fiber::Scheduler& scheduler) {
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, FileSource::Open(path));
  return std::make_unique<SnapshotReader>(std::move(source), path, scheduler);
}

absl::StatusOr<Outcome> OnFiber(
    const std::function<absl::StatusOr<Outcome>(fiber::Scheduler&)>& body) {
  fiber::StackPool stacks;
  fiber::Scheduler scheduler(stacks);
  absl::StatusOr<Outcome> outcome;
  fiber::Group group(scheduler);
  group.Spawn("command", [&] { outcome = body(scheduler); });
  scheduler.Run(Instant{0});
  KONSUL_CHECK(group.empty(), "it waits for nothing");
  return outcome;
}

}  // namespace konsul::ctl
