// Segment files: their names, and how one comes into being so that a crash at any moment leaves
// either a whole empty segment or none.
#ifndef KONSUL_STORAGE_WAL_SEGMENT_H_
#define KONSUL_STORAGE_WAL_SEGMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/disk.h"
#include "storage/wal/format.h"

namespace konsul::wal {

inline constexpr absl::string_view kTemporarySuffix = ".tmp";

// "000000000000002a.seg".
std::string SegmentName(uint64_t sequence);
// The inverse; nothing for any other name.
std::optional<uint64_t> ParseSegmentName(absl::string_view name);
// Path below the disk's root.
std::string SegmentPath(absl::string_view directory, uint64_t sequence);

// An open segment that takes records.
struct Segment {
  uint64_t sequence = 0;
  uint64_t bytes = 0;  // of the file, header included
  std::unique_ptr<env::File> file;
};

// Makes an empty segment of `bytes` bytes under its name. The bytes are durable, the name is so
// only after a SyncDir. A leftover of an earlier attempt is replaced, so it may be repeated.
// Suspends, often.
absl::StatusOr<Segment> BuildSegment(env::Disk& disk, absl::string_view directory,
                                     const SegmentId& id, uint64_t bytes);

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_SEGMENT_H_
