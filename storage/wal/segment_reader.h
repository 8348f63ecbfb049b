// One segment's bytes, read as batches. Part of recovery (recovery.h).
#ifndef KONSUL_STORAGE_WAL_SEGMENT_READER_H_
#define KONSUL_STORAGE_WAL_SEGMENT_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/raft/types.h"
#include "storage/wal/format.h"

namespace konsul::wal {

// The log as replayed so far. Changes by whole batches only.
struct Replay {
  // `first_segment` is the lowest sequence number that is left.
  explicit Replay(uint64_t first_segment)
      : base_is_final(first_segment == 1),
        begun(first_segment == 1),
        next_batch(first_segment == 1 ? 1 : 0) {}

  raft::HardState hard_state;
  // The log begins behind it.
  raft::LogPosition base;
  // It is the beginning of all, or comes from a Reset: nothing replaces entries up to it. Otherwise
  // it is where the segments begin that are left, and entries may go back before that.
  bool base_is_final;
  std::vector<raft::Entry> entries;

  bool begun;           // where the log begins is known
  uint64_t next_batch;  // 0: whatever the first segment begins with

  raft::LogPosition end() const {
    return entries.empty() ? base : raft::LogPosition{entries.back().index, entries.back().term};
  }
};

class SegmentReader {
 public:
  // `path` is for messages. `bytes` is the whole file and must outlive the reader.
  SegmentReader(const SegmentId& id, absl::string_view path, absl::string_view bytes);

  // Applies the complete batches that follow on, then looks at what lies behind them. DataLoss when
  // that proves that durable bytes are damaged.
  absl::Status ReadInto(Replay& replay);
  // For a segment behind the one with the torn batch: DataLoss when any record is intact.
  absl::Status ExpectNothing(uint64_t torn_batch) const;

  // After ReadInto: the highest index of an entry that is here and counts.
  Index last_index() const { return last_index_; }
  // After ReadInto: nothing in earlier segments counts any more.
  bool replaces_all() const { return replaces_all_; }
  // After ReadInto: behind the last complete batch.
  uint64_t tail() const { return tail_; }
  bool has_batches() const { return tail_ > kSegmentHeaderBytes; }
  // After ReadInto: the last complete batch, up to tail() or to the file's end.
  uint64_t last_batch_offset() const { return last_batch_; }
  absl::string_view last_batch() const { return bytes_.substr(last_batch_, tail_ - last_batch_); }
  // After ReadInto: pieces of an incomplete batch are there.
  bool torn() const { return torn_; }
  // Behind the last byte that is not zero; at least kSegmentHeaderBytes.
  uint64_t used_end() const { return used_end_; }

 private:
  absl::Status ReadBatches(Replay& replay);
  // The record at stop_, if it is intact. `batch` is the one that is expected.
  std::optional<Record> NextRecord(uint64_t batch);
  absl::Status Apply(Replay& replay, const std::vector<Record>& batch);
  absl::Status ApplyHead(Replay& replay, const Record& record) const;
  absl::Status ApplyBase(Replay& replay, const Record& record);
  absl::Status ApplyEntry(Replay& replay, const Record& record);
  // The first intact record at or after `from` with at least this batch number.
  struct Found {
    uint64_t offset = 0;
    uint64_t batch = 0;
  };
  std::optional<Found> FindRecord(uint64_t from, uint64_t batch_min) const;
  absl::Status Damaged(uint64_t offset, absl::string_view what) const;
  absl::Status Nonsense(const Record& record, absl::string_view what) const;

  SegmentId id_;
  std::string path_;
  absl::string_view bytes_;
  uint64_t used_end_;
  uint64_t tail_ = kSegmentHeaderBytes;
  uint64_t last_batch_ = kSegmentHeaderBytes;
  uint64_t stop_ = kSegmentHeaderBytes;  // where the first record that is not intact begins
  bool torn_ = false;
  Index last_index_;
  bool replaces_all_ = false;
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_SEGMENT_READER_H_
