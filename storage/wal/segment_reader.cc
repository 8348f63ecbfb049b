#include "storage/wal/segment_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/mutation.h"
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
  const bool log_begins_here = replay.next_batch == 0;
  KONSUL_RETURN_IF_ERROR(ReadBatches(replay));
  if (log_begins_here && !has_batches()) {
    return Damaged(kSegmentHeaderBytes,
                   absl::StrCat("the segments before this one were removed, which is done only "
                                "when it has a batch; there is none (",
                                DescribeChecksum(id_, bytes_, kSegmentHeaderBytes), ")"));
  }
  if (mutation::On(Mutation::kBadChecksumTruncates)) {
    torn_ = used_end_ > tail_;
    return absl::OkStatus();
  }
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
  while (std::optional<Record> record = NextRecord(replay.next_batch)) {
    const bool trusting = mutation::On(Mutation::kTrustMisdirectedWrite);
    if (replay.next_batch == 0 || trusting) replay.next_batch = record->batch;
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

std::optional<Record> SegmentReader::NextRecord(uint64_t batch) {
  std::optional<Record> record = ParseRecord(id_, bytes_, stop_);
  if (!record && mutation::On(Mutation::kTrustMisdirectedWrite)) {
    const std::optional<Found> found = FindRecord(stop_, batch);
    if (!found) return std::nullopt;
    stop_ = found->offset;
    record = ParseRecord(id_, bytes_, stop_);
  }
  return record;
}

absl::Status SegmentReader::Apply(Replay& replay, const std::vector<Record>& batch) {
  for (const Record& record : batch) {
    const bool head_belongs_here = id_.sequence > 1 && !has_batches() && &record == &batch.front();
    if ((record.type == RecordType::kHead) != head_belongs_here) {
      return Nonsense(record,
                      "a segment that is not the first begins with a head, and only there "
                      "is one; it is not so");
    }
    absl::Status status;
    switch (record.type) {
      case RecordType::kHead:
        status = ApplyHead(replay, record);
        break;
      case RecordType::kBase:
        status = ApplyBase(replay, record);
        break;
      case RecordType::kEntry:
        status = ApplyEntry(replay, record);
        break;
      case RecordType::kHardState:
        const std::optional<raft::HardState> hard_state = DecodeHardState(record.payload);
        if (!hard_state) return Nonsense(record, "an intact record holds no hard state");
        replay.hard_state = *hard_state;
        break;
    }
    KONSUL_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status SegmentReader::ApplyHead(Replay& replay, const Record& record) const {
  const std::optional<Head> head = DecodeHead(record.payload);
  if (!head) return Nonsense(record, "an intact record holds no head");
  if (!replay.begun) {
    replay.hard_state = head->hard_state;
    replay.base = head->end;
    replay.begun = true;
    return absl::OkStatus();
  }
  if (*head != Head{replay.hard_state, replay.end()}) {
    return Nonsense(
        record,
        absl::StrCat("the segment goes on behind entry ", head->end.index.value, " of term ",
                     head->end.term.value, " in term ", head->hard_state.term.value,
                     ", but the log before it ends with entry ", replay.end().index.value,
                     " of term ", replay.end().term.value, " in term ",
                     replay.hard_state.term.value));
  }
  return absl::OkStatus();
}

absl::Status SegmentReader::ApplyBase(Replay& replay, const Record& record) {
  const std::optional<raft::LogPosition> base = DecodeBase(record.payload);
  if (!base || base->index == Index()) return Nonsense(record, "an intact record holds no base");
  replay.entries.clear();
  replay.base = *base;
  replay.base_is_final = true;
  last_index_ = base->index;
  replaces_all_ = true;
  return absl::OkStatus();
}

absl::Status SegmentReader::ApplyEntry(Replay& replay, const Record& record) {
  std::optional<raft::Entry> entry = DecodeEntry(record.payload);
  if (!entry) return Nonsense(record, "an intact record holds no entry");
  const Index index = entry->index;
  const Index last = replay.end().index;
  if (index > last + 1 && mutation::On(Mutation::kTrustMisdirectedWrite)) return absl::OkStatus();
  if (index > last + 1 || index == Index() ||
      (replay.base_is_final && index <= replay.base.index)) {
    return Nonsense(record,
                    absl::StrCat("entry ", index.value, " does not follow on entry ", last.value,
                                 " of a log that begins behind ", replay.base.index.value));
  }
  last_index_ = std::max(last_index_, index);
  if (index <= replay.base.index) {
    // It replaces entries whose segments are gone; what came before it is not known any more.
    replay.entries.clear();
    replay.base = {index, entry->term};
    return absl::OkStatus();
  }
  replay.entries.resize(index - replay.base.index - 1);
  replay.entries.push_back(*std::move(entry));
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

absl::Status SegmentReader::Nonsense(const Record& record, absl::string_view what) const {
  const auto payload = static_cast<uint64_t>(record.payload.data() - bytes_.data());
  return Damaged(payload - kRecordHeaderBytes, what);
}

}  // namespace konsul::wal
