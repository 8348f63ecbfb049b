#include "storage/snapshot/format.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/fixed.h"
#include "core/base/status.h"

namespace konsul::snapshot {
namespace {

constexpr absl::string_view kMagic = "KNSLSNAP";
constexpr size_t kRowHeaderBytes = 7;
constexpr size_t kTotalsBytes = 32;

uint32_t BlockCrc(absl::string_view block, const BlockPlace& place) {
  std::string seed;
  PutFixed32(seed, place.header_crc);
  PutFixed64(seed, place.offset);
  return Crc32c(block.substr(sizeof(uint32_t)), Crc32c(seed));
}

}  // namespace

std::string EncodeHeader(const server::SnapshotMeta& meta) {
  const std::string configuration = meta.point.configuration.Encode();
  std::string out(kMagic);
  PutFixed32(out, kFormatVersion);
  PutFixed32(out, static_cast<uint32_t>(configuration.size()));
  PutFixed64(out, meta.point.last.index.value);
  PutFixed64(out, meta.point.last.term.value);
  PutFixed64(out, meta.point.configuration_index.value);
  PutFixed64(out, meta.digest.hi);
  PutFixed64(out, meta.digest.lo);
  PutFixed64(out, 0);
  out.append(configuration);
  PutFixed32(out, Crc32c(out));
  return out;
}

absl::StatusOr<size_t> HeaderBytes(absl::string_view fixed) {
  if (fixed.size() < kHeaderFixedBytes || fixed.substr(0, kMagic.size()) != kMagic) {
    return absl::DataLossError("not a snapshot");
  }
  const size_t configuration = GetFixed32(fixed.data() + 12);
  if (configuration > kConfigurationBytesMax) return absl::DataLossError("overlong header");
  return kHeaderFixedBytes + configuration + sizeof(uint32_t);
}

absl::StatusOr<Header> DecodeHeader(absl::string_view bytes) {
  KONSUL_ASSIGN_OR_RETURN(const size_t size, HeaderBytes(bytes));
  if (bytes.size() != size) return absl::DataLossError("cut short within the header");
  const absl::string_view covered = bytes.substr(0, size - sizeof(uint32_t));
  Header header;
  header.crc = Crc32c(covered);
  if (GetFixed32(bytes.data() + covered.size()) != header.crc) {
    return absl::DataLossError("the header's checksum is wrong");
  }
  // Only now: a version that this program does not know may as well be damage.
  const uint32_t version = GetFixed32(bytes.data() + 8);
  if (version != kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a snapshot in format version ", version, ", this program reads version ", kFormatVersion));
  }
  raft::SnapshotPoint& point = header.meta.point;
  point.last = {Index(GetFixed64(bytes.data() + 16)), Term(GetFixed64(bytes.data() + 24))};
  point.configuration_index = Index(GetFixed64(bytes.data() + 32));
  header.meta.digest = {GetFixed64(bytes.data() + 40), GetFixed64(bytes.data() + 48)};
  KONSUL_ASSIGN_OR_RETURN(point.configuration,
                          raft::Configuration::Decode(covered.substr(kHeaderFixedBytes)));
  if (point.last.index == Index() || point.configuration_index > point.last.index) {
    return absl::DataLossError("the header names no place in a log");
  }
  return header;
}

void AppendBlock(BlockHeader header, absl::string_view payload, const BlockPlace& place,
                 std::string& out) {
  const size_t start = out.size();
  PutFixed32(out, 0);
  out.push_back(static_cast<char>(header.type));
  out.push_back(static_cast<char>(header.compression));
  out.append(2, '\0');
  PutFixed32(out, static_cast<uint32_t>(payload.size()));
  PutFixed32(out, header.raw_bytes);
  PutFixed32(out, header.rows);
  PutFixed32(out, 0);
  out.append(payload.data(), payload.size());
  std::string crc;
  PutFixed32(crc, BlockCrc(absl::string_view(out).substr(start), place));
  out.replace(start, crc.size(), crc);
}

std::optional<BlockHeader> DecodeBlockHeader(absl::string_view bytes) {
  KONSUL_CHECK(bytes.size() >= kBlockHeaderBytes);
  BlockHeader header;
  header.crc = GetFixed32(bytes.data());
  const auto type = static_cast<uint8_t>(bytes[4]);
  const auto compression = static_cast<uint8_t>(bytes[5]);
  header.stored_bytes = GetFixed32(bytes.data() + 8);
  header.raw_bytes = GetFixed32(bytes.data() + 12);
  header.rows = GetFixed32(bytes.data() + 16);
  if (type < 1 || type > 2 || compression > 1 || bytes[6] != 0 || bytes[7] != 0 ||
      GetFixed32(bytes.data() + 20) != 0 || header.raw_bytes > kBlockRawBytesMax ||
      header.stored_bytes > header.raw_bytes) {
    return std::nullopt;
  }
  header.type = static_cast<BlockType>(type);
  header.compression = static_cast<Compression>(compression);
  return header;
}

bool BlockIsIntact(absl::string_view block, const BlockPlace& place) {
  return GetFixed32(block.data()) == BlockCrc(block, place);
}

void AppendRow(const state::Row& row, std::string& out) {
  KONSUL_CHECK(row.key.size() <= state::TableStore::kMaxKeySize, "overlong key");
  out.push_back(static_cast<char>(row.table));
  out.push_back(static_cast<char>(row.key.size()));
  out.push_back(static_cast<char>(row.key.size() >> 8));
  PutFixed32(out, static_cast<uint32_t>(row.value.size()));
  out.append(row.key.data(), row.key.size());
  out.append(row.value.data(), row.value.size());
}

bool TakeRow(absl::string_view& bytes, state::Row& row) {
  if (bytes.size() < kRowHeaderBytes) return false;
  const auto table = static_cast<uint8_t>(bytes[0]);
  const size_t key = static_cast<uint8_t>(bytes[1]) | size_t{static_cast<uint8_t>(bytes[2])} << 8;
  const size_t value = GetFixed32(bytes.data() + 3);
  if (table >= state::kTableCount || key == 0 || key > state::TableStore::kMaxKeySize ||
      key + value > bytes.size() - kRowHeaderBytes) {
    return false;
  }
  bytes.remove_prefix(kRowHeaderBytes);
  row = {static_cast<state::Table>(table), bytes.substr(0, key), bytes.substr(key, value)};
  bytes.remove_prefix(key + value);
  return true;
}

bool Ascending(const state::Row& a, const state::Row& b) {
  return std::pair(a.table, a.key) < std::pair(b.table, b.key);
}

std::string EncodeTotals(const Totals& totals) {
  std::string out;
  PutFixed64(out, totals.blocks);
  PutFixed64(out, totals.rows);
  PutFixed64(out, totals.raw_bytes);
  PutFixed32(out, totals.file_crc);
  PutFixed32(out, 0);
  return out;
}

std::optional<Totals> DecodeTotals(absl::string_view payload) {
  if (payload.size() != kTotalsBytes) return std::nullopt;
  return Totals{GetFixed64(payload.data()), GetFixed64(payload.data() + 8),
                GetFixed64(payload.data() + 16), GetFixed32(payload.data() + 24)};
}

}  // namespace konsul::snapshot
