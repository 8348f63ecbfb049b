#include "storage/wal/wal.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "storage/wal/format.h"
#include "storage/wal/past_segments.h"
#include "storage/wal/recovery.h"
#include "storage/wal/segment.h"
#include "storage/wal/segment_supply.h"

namespace konsul::wal {
namespace {

constexpr uint64_t kSegmentBytesMin = 4096;

class SegmentedWal final : public Wal {
 public:
  // Takes the segments out of `recovery`.
  SegmentedWal(const SegmentSupply::Place& place, Recovery& recovery, std::deque<Segment> spares,
               Logger& logger, fiber::Scheduler& scheduler)
      : place_(place),
        scheduler_(scheduler),
        next_batch_(recovery.next_batch),
        hard_state_(recovery.hard_state),
        base_(recovery.base.index),
        end_(recovery.end()),
        active_(std::move(recovery.segments[recovery.active])),
        active_last_index_(recovery.active_last_index),
        tail_(recovery.tail),
        supply_(place, active_.sequence, std::move(spares), logger, scheduler),
        past_(place.disk, place.directory, std::move(recovery.past), logger, scheduler) {}

  void StartBackground(fiber::Group& background) {
    background.Spawn("wal-segments", [this] { supply_.Prepare(); });
    background.Spawn("wal-compaction", [this] { past_.Remove(); });
    AskForSpare();
  }

  absl::Status Append(const Batch& batch) override {
    KONSUL_RETURN_IF_ERROR(poison_);
    if (!batch.hard_state && batch.entries.empty()) return absl::OkStatus();
    CheckContiguous(batch);
    return WriteOnce({{}, batch.hard_state, {}, batch.entries});
  }

  absl::Status Compact(Index upto) override {
    KONSUL_RETURN_IF_ERROR(poison_);
    past_.Release(upto);
    return absl::OkStatus();
  }

  absl::Status Reset(raft::LogPosition base) override {
    KONSUL_CHECK(base.index > Index(), "a snapshot covers something");
    KONSUL_RETURN_IF_ERROR(WriteOnce({{}, {}, base, {}}));
    past_.Forget();
    past_.Release(base.index);
    return absl::OkStatus();
  }

 private:
  void CheckContiguous(const Batch& batch) const {
    if (batch.entries.empty()) return;
    const Index first = batch.entries.front().index;
    KONSUL_CHECK(first > base_ && first <= end_.index + 1, "entry ", first.value,
                 " in a log behind ", base_.value, " up to ", end_.index.value);
    for (size_t i = 0; i < batch.entries.size(); ++i) {
      KONSUL_CHECK(batch.entries[i].index == first + i, "entries are not contiguous");
    }
  }

  absl::Status WriteOnce(Content content) {
    KONSUL_CHECK(!writing_, "two calls at once");
    KONSUL_RETURN_IF_ERROR(poison_);
    writing_ = true;
    poison_ = Annotate(Write(content), "write-ahead log");
    writing_ = false;
    return poison_;
  }

  absl::Status Write(Content& content) {
    KONSUL_RETURN_IF_ERROR(MakeRoom(content));
    EncodeBatch(content, next_batch_, SegmentId{place_.node, active_.sequence}, tail_, buffer_);
    const uint64_t size = EncodedSize(content);
    KONSUL_CHECK(buffer_.size() == size, "a batch of ", buffer_.size(), " bytes, not ", size);
    if (mutation::On(Mutation::kGrowWithoutSync) && tail_ + size > active_.bytes) {
      const absl::string_view bytes = buffer_;
      const uint64_t fits = active_.bytes - tail_;
      KONSUL_RETURN_IF_ERROR(active_.file->WriteAt(tail_, bytes.substr(0, fits)));
      KONSUL_RETURN_IF_ERROR(active_.file->Sync());
      KONSUL_RETURN_IF_ERROR(active_.file->WriteAt(active_.bytes, bytes.substr(fits)));
      active_.bytes = tail_ + size;
    } else {
      KONSUL_RETURN_IF_ERROR(active_.file->WriteAt(tail_, buffer_));
      KONSUL_RETURN_IF_ERROR(active_.file->Sync());
    }
    ++next_batch_;
    tail_ += size;
    Note(content);
    if (buffer_.capacity() > kBufferBytesKept) std::string().swap(buffer_);
    if (tail_ >= ask_at_) AskForSpare();
    return absl::OkStatus();
  }

  // A batch lies within one segment. One that is bigger than any gets a segment that is enlarged.
  absl::Status MakeRoom(Content& content) {
    const bool full = tail_ + EncodedSize(content) > active_.bytes;
    if (tail_ > kSegmentHeaderBytes && (full || MayLeaveEarly()) &&
        !mutation::On(Mutation::kGrowWithoutSync)) {
      KONSUL_ASSIGN_OR_RETURN(Segment next, supply_.Take());
      left_ = PastSegment{active_.sequence, active_last_index_};
      active_ = std::move(next);
      active_last_index_ = Index();
      tail_ = kSegmentHeaderBytes;
      AskForSpare();
    }
    if (tail_ == kSegmentHeaderBytes && active_.sequence > 1) {
      content.head = Head{hard_state_, end_};
    }
    const uint64_t needed = tail_ + EncodedSize(content);
    if (needed > active_.bytes && !mutation::On(Mutation::kGrowWithoutSync)) {
      KONSUL_RETURN_IF_ERROR(active_.file->Allocate(needed));
      active_.bytes = needed;
    }
    return absl::OkStatus();
  }

  // A disk has room for some segments that are nearly empty, not for any number of them.
  bool MayLeaveEarly() const {
    constexpr size_t kPastAtMost = 8;
    return past_.size() < kPastAtMost && scheduler_.Fires(BuggifySite::kEarlySegment);
  }

  // `content` is durable.
  void Note(const Content& content) {
    // Not before: until the new segment has a batch, the log needs the one before it, whatever
    // Compact was told.
    if (left_) past_.Add(*std::exchange(left_, std::nullopt));
    if (content.hard_state) hard_state_ = *content.hard_state;
    if (content.base) {
      base_ = content.base->index;
      end_ = *content.base;
      active_last_index_ = base_;
    }
    if (content.entries.empty()) return;
    end_ = {content.entries.back().index, content.entries.back().term};
    active_last_index_ = std::max(active_last_index_, end_.index);
  }

  // And once more each time a part of the segment was filled, in case that the preparation fails.
  void AskForSpare() {
    supply_.Ask();
    ask_at_ = tail_ + place_.segment_bytes / 16;
  }

  static constexpr size_t kBufferBytesKept = 4 << 20;

  const SegmentSupply::Place place_;
  const fiber::Scheduler& scheduler_;
  uint64_t next_batch_;
  raft::HardState hard_state_;
  Index base_;
  raft::LogPosition end_;
  Segment active_;
  Index active_last_index_;          // as PastSegment's
  std::optional<PastSegment> left_;  // before the active one, while that has no batch
  uint64_t tail_;                    // where the next batch goes
  uint64_t ask_at_ = 0;
  std::string buffer_;
  absl::Status poison_;
  bool writing_ = false;
  SegmentSupply supply_;
  PastSegments past_;
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
  auto wal = std::make_unique<SegmentedWal>(place, recovery, std::move(spares), logger,
                                            background.scheduler());
  wal->StartBackground(background);
  return Opened{std::move(wal), recovery.hard_state, recovery.base, std::move(recovery.entries),
                recovery.torn_bytes};
}

}  // namespace konsul::wal
