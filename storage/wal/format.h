// The bytes of the log: docs/formats/wal.md, section "Bytes". Pure functions; nothing here touches
// a disk.
#ifndef KONSUL_STORAGE_WAL_FORMAT_H_
#define KONSUL_STORAGE_WAL_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/fixed.h"
#include "core/base/ids.h"
#include "core/raft/types.h"

namespace konsul::wal {

inline constexpr uint32_t kFormatVersion = 2;
// Records begin here; a sector of its own, so that writing records never rewrites the header.
inline constexpr uint64_t kSegmentHeaderBytes = 512;
inline constexpr uint64_t kRecordHeaderBytes = 24;
inline constexpr uint64_t kRecordAlignment = 8;

constexpr uint64_t AlignRecord(uint64_t n) {
  return (n + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

// Which segment bytes belong to. Every checksum of a record is seeded with it and with the
// record's offset, so a record is valid only in the place that it was written to (a misdirected
// write, or a file copied from elsewhere, is not trusted).
struct SegmentId {
  NodeId node;
  uint64_t sequence = 0;
};

// kSegmentHeaderBytes bytes.
std::string EncodeSegmentHeader(const SegmentId& id);

enum class HeaderVerdict {
  kGood,
  kDamaged,       // not a header at all, or a bad checksum
  kOtherVersion,  // intact, but of another format version
};
struct ParsedHeader {
  HeaderVerdict verdict = HeaderVerdict::kDamaged;
  uint32_t version = 0;
  SegmentId id;
};
// `bytes` may be of any length.
ParsedHeader ParseSegmentHeader(absl::string_view bytes);

enum class RecordType : uint8_t {
  kHardState = 1,
  kEntry = 2,
  kHead = 3,  // begins every segment but the first one that ever was
  kBase = 4,  // empties the log
};

// A record whose checksum holds. `payload` points into the bytes parsed.
struct Record {
  RecordType type = RecordType::kHardState;
  bool ends_batch = false;
  uint64_t batch = 0;
  absl::string_view payload;
  uint64_t size = 0;  // in the file, with header and padding
};

// The record at `offset` of a segment's bytes, or nothing when there is no intact one. A record
// with a batch number below `batch_min` may be answered with nothing without a look at its bytes:
// that keeps a search through a tail cheap.
std::optional<Record> ParseRecord(const SegmentId& id, absl::string_view segment, uint64_t offset,
                                  uint64_t batch_min = 0);

// What `record`, without padding, has to begin with when it stands at `offset`.
uint32_t RecordChecksum(const SegmentId& id, uint64_t offset, absl::string_view record);
// The checksum stored at `offset` and the one computed, for messages: "stored 0x.., computed 0x..".
std::string DescribeChecksum(const SegmentId& id, absl::string_view segment, uint64_t offset);

// What the segments before one amount to, repeated in it so that they can be removed.
struct Head {
  raft::HardState hard_state;
  raft::LogPosition end;  // of the log
  friend bool operator==(const Head&, const Head&) = default;
};

// One batch, in the order in which it is written.
struct Content {
  std::optional<Head> head;
  std::optional<raft::HardState> hard_state;
  std::optional<raft::LogPosition> base;
  absl::Span<const raft::Entry> entries;
};

// DataLoss-free decoding of intact records: nothing when the payload has no sensible content.
std::optional<raft::HardState> DecodeHardState(absl::string_view payload);
std::optional<raft::Entry> DecodeEntry(absl::string_view payload);
std::optional<Head> DecodeHead(absl::string_view payload);
std::optional<raft::LogPosition> DecodeBase(absl::string_view payload);

uint64_t EncodedSize(const Content& content);
// Replaces `out` by the records of `content`, which is not empty, as they stand at `offset`.
void EncodeBatch(const Content& content, uint64_t batch_number, const SegmentId& id,
                 uint64_t offset, std::string& out);

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_FORMAT_H_
