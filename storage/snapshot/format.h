// The bytes of a snapshot: docs/formats/snapshot.md. Pure functions; nothing here touches a disk.
#ifndef KONSUL_STORAGE_SNAPSHOT_FORMAT_H_
#define KONSUL_STORAGE_SNAPSHOT_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/server/snapshot_store.h"
#include "core/state/snapshot_rows.h"

namespace konsul::snapshot {

inline constexpr uint32_t kFormatVersion = 1;

// ---- The header -------------------------------------------------------------------------------

inline constexpr size_t kHeaderFixedBytes = 64;
// A configuration with all servers that ever were; keeps nonsense from being read into memory.
inline constexpr size_t kConfigurationBytesMax = 64 << 20;

std::string EncodeHeader(const server::SnapshotMeta& meta);
// Of the header that these kHeaderFixedBytes begin, of whatever version; DataLoss when they are no
// snapshot's.
absl::StatusOr<size_t> HeaderBytes(absl::string_view fixed);
struct Header {
  server::SnapshotMeta meta;  // `bytes` is 0
  uint32_t crc = 0;           // of the header; every block is tied to it
};
// `bytes` is a whole header. DataLoss, or FailedPrecondition when it is undamaged and of another
// format version.
absl::StatusOr<Header> DecodeHeader(absl::string_view bytes);

// ---- Blocks -----------------------------------------------------------------------------------

inline constexpr size_t kBlockHeaderBytes = 24;
// Of one block's rows, before compression. A single row may be big; this bounds nonsense.
inline constexpr size_t kBlockRawBytesMax = 64 << 20;

enum class BlockType : uint8_t { kRows = 1, kEnd = 2 };
enum class Compression : uint8_t { kNone = 0, kZstd = 1 };

struct BlockHeader {
  uint32_t crc = 0;
  BlockType type = BlockType::kRows;
  Compression compression = Compression::kNone;
  uint32_t stored_bytes = 0;  // what follows the header
  uint32_t raw_bytes = 0;     // once it is decompressed
  uint32_t rows = 0;
};

// What ties a block to its place: it is valid in one snapshot and at one offset only.
struct BlockPlace {
  uint32_t header_crc = 0;
  uint64_t offset = 0;
};

// Appends a whole block to `out`. `header.crc` and `stored_bytes` are filled in.
void AppendBlock(BlockHeader header, absl::string_view payload, const BlockPlace& place,
                 std::string& out);
// Nothing when these kBlockHeaderBytes cannot be a block's header. Says nothing of the CRC.
std::optional<BlockHeader> DecodeBlockHeader(absl::string_view bytes);
// True when the CRC of this block, header and payload, is right.
bool BlockIsIntact(absl::string_view block, const BlockPlace& place);

// ---- Rows, and the end ------------------------------------------------------------------------

void AppendRow(const state::Row& row, std::string& out);
// Takes a row off the front. False when there is no whole one, or it makes no sense.
bool TakeRow(absl::string_view& bytes, state::Row& row);
// True when `b` may follow on `a`.
bool Ascending(const state::Row& a, const state::Row& b);

// What the end block says of everything before it.
struct Totals {
  uint64_t blocks = 0;
  uint64_t rows = 0;
  uint64_t raw_bytes = 0;
  uint32_t file_crc = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};
std::string EncodeTotals(const Totals& totals);
std::optional<Totals> DecodeTotals(absl::string_view payload);

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_FORMAT_H_
