#include "storage/wal/segment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::wal {
namespace {

constexpr absl::string_view kSuffix = ".seg";
constexpr size_t kDigits = 16;
// Zeros are written in steps, so that no flush of a whole segment stands before the syncs of the
// segment in use.
constexpr uint64_t kAllocationStep = 4 << 20;

absl::StatusOr<Segment> Build(env::Disk& disk, const std::string& path, const SegmentId& id,
                              uint64_t bytes) {
  const std::string temporary = absl::StrCat(path, kTemporarySuffix);
  absl::Status removed = disk.Remove(temporary);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file,
                          disk.Open(temporary, env::OpenMode::kCreateNew));
  for (uint64_t size = 0; size < bytes;) {
    size = std::min(bytes, size + kAllocationStep);
    KONSUL_RETURN_IF_ERROR(file->Allocate(size));
  }
  KONSUL_RETURN_IF_ERROR(file->WriteAt(0, EncodeSegmentHeader(id)));
  if (!mutation::On(Mutation::kUnfinishedSegment)) KONSUL_RETURN_IF_ERROR(file->Sync());
  KONSUL_RETURN_IF_ERROR(disk.Rename(temporary, path));
  // Opened by its new name, so that errors name the file that people will find.
  KONSUL_ASSIGN_OR_RETURN(file, disk.Open(path, env::OpenMode::kReadWrite));
  return Segment{id.sequence, bytes, std::move(file)};
}

}  // namespace

std::string SegmentName(uint64_t sequence) { return absl::StrCat(ToHex(sequence), kSuffix); }

std::optional<uint64_t> ParseSegmentName(absl::string_view name) {
  uint64_t sequence = 0;
  if (!absl::ConsumeSuffix(&name, kSuffix) || name.size() != kDigits ||
      !absl::SimpleHexAtoi(name, &sequence) || ToHex(sequence) != name) {
    return std::nullopt;
  }
  return sequence;
}

std::string SegmentPath(absl::string_view directory, uint64_t sequence) {
  return absl::StrCat(directory, "/", SegmentName(sequence));
}

absl::StatusOr<Segment> BuildSegment(env::Disk& disk, absl::string_view directory,
                                     const SegmentId& id, uint64_t bytes) {
  const std::string path = SegmentPath(directory, id.sequence);
  absl::StatusOr<Segment> segment = Build(disk, path, id, bytes);
  // Gives the space back; whether that works changes nothing.
  if (!segment.ok()) disk.Remove(absl::StrCat(path, kTemporarySuffix)).IgnoreError();
  return segment;
}

}  // namespace konsul::wal
