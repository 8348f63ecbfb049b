#include "storage/wal/format.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/mutation.h"

namespace konsul::wal {
namespace {

constexpr absl::string_view kMagic = "KNSLWAL\n";
constexpr size_t kHeaderCrcOffset = 32;
constexpr size_t kFlagsOffset = 17;
constexpr uint8_t kEndOfBatch = 1;
constexpr size_t kPairBytes = 16;  // a hard state, a position
constexpr size_t kEntryPrefixBytes = 17;
constexpr auto kTypeMax = static_cast<uint8_t>(RecordType::kBase);

// What the checksum of a record covers besides its bytes.
uint32_t PlaceSeed(const SegmentId& id, uint64_t offset) {
  if (mutation::On(Mutation::kTrustMisdirectedWrite)) return 0;
  char place[24];
  const uint64_t parts[] = {id.node.value, id.sequence, offset};
  for (size_t i = 0; i < sizeof(place); ++i) {
    place[i] = static_cast<char>(parts[i / 8] >> (8 * (i % 8)));
  }
  return Crc32c(absl::string_view(place, sizeof(place)));
}

void PutHardState(std::string& out, const raft::HardState& hard_state) {
  PutFixed64(out, hard_state.term.value);
  PutFixed64(out, hard_state.vote.value);
}

void PutPosition(std::string& out, const raft::LogPosition& position) {
  PutFixed64(out, position.index.value);
  PutFixed64(out, position.term.value);
}

raft::LogPosition GetPosition(const char* at) {
  return {Index(GetFixed64(at)), Term(GetFixed64(at + 8))};
}

// Appends a record, whose payload is appended between Begin and Finish.
class RecordWriter {
 public:
  RecordWriter(const SegmentId& id, uint64_t offset, uint64_t batch, std::string& out)
      : id_(id), offset_(offset), batch_(batch), out_(out) {}

  void Begin(RecordType type, uint64_t payload_bytes) {
    start_ = out_.size();
    PutFixed32(out_, 0);
    PutFixed32(out_, static_cast<uint32_t>(payload_bytes));
    PutFixed64(out_, batch_);
    out_.push_back(static_cast<char>(type));
    out_.append(7, '\0');
  }
  void Finish(bool ends_batch = false) {
    if (ends_batch) out_[start_ + kFlagsOffset] = static_cast<char>(kEndOfBatch);
    const uint32_t crc =
        RecordChecksum(id_, offset_ + start_, absl::string_view(out_).substr(start_));
    for (size_t i = 0; i < sizeof(crc); ++i) out_[start_ + i] = static_cast<char>(crc >> (8 * i));
    out_.resize(AlignRecord(out_.size()));
  }

