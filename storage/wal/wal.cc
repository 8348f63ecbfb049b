#include "storage/wal/wal.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/wal/format.h"
#include "storage/wal/recovery.h"
#include "storage/wal/segment.h"
#include "storage/wal/segment_supply.h"

namespace konsul::wal {
namespace {

constexpr uint64_t kSegmentBytesMin = 4096;

class SegmentedWal final : public Wal {
 public:
  SegmentedWal(const SegmentSupply::Place& place, uint64_t next_batch, uint64_t last_index,
               Segment active, uint64_t tail, std::deque<Segment> spares, Logger& logger,
               fiber::Scheduler& scheduler)
      : place_(place),
        next_batch_(next_batch),
        last_index_(last_index),
        active_(std::move(active)),
        tail_(tail),
        supply_(place, active_.sequence, std::move(spares), logger, scheduler) {}

  void StartPreparing(fiber::Group& background) {
    background.Spawn("wal-segments", [this] { supply_.Prepare(); });
    AskForSpare();
  }

  absl::Status Append(const Batch& batch) override {
    KONSUL_CHECK(!appending_, "two appends at once");
    KONSUL_RETURN_IF_ERROR(poison_);
    if (!batch.hard_state && batch.entries.empty()) return absl::OkStatus();
    CheckContiguous(batch);
    appending_ = true;
    poison_ = Annotate(Write(batch), "write-ahead log");
    appending_ = false;
    return poison_;
  }

 private:
  void CheckContiguous(const Batch& batch) const {
    if (batch.entries.empty()) return;
    const Index first = batch.entries.front().index;
    KONSUL_CHECK(first.value >= 1 && first.value <= last_index_ + 1, "entry ", first.value,
                 " behind the log's end ", last_index_);
    for (size_t i = 0; i < batch.entries.size(); ++i) {
      KONSUL_CHECK(batch.entries[i].index == first + i, "entries are not contiguous");
    }
  }

  absl::Status Write(const Batch& batch) {
    const uint64_t size = EncodedSize(batch);
    KONSUL_RETURN_IF_ERROR(MakeRoom(size));
    EncodeBatch(batch, next_batch_, SegmentId{place_.node, active_.sequence}, tail_, buffer_);
    KONSUL_CHECK(buffer_.size() == size, "a batch of ", buffer_.size(), " bytes, not ", size);
    KONSUL_RETURN_IF_ERROR(active_.file->WriteAt(tail_, buffer_));
    KONSUL_RETURN_IF_ERROR(active_.file->Sync());
    ++next_batch_;
    tail_ += size;
    if (!batch.entries.empty()) last_index_ = batch.entries.back().index.value;
    if (buffer_.capacity() > kBufferBytesKept) std::string().swap(buffer_);
    if (tail_ >= ask_at_) AskForSpare();
    return absl::OkStatus();
  }

  // A batch lies within one segment. One that is bigger than any gets a segment that is enlarged.
  absl::Status MakeRoom(uint64_t size) {
    if (tail_ + size <= active_.bytes) return absl::OkStatus();
    if (tail_ > kSegmentHeaderBytes) {
      KONSUL_ASSIGN_OR_RETURN(active_, supply_.Take());
      tail_ = kSegmentHeaderBytes;
      AskForSpare();
    }
    if (tail_ + size > active_.bytes) {
      KONSUL_RETURN_IF_ERROR(active_.file->Allocate(tail_ + size));
      active_.bytes = tail_ + size;
    }
    return absl::OkStatus();
  }

  // And once more each time a part of the segment was filled, in case that the preparation fails.
  void AskForSpare() {
    supply_.Ask();
    ask_at_ = tail_ + place_.segment_bytes / 16;
  }

  static constexpr size_t kBufferBytesKept = 4 << 20;

  const SegmentSupply::Place place_;
  uint64_t next_batch_;
  uint64_t last_index_;
  Segment active_;
  uint64_t tail_;  // where the next batch goes
  uint64_t ask_at_ = 0;
  std::string buffer_;
  absl::Status poison_;
  bool appending_ = false;
  SegmentSupply supply_;
};

absl::Status CreateDirectory(env::Disk& disk, const std::string& directory) {
  KONSUL_ASSIGN_OR_RETURN(bool exists, disk.Exists(directory));
  if (!exists) KONSUL_RETURN_IF_ERROR(disk.CreateDir(directory));
  // Also when it exists: the process before may have died before it did this.
  const size_t slash = directory.rfind('/');
  return disk.SyncDir(slash == std::string::npos ? "" : directory.substr(0, slash));
}

}  // namespace

absl::StatusOr<Wal::Opened> Wal::Open(env::Disk& disk, const Options& options, NodeId node,
                                      Logger& logger, fiber::Group& background) {
  const SegmentSupply::Place place{disk, options.directory, node,
                                   std::max(options.segment_bytes, kSegmentBytesMin)};
  KONSUL_RETURN_IF_ERROR(CreateDirectory(disk, options.directory));
  KONSUL_ASSIGN_OR_RETURN(Recovery recovery, Recover(disk, options.directory, node, logger));
  if (recovery.segments.empty()) {
    KONSUL_ASSIGN_OR_RETURN(Segment first, BuildSegment(disk, options.directory, SegmentId{node, 1},
                                                        place.segment_bytes));
    KONSUL_RETURN_IF_ERROR(disk.SyncDir(options.directory));
    recovery.segments.push_back(std::move(first));
  }
  std::deque<Segment> spares;
  for (size_t i = recovery.active + 1; i < recovery.segments.size(); ++i) {
    spares.push_back(std::move(recovery.segments[i]));
  }
  auto wal =
      std::make_unique<SegmentedWal>(place, recovery.next_batch, recovery.entries.size(),
                                     std::move(recovery.segments[recovery.active]), recovery.tail,
                                     std::move(spares), logger, background.scheduler());
  wal->StartPreparing(background);
  return Opened{std::move(wal), recovery.hard_state, std::move(recovery.entries),
                recovery.torn_bytes};
}

}  // namespace konsul::wal
