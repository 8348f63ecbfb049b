#include "storage/wal/past_segments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/wal/segment.h"

namespace konsul::wal {

PastSegments::PastSegments(env::Disk& disk, std::string directory, std::deque<PastSegment> past,
                           Logger& logger, fiber::Scheduler& scheduler)
    : disk_(disk),
      directory_(std::move(directory)),
      logger_(logger),
      past_(std::move(past)),
      work_(scheduler) {}

void PastSegments::Add(PastSegment segment) {
  KONSUL_CHECK(past_.empty() || past_.back().sequence + 1 == segment.sequence, "segment ",
               segment.sequence, " after ", past_.back().sequence);
  past_.push_back(segment);
}

void PastSegments::Forget() {
  for (PastSegment& segment : past_) segment.last_index = Index();
}

void PastSegments::Release(Index upto) {
  upto_ = std::max(upto_, upto);
  asked_ = true;
  if (HasWork()) work_.NotifyOne();
}

void PastSegments::Remove() {
  while (work_.Await([this] { return HasWork(); }).ok()) {
    const absl::Status status = RemoveFirst();
    if (absl::IsCancelled(status)) return;
    if (status.ok()) continue;
    asked_ = false;
    logger_.Warn("wal", "cannot remove a segment that the log does not need any more",
                 {{"error", status.ToString()}});
  }
}

absl::Status PastSegments::RemoveFirst() {
  KONSUL_RETURN_IF_ERROR(broken_);
  const uint64_t sequence = past_.front().sequence;
  const std::string path = SegmentPath(directory_, sequence);
  const absl::Status removed = disk_.Remove(path);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  broken_ = disk_.SyncDir(directory_);
  KONSUL_RETURN_IF_ERROR(broken_);
  past_.pop_front();
  logger_.Debug("wal", "removed a segment", {{"file", path}});
  return absl::OkStatus();
}

}  // namespace konsul::wal