 private:
  const SegmentId& id_;
  uint64_t offset_;
  uint64_t batch_;
  std::string& out_;
  size_t start_ = 0;
};

}  // namespace

std::string EncodeSegmentHeader(const SegmentId& id) {
  std::string out(kMagic);
  PutFixed32(out, kFormatVersion);
  PutFixed32(out, 0);
  PutFixed64(out, id.node.value);
  PutFixed64(out, id.sequence);
  PutFixed32(out, Crc32c(out));
  out.resize(kSegmentHeaderBytes);
  return out;
}

ParsedHeader ParseSegmentHeader(absl::string_view bytes) {
  ParsedHeader header;
  if (bytes.size() < kSegmentHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic ||
      GetFixed32(bytes.data() + kHeaderCrcOffset) != Crc32c(bytes.substr(0, kHeaderCrcOffset))) {
    return header;
  }
  header.version = GetFixed32(bytes.data() + 8);
  header.id.node = NodeId(GetFixed64(bytes.data() + 16));
  header.id.sequence = GetFixed64(bytes.data() + 24);
  header.verdict =
      header.version == kFormatVersion ? HeaderVerdict::kGood : HeaderVerdict::kOtherVersion;
  return header;
}

uint32_t RecordChecksum(const SegmentId& id, uint64_t offset, absl::string_view record) {
  return Crc32c(record.substr(sizeof(uint32_t)), PlaceSeed(id, offset));
}

std::optional<Record> ParseRecord(const SegmentId& id, absl::string_view segment, uint64_t offset,
                                  uint64_t batch_min) {
  if (offset > segment.size() || segment.size() - offset < kRecordHeaderBytes) return std::nullopt;
  const char* at = segment.data() + offset;
  const uint64_t length = GetFixed32(at + 4);
  if (segment.size() - offset - kRecordHeaderBytes < length) return std::nullopt;
  Record record;
  record.batch = GetFixed64(at + 8);
  if (record.batch == 0 || record.batch < batch_min) return std::nullopt;
  const auto type = static_cast<uint8_t>(at[16]);
  const auto flags = static_cast<uint8_t>(at[kFlagsOffset]);
  if (type < 1 || type > kTypeMax || flags > kEndOfBatch || GetFixed32(at + 18) != 0 ||
      at[22] != 0 || at[23] != 0) {
    return std::nullopt;
  }
  const absl::string_view whole = segment.substr(offset, kRecordHeaderBytes + length);
  if (RecordChecksum(id, offset, whole) != GetFixed32(at)) return std::nullopt;
  record.type = static_cast<RecordType>(type);
  record.ends_batch = (flags & kEndOfBatch) != 0;
  record.payload = whole.substr(kRecordHeaderBytes);
  record.size = AlignRecord(whole.size());
  return record;
}

std::string DescribeChecksum(const SegmentId& id, absl::string_view segment, uint64_t offset) {
  if (segment.size() < offset + kRecordHeaderBytes) return "no room for a record";
  const char* at = segment.data() + offset;
  const uint64_t length = GetFixed32(at + 4);
  const uint32_t stored = GetFixed32(at);
  if (segment.size() - offset - kRecordHeaderBytes < length) {
    return absl::StrCat("length ", length, " passes the end of the file");
  }
  const uint32_t computed =
      RecordChecksum(id, offset, segment.substr(offset, kRecordHeaderBytes + length));
  return absl::StrCat("stored checksum ", absl::Hex(stored, absl::kZeroPad8), ", computed ",
                      absl::Hex(computed, absl::kZeroPad8));
}

std::optional<raft::HardState> DecodeHardState(absl::string_view payload) {
  if (payload.size() != kPairBytes) return std::nullopt;
  return raft::HardState{Term(GetFixed64(payload.data())), NodeId(GetFixed64(payload.data() + 8))};
}

std::optional<raft::Entry> DecodeEntry(absl::string_view payload) {
  if (payload.size() < kEntryPrefixBytes) return std::nullopt;
  const auto kind = static_cast<uint8_t>(payload[16]);
  if (kind > static_cast<uint8_t>(raft::EntryKind::kConfiguration)) return std::nullopt;
  return raft::Entry{Index(GetFixed64(payload.data())), Term(GetFixed64(payload.data() + 8)),
                     static_cast<raft::EntryKind>(kind),
                     raft::MakePayload(std::string(payload.substr(kEntryPrefixBytes)))};
}

std::optional<Head> DecodeHead(absl::string_view payload) {
  if (payload.size() != 2 * kPairBytes) return std::nullopt;
  const auto hard_state = DecodeHardState(payload.substr(0, kPairBytes));
  return Head{*hard_state, GetPosition(payload.data() + kPairBytes)};
}

std::optional<raft::LogPosition> DecodeBase(absl::string_view payload) {
  if (payload.size() != kPairBytes) return std::nullopt;
  return GetPosition(payload.data());
}

uint64_t EncodedSize(const Content& content) {
  uint64_t size = 0;
  if (content.head) size += AlignRecord(kRecordHeaderBytes + 2 * kPairBytes);
  if (content.hard_state) size += AlignRecord(kRecordHeaderBytes + kPairBytes);
  if (content.base) size += AlignRecord(kRecordHeaderBytes + kPairBytes);
  for (const raft::Entry& entry : content.entries) {
    size += AlignRecord(kRecordHeaderBytes + kEntryPrefixBytes + entry.payload->size());
  }
  return size;
}

void EncodeBatch(const Content& content, uint64_t batch_number, const SegmentId& id,
                 uint64_t offset, std::string& out) {
  out.clear();
  out.reserve(EncodedSize(content));
  RecordWriter writer(id, offset, batch_number, out);
  if (content.head) {
    writer.Begin(RecordType::kHead, 2 * kPairBytes);
    PutHardState(out, content.head->hard_state);
    PutPosition(out, content.head->end);
    writer.Finish();
  }
  if (content.hard_state) {
    writer.Begin(RecordType::kHardState, kPairBytes);
    PutHardState(out, *content.hard_state);
    writer.Finish(!content.base && content.entries.empty());
  }
  if (content.base) {
    writer.Begin(RecordType::kBase, kPairBytes);
    PutPosition(out, *content.base);
    writer.Finish(content.entries.empty());
  }
  for (const raft::Entry& entry : content.entries) {
    const uint64_t bytes = kEntryPrefixBytes + entry.payload->size();
    KONSUL_CHECK(bytes <= UINT32_MAX, "entry ", entry.index.value, " is too big for a record");
    writer.Begin(RecordType::kEntry, bytes);
    PutPosition(out, {entry.index, entry.term});
    out.push_back(static_cast<char>(entry.kind));
    out.append(*entry.payload);
    writer.Finish(&entry == &content.entries.back());
  }
}

}  // namespace konsul::wal
