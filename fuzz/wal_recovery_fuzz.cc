// Recovery of a log from arbitrary segment files: OK or a clean error, never a crash; and after OK
// an append is durable and found again, together with all that was found before.
//
// Input: one byte says how many segments (1 to 4) share the rest, each preceded by its length in 16
// bits (little-endian; the last takes what is left). Flags in the first byte ask for the checksums
// to be made right, so that the fuzzer gets behind them: 0x10 those of the headers, 0x20 those of
// the records; 0x40 makes the first segment number 3, as if others had been removed; with 0x80 the
// log is emptied behind a base before the append.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/fiber/scheduler.h"
#include "storage/wal/format.h"
#include "storage/wal/memory_disk_support.h"
#include "storage/wal/segment.h"
#include "storage/wal/wal.h"

namespace konsul::wal {
namespace {

constexpr NodeId kNode{0x1122334455667788};
constexpr uint8_t kRepairHeaders = 0x10;
constexpr uint8_t kRepairRecords = 0x20;
constexpr uint8_t kCompacted = 0x40;
constexpr uint8_t kReset = 0x80;

void RepairHeader(std::string& bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return;
  std::string crc;
  PutFixed32(crc, Crc32c(absl::string_view(bytes).substr(0, 32)));
  bytes.replace(32, crc.size(), crc);
}

void RepairRecords(std::string& bytes, uint64_t sequence) {
  for (uint64_t at = kSegmentHeaderBytes; at + kRecordHeaderBytes <= bytes.size();) {
    const uint64_t length = GetFixed32(bytes.data() + at + 4);
    if (length == 0) {  // a hole
      at += kRecordAlignment;
      continue;
    }
    if (length > bytes.size() - at - kRecordHeaderBytes) return;
    const uint64_t size = kRecordHeaderBytes + length;
    std::string crc;
    PutFixed32(crc, RecordChecksum(SegmentId{kNode, sequence}, at,
                                   absl::string_view(bytes).substr(at, size)));
    bytes.replace(at, crc.size(), crc);
    at += AlignRecord(size);
  }
}

void FillDisk(MemoryDisk& disk, uint8_t first, absl::string_view input) {
  const uint64_t begin = (first & kCompacted) != 0 ? 3 : 1;
  const uint64_t last = begin + (first & 3);
  for (uint64_t sequence = begin; sequence <= last; ++sequence) {
    size_t length = input.size();
    if (sequence < last) {
      if (input.size() < 2) return;
      length = static_cast<uint8_t>(input[0]) | static_cast<size_t>(static_cast<uint8_t>(input[1]))
                                                    << 8;
      input.remove_prefix(2);
    }
    std::string bytes(input.substr(0, length));
    input.remove_prefix(bytes.size());
    if ((first & kRepairHeaders) != 0) RepairHeader(bytes);
    if ((first & kRepairRecords) != 0) RepairRecords(bytes, sequence);
    disk.Put(SegmentPath("wal", sequence), bytes);
  }
}

bool IsClean(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsFailedPrecondition(status);
}

// What a log holds.
struct Held {
  raft::HardState hard_state;
  raft::LogPosition base;
  std::vector<raft::Entry> entries;

  raft::LogPosition end() const {
    return entries.empty() ? base : raft::LogPosition{entries.back().index, entries.back().term};
  }
  friend bool operator==(const Held&, const Held&) = default;
};

// Opens the log and, if `change`, empties it on request and appends an entry. Returns what the log
// holds then; nothing when it could not be opened.
std::optional<Held> Visit(MemoryDisk& disk, fiber::Scheduler& scheduler, bool change, bool reset) {
  std::optional<Held> held;
  fiber::Group group(scheduler);
  group.Spawn("visit", [&] {
    std::optional<Wal::Opened> opened;
    fiber::Group background(scheduler);
    auto result = Wal::Open(disk, Options{.directory = "wal", .segment_bytes = 4096}, kNode,
                            NullLogger(), background);
    if (!result.ok()) {
      KONSUL_CHECK(IsClean(result.status()), result.status().ToString());
      return;
    }
    opened = *std::move(result);
    held = Held{opened->hard_state, opened->base, std::move(opened->entries)};
    for (size_t i = 0; i < held->entries.size(); ++i) {
      KONSUL_CHECK(held->entries[i].index == held->base.index + 1 + i, "a gap");
    }
    // No log is that long, and the next index must be a number.
    if (!change || held->end().index.value > UINT64_MAX - 100) return;
    if (reset) {
      held->base = {held->end().index + 7, Term(8)};
      held->entries.clear();
      KONSUL_CHECK(opened->wal->Compact(held->base.index).ok());
      KONSUL_CHECK(opened->wal->Reset(held->base).ok());
    }
    held->entries.push_back(raft::Entry{held->end().index + 1, Term(9), raft::EntryKind::kCommand,
                                        raft::MakePayload("appended")});
    held->hard_state = {Term(9), NodeId(1)};
    const Batch batch{held->hard_state, absl::MakeSpan(held->entries).last(1)};
    const absl::Status status = opened->wal->Append(batch);
    KONSUL_CHECK(status.ok(), status.ToString());
    // The segments that are not needed any more go.
    while (scheduler.HasRunnable()) KONSUL_CHECK(scheduler.Yield().ok());
  });
  scheduler.Run(Instant{0});
  KONSUL_CHECK(group.empty());
  return held;
}

}  // namespace
}  // namespace konsul::wal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace konsul;       // NOLINT
  using namespace konsul::wal;  // NOLINT
  static fiber::StackPool stacks;
  fiber::Scheduler scheduler(stacks);
  MemoryDisk disk;
  if (size == 0) return 0;
  const uint8_t first = data[0];
  FillDisk(disk, first, absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  const auto found = Visit(disk, scheduler, true, (first & kReset) != 0);
  if (!found) return 0;
  auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
  const auto again = Visit(*after, scheduler, false, false);
  KONSUL_CHECK(again.has_value() && *again == *found, "the log changed");
  return 0;
}
