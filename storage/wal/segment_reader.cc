#include "storage/wal/segment_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::wal {
namespace {

uint64_t UsedEnd(absl::string_view bytes) {
  // Most of a segment's end is zeros: whole blocks first.
  static constexpr char kZeros[4096] = {};
  while (bytes.size() >= sizeof(kZeros) &&
         bytes.substr(bytes.size() - sizeof(kZeros)) == absl::string_view(kZeros, sizeof(kZeros))) {
    bytes.remove_suffix(sizeof(kZeros));
  }
  const size_t last = bytes.find_last_not_of('\0');
  const uint64_t end = last == absl::string_view::npos ? 0 : last + 1;
  return end < kSegmentHeaderBytes ? kSegmentHeaderBytes : end;
}

}  // namespace

SegmentReader::SegmentReader(const SegmentId& id, absl::string_view path, absl::string_view bytes)
    : id_(id), path_(path), bytes_(bytes), used_end_(UsedEnd(bytes)) {}

absl::Status SegmentReader::ReadInto(Replay& replay) {
  KONSUL_RETURN_IF_ERROR(ReadBatches(replay));
  // Reading stopped within this batch, or before it. It may be torn; nothing after it may exist.
  const uint64_t stopped_in = replay.next_batch;
  if (std::optional<Found> later = FindRecord(stop_, stopped_in + 1)) {
    return Damaged(stop_,
                   absl::StrCat("a record of batch ", stopped_in, " is expected there (",
                                DescribeChecksum(id_, bytes_, stop_), "), and batch ", later->batch,
                                " at offset ", later->offset, " proves that it was durable"));
  }
  torn_ = stop_ > tail_ || FindRecord(stop_, stopped_in).has_value();
  return absl::OkStatus();
}

absl::Status SegmentReader::ReadBatches(Replay& replay) {
  std::vector<Record> batch;
  while (std::optional<Record> record = ParseRecord(id_, bytes_, stop_)) {
    if (record->batch != replay.next_batch) {
      return Damaged(stop_, absl::StrCat("expected a record of batch ", replay.next_batch,
                                         ", found one of batch ", record->batch));
    }
    batch.push_back(*record);
    stop_ += record->size;
    if (!record->ends_batch) continue;
    KONSUL_RETURN_IF_ERROR(Apply(replay, batch));
    batch.clear();
    last_batch_ = tail_;
    tail_ = stop_;
    ++replay.next_batch;
  }
  return absl::OkStatus();
}

absl::Status SegmentReader::Apply(Replay& replay, const std::vector<Record>& batch) const {
  for (const Record& record : batch) {
    const auto offset = static_cast<uint64_t>(record.payload.data() - bytes_.data());
    if (record.type == RecordType::kHardState) {
      std::optional<raft::HardState> hard_state = DecodeHardState(record.payload);
      if (!hard_state) return Damaged(offset, "an intact record holds no hard state");
      replay.hard_state = *hard_state;
      continue;
    }
    std::optional<raft::Entry> entry = DecodeEntry(record.payload);
    if (!entry) return Damaged(offset, "an intact record holds no entry");
    const uint64_t last = replay.entries.size();
    if (entry->index.value == 0 || entry->index.value > last + 1) {
      return Damaged(
          offset, absl::StrCat("entry ", entry->index.value, " does not follow on entry ", last));
    }
    replay.entries.resize(entry->index.value - 1);
    replay.entries.push_back(*std::move(entry));
  }
  return absl::OkStatus();
}

absl::Status SegmentReader::ExpectNothing(uint64_t torn_batch) const {
  if (std::optional<Found> found = FindRecord(kSegmentHeaderBytes, 1)) {
    return Damaged(found->offset,
                   absl::StrCat("holds a record of batch ", found->batch, ", but batch ",
                                torn_batch, " in an earlier segment is incomplete"));
  }
  return absl::OkStatus();
}

std::optional<SegmentReader::Found> SegmentReader::FindRecord(uint64_t from,
                                                              uint64_t batch_min) const {
  for (uint64_t offset = from; offset < used_end_; offset += kRecordAlignment) {
    if (std::optional<Record> record = ParseRecord(id_, bytes_, offset, batch_min)) {
      return Found{offset, record->batch};
    }
  }
  return std::nullopt;
}

absl::Status SegmentReader::Damaged(uint64_t offset, absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat(path_, ": the log is damaged at offset ", offset, ": ", what));
}

}  // namespace konsul::wal
