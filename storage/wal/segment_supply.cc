#include "storage/wal/segment_supply.h"

#include <utility>

#include "core/base/status.h"

namespace konsul::wal {

SegmentSupply::SegmentSupply(Place place, uint64_t active_sequence, std::deque<Segment> spares,
                             Logger& logger, fiber::Scheduler& scheduler)
    : place_(std::move(place)),
      logger_(logger),
      spares_(std::move(spares)),
      next_sequence_(active_sequence + 1 + spares_.size()),
      work_(scheduler),
      making_(scheduler) {}

void SegmentSupply::Ask() {
  if (asked_ || has_spare()) return;
  asked_ = true;
  work_.NotifyOne();
}

void SegmentSupply::Prepare() {
  bool failing = false;
  while (work_.Await([this] { return asked_; }).ok()) {
    absl::Status status = making_.Lock();
    if (!status.ok()) return;
    {
      fiber::MutexLock lock(making_);
      if (!has_spare()) status = MakeSpare();
    }
    asked_ = false;
    if (absl::IsCancelled(status)) return;
    if (!status.ok() && !failing) {
      logger_.Warn("wal", "cannot prepare the next segment of the log, will try again",
                   {{"error", status.ToString()}});
    }
    failing = !status.ok();
  }
}

absl::StatusOr<Segment> SegmentSupply::Take() {
  KONSUL_RETURN_IF_ERROR(making_.Lock());
  fiber::MutexLock lock(making_);
  if (!has_spare()) KONSUL_RETURN_IF_ERROR(MakeSpare());
  Segment segment = std::move(spares_.front());
  spares_.pop_front();
  return segment;
}

absl::Status SegmentSupply::MakeSpare() {
  KONSUL_RETURN_IF_ERROR(broken_);
  absl::StatusOr<Segment> segment = BuildSegment(
      place_.disk, place_.directory, SegmentId{place_.node, next_sequence_}, place_.segment_bytes);
  if (!segment.ok()) return segment.status();
  broken_ = place_.disk.SyncDir(place_.directory);
  KONSUL_RETURN_IF_ERROR(broken_);
  spares_.push_back(*std::move(segment));
  ++next_sequence_;
  return absl::OkStatus();
}

}  // namespace konsul::wal
