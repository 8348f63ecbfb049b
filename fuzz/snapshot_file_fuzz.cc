// A snapshot file of arbitrary bytes, as a damaged disk or another server may leave it: opened,
// read and received with clean errors only, never a crash; and what is read once is read again.
//
// Input: a byte of flags, then the file. 1: the checksum of the header is made right; 2: those of
// the blocks; 4: the totals of the end block, too. 8: the file arrives from a peer instead of being
// there, in pieces, with a restart in the middle.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/fixed.h"
#include "core/fiber/scheduler.h"
#include "storage/snapshot/directory.h"
#include "storage/snapshot/format.h"
#include "storage/snapshot/store.h"
#include "storage/wal/memory_disk_support.h"

namespace konsul::snapshot {
namespace {

constexpr uint8_t kRepairHeader = 1;
constexpr uint8_t kRepairBlocks = 2;
constexpr uint8_t kRepairTotals = 4;
constexpr uint8_t kReceive = 8;

void Put32(std::string& bytes, size_t at, uint32_t value) {
  std::string fixed;
  PutFixed32(fixed, value);
  bytes.replace(at, fixed.size(), fixed);
}

// The length of the header with its checksum made right; 0 when there is none.
size_t RepairHeader(std::string& bytes, uint8_t flags) {
  const absl::StatusOr<size_t> size = HeaderBytes(bytes);
  if (!size.ok() || *size > bytes.size()) return 0;
  const size_t covered = *size - sizeof(uint32_t);
  if ((flags & kRepairHeader) != 0) {
    Put32(bytes, covered, Crc32c(absl::string_view(bytes).substr(0, covered)));
  }
  return *size;
}

void Repair(std::string& bytes, uint8_t flags) {
  const size_t header = RepairHeader(bytes, flags);
  if (header == 0 || (flags & kRepairBlocks) == 0) return;
  const uint32_t header_crc = GetFixed32(bytes.data() + header - sizeof(uint32_t));
  Totals totals;
  for (size_t at = header; at + kBlockHeaderBytes <= bytes.size();) {
    const auto block = DecodeBlockHeader(absl::string_view(bytes).substr(at, kBlockHeaderBytes));
    if (!block || block->stored_bytes > bytes.size() - at - kBlockHeaderBytes) return;
    const size_t size = kBlockHeaderBytes + block->stored_bytes;
    std::string payload = bytes.substr(at + kBlockHeaderBytes, block->stored_bytes);
    if (block->type == BlockType::kEnd && (flags & kRepairTotals) != 0) {
      totals.file_crc = Crc32c(absl::string_view(bytes).substr(0, at));
      payload = EncodeTotals(totals).substr(0, payload.size());
    }
    std::string whole;
    AppendBlock(*block, payload, {header_crc, at}, whole);
    bytes.replace(at, size, whole);
    ++totals.blocks;
    totals.rows += block->rows;
    totals.raw_bytes += block->raw_bytes;
    at += size;
  }
}

bool IsClean(const absl::Status& status) {
  return status.ok() || absl::IsDataLoss(status) || absl::IsFailedPrecondition(status);
}

// A hash over all rows; nothing when they cannot be read to the end.
std::optional<Hash128> ReadRows(server::SnapshotStore& store) {
  const auto file = store.OpenLatest();
  KONSUL_CHECK(file.ok(), file.status().ToString());
  const auto rows = (*file)->Rows();
  RollingHash hash;
  state::Row row;
  while (true) {
    const absl::StatusOr<bool> more = rows->Next(row);
    KONSUL_CHECK(IsClean(more.status()), more.status().ToString());
    if (!more.ok()) return std::nullopt;
    if (!*more) return hash.value();
    hash.Add(static_cast<uint64_t>(row.table));
    hash.Add(row.key);
    hash.Add(row.value);
  }
}

void LookAt(wal::MemoryDisk& disk, const std::string& bytes, fiber::Scheduler& scheduler) {
  const absl::StatusOr<Header> header =
      DecodeHeader(absl::string_view(bytes).substr(0, HeaderBytes(bytes).value_or(0)));
  const raft::LogPosition last =
      header.ok() ? header->meta.point.last : raft::LogPosition{Index(1), Term(1)};
  disk.Put("snapshots/" + SnapshotName(last), bytes);
  const auto store = Open(disk, Options(), NullLogger(), scheduler);
  KONSUL_CHECK(IsClean(store.status()), store.status().ToString());
  if (!store.ok()) return;
  KONSUL_CHECK((*store)->latest()->point.last == last);
  const std::optional<Hash128> once = ReadRows(**store);
  KONSUL_CHECK(ReadRows(**store) == once, "the same file was read differently");
}

void ReceivePieces(wal::MemoryDisk& disk, const std::string& bytes, fiber::Scheduler& scheduler) {
  absl::StatusOr<Header> header =
      DecodeHeader(absl::string_view(bytes).substr(0, HeaderBytes(bytes).value_or(0)));
  if (!header.ok()) return;
  server::SnapshotMeta meta = header->meta;
  meta.bytes = bytes.size();
  for (const bool whole : {false, true}) {
    const auto store = Open(disk, Options(), NullLogger(), scheduler);
    KONSUL_CHECK(store.ok(), store.status().ToString());
    const auto receiver = (*store)->Receive(meta);
    KONSUL_CHECK(receiver.ok(), receiver.status().ToString());
    const uint64_t from = (*receiver)->offset();
    KONSUL_CHECK(from <= bytes.size());
    const uint64_t to = whole ? bytes.size() : bytes.size() / 2;
    if (from < to) {
      const auto piece = absl::string_view(bytes).substr(from, to - from);
      KONSUL_CHECK((*receiver)->Write(from, piece).ok());
    }
    if (!whole) continue;
    const auto finished = (*receiver)->Finish();
    KONSUL_CHECK(IsClean(finished.status()), finished.status().ToString());
    KONSUL_CHECK(finished.ok() == (*store)->latest().has_value());
    if (finished.ok()) ReadRows(**store);
  }
}

}  // namespace
}  // namespace konsul::snapshot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace konsul;            // NOLINT
  using namespace konsul::snapshot;  // NOLINT
  if (size == 0) return 0;
  static fiber::StackPool stacks;
  fiber::Scheduler scheduler(stacks);
  wal::MemoryDisk disk;
  disk.Put("snapshots/foreign", "");
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Repair(bytes, data[0]);
  fiber::Group group(scheduler);
  group.Spawn("look", [&] {
    if ((data[0] & kReceive) != 0) {
      ReceivePieces(disk, bytes, scheduler);
    } else {
      LookAt(disk, bytes, scheduler);
    }
  });
  scheduler.Run(Instant{0});
  KONSUL_CHECK(group.empty());
  return 0;
}
