#include "sim/cluster/rot.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "sim/disk_queue.h"
#include "storage/wal/format.h"

namespace konsul::cluster {
namespace {

// Bytes of a file that may be hit.
struct Range {
  std::string path;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// The records of a segment, batch by batch, and the header before them.
std::vector<Range> BatchesOf(const std::string& path, absl::string_view bytes) {
  std::vector<Range> batches;
  const wal::ParsedHeader header = wal::ParseSegmentHeader(bytes);
  if (header.verdict != wal::HeaderVerdict::kGood) return batches;
  uint64_t at = wal::kSegmentHeaderBytes;
  uint64_t last = 0;
  while (const auto record = wal::ParseRecord(header.id, bytes, at)) {
    if (record->batch != last) batches.push_back({path, at, at});
    last = record->batch;
    at += record->size;
    batches.back().end = at;
  }
  return batches;
}

std::vector<Range> MayBeHit(const sim::SimDisk& disk, absl::string_view glob) {
  std::vector<Range> log;
  std::vector<Range> others;
  // Segments come in the order of their numbers.
  for (const std::string& path : disk.Paths()) {
    const std::string content = disk.Content(path);
    if (absl::EndsWith(path, ".seg")) {
      for (Range& batch : BatchesOf(path, content)) log.push_back(std::move(batch));
    } else if (sim::GlobMatches(glob, path) && !content.empty()) {
      others.push_back({path, 0, content.size()});
    }
  }
  log.resize(log.size() - std::min<size_t>(2, log.size()));
  std::erase_if(log, [&](const Range& batch) { return !sim::GlobMatches(glob, batch.path); });
  log.insert(log.end(), others.begin(), others.end());
  return log;
}

}  // namespace

size_t FlipBits(sim::SimDisk& disk, absl::string_view glob, uint32_t bits, env::Random& random) {
  const std::vector<Range> ranges = MayBeHit(disk, glob);
  if (ranges.empty()) return 0;
  const Range& range = ranges[random.Below(ranges.size())];
  size_t flipped = 0;
  for (uint32_t i = 0; i < bits; ++i) {
    const uint64_t bit = (range.begin + random.Below(range.end - range.begin)) * 8;
    if (disk.FlipBit(range.path, bit + random.Below(8))) ++flipped;
  }
  return flipped;
}

}  // namespace konsul::cluster
