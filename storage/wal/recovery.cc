#include "storage/wal/recovery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/base/status.h"
#include "storage/wal/segment_reader.h"

namespace konsul::wal {
namespace {

// Far beyond any batch; keeps a file of nonsense from being read into memory.
constexpr uint64_t kSegmentBytesMax = 4ull << 30;
constexpr uint64_t kReadStep = 1 << 20;

absl::Status ReadWhole(env::File& file, uint64_t size, std::string& bytes) {
  bytes.resize(size);
  for (uint64_t at = 0; at < size;) {
    const uint64_t step = std::min(kReadStep, size - at);
    KONSUL_ASSIGN_OR_RETURN(size_t got, file.ReadAt(at, absl::MakeSpan(bytes).subspan(at, step)));
    if (got == 0) return absl::DataLossError("the file ends before its size");
    at += got;
  }
  return absl::OkStatus();
}

// Makes [from, to) zeros again.
absl::Status Zero(env::File& file, uint64_t from, uint64_t to) {
  const std::string zeros(std::min(kReadStep, to - from), '\0');
  while (from < to) {
    const absl::string_view step = absl::string_view(zeros).substr(0, to - from);
    KONSUL_RETURN_IF_ERROR(file.WriteAt(from, step));
    from += step.size();
  }
  return file.Sync();
}

class Recoverer {
 public:
  Recoverer(env::Disk& disk, absl::string_view directory, NodeId node, Logger& logger)
      : disk_(disk), directory_(directory), node_(node), logger_(logger) {}

  absl::StatusOr<Recovery> Run() {
    KONSUL_ASSIGN_OR_RETURN(std::vector<uint64_t> sequences, ListSegments());
    if (!sequences.empty()) replay_ = Replay(sequences.front());
    for (uint64_t sequence : sequences) {
      // One that others were removed before is in use, so it was finished.
      const bool may_be_unfinished = sequence == sequences.back() && replay_.begun &&
                                     !mutation::On(Mutation::kUnfinishedSegment);
      KONSUL_RETURN_IF_ERROR(ReadSegment(sequence, may_be_unfinished));
    }
    KONSUL_RETURN_IF_ERROR(CutTail());
    out_.hard_state = replay_.hard_state;
    out_.base = replay_.base;
    out_.entries = std::move(replay_.entries);
    out_.next_batch = replay_.next_batch;
    if (!past_.empty()) {
      past_.resize(out_.active + 1);
      out_.active_last_index = past_.back().last_index;
      past_.pop_back();
    }
    out_.past = std::move(past_);
    return std::move(out_);
  }

 private:
  std::string FullPath(uint64_t sequence) const {
    return absl::StrCat(disk_.root(), "/", SegmentPath(directory_, sequence));
  }

  // Without gaps. Removes what an interrupted preparation left.
  absl::StatusOr<std::vector<uint64_t>> ListSegments() {
    KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> names, disk_.List(directory_));
    std::vector<uint64_t> sequences;
    for (const std::string& name : names) {
      if (std::optional<uint64_t> sequence = ParseSegmentName(name)) {
        sequences.push_back(*sequence);
      } else if (absl::EndsWith(name, kTemporarySuffix)) {
        KONSUL_RETURN_IF_ERROR(disk_.Remove(absl::StrCat(directory_, "/", name)));
      } else {
        logger_.Warn("wal", "ignoring a foreign file in the log's directory",
                     {{"file", absl::StrCat(directory_, "/", name)}});
      }
    }
    std::sort(sequences.begin(), sequences.end());
    for (size_t i = 1; i < sequences.size(); ++i) {
      if (sequences[i] != sequences[i - 1] + 1) {
        return absl::DataLossError(absl::StrCat(
            FullPath(sequences[i - 1] + 1), ": this segment of the log is missing, but ",
            SegmentName(sequences[i - 1]), " and ", SegmentName(sequences.back()), " are there"));
      }
    }
    return sequences;
  }

  absl::Status ReadSegment(uint64_t sequence, bool may_be_unfinished) {
    const std::string path = SegmentPath(directory_, sequence);
    KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file,
                            disk_.Open(path, env::OpenMode::kReadWrite));
    KONSUL_ASSIGN_OR_RETURN(uint64_t size, file->Size());
    if (size > kSegmentBytesMax) {
      return absl::DataLossError(
          absl::StrCat(FullPath(sequence), ": no segment is ", size, " bytes long"));
    }
    KONSUL_RETURN_IF_ERROR(Annotate(ReadWhole(*file, size, bytes_), FullPath(sequence)));

    const SegmentId id{node_, sequence};
    SegmentReader reader(id, FullPath(sequence), bytes_);
    const ParsedHeader header = ParseSegmentHeader(bytes_);
    if (header.verdict == HeaderVerdict::kDamaged && may_be_unfinished &&
        reader.used_end() == kSegmentHeaderBytes) {
      return DropUnfinished(path);
    }
    KONSUL_RETURN_IF_ERROR(CheckHeader(header, sequence));
    if (torn_in_) {
      if (!mutation::On(Mutation::kBadChecksumTruncates)) {
        KONSUL_RETURN_IF_ERROR(reader.ExpectNothing(replay_.next_batch));
      }
    } else {
      KONSUL_RETURN_IF_ERROR(reader.ReadInto(replay_));
      if (reader.torn()) torn_in_ = sequence;
    }
    if (reader.replaces_all()) {
      for (PastSegment& past : past_) past.last_index = Index();
    }
    past_.push_back({sequence, reader.last_index()});
    if (reader.has_batches()) {
      out_.active = out_.segments.size();
      out_.tail = reader.tail();
      last_batch_ = std::string(reader.last_batch());
      last_batch_offset_ = reader.last_batch_offset();
    }
    used_ends_.push_back(reader.used_end());
    out_.segments.push_back(Segment{sequence, size, std::move(file)});
    return absl::OkStatus();
  }

  absl::Status CheckHeader(const ParsedHeader& header, uint64_t sequence) const {
    const std::string path = FullPath(sequence);
    if (header.verdict == HeaderVerdict::kDamaged) {
      return absl::DataLossError(absl::StrCat(
          path, ": the log is damaged at offset 0: not the header of a segment, or damaged"));
    }
    if (header.verdict == HeaderVerdict::kOtherVersion) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": written in format version ", header.version,
                       " of the log, this program reads version ", kFormatVersion));
    }
    if (header.id.node != node_) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": belongs to server ", ToHex(header.id.node.value),
                       ", but this is server ", ToHex(node_.value)));
    }
    if (header.id.sequence != sequence) {
      return absl::DataLossError(absl::StrCat(path, ": the log is damaged at offset 0: this is ",
                                              SegmentName(header.id.sequence),
                                              " under a wrong name"));
    }
    return absl::OkStatus();
  }

  // A last segment without header and records never took part in the log.
  absl::Status DropUnfinished(const std::string& path) {
    logger_.Warn("wal", "removing an unfinished segment", {{"file", path}});
    KONSUL_RETURN_IF_ERROR(disk_.Remove(path));
    return disk_.SyncDir(directory_);
  }

  // What is behind the last complete batch becomes zeros, so that the next batch stands alone. And
  // the last batch becomes durable: the process before may have died between its write and its
  // sync, or because that sync failed, and the kernel shows us its bytes all the same. It is
  // written once more, since after a failed sync the kernel may hold bytes that it takes for clean.
  absl::Status CutTail() {
    if (!last_batch_.empty()) {
      KONSUL_RETURN_IF_ERROR(
          out_.segments[out_.active].file->WriteAt(last_batch_offset_, last_batch_));
    }
    for (size_t i = out_.active; i < out_.segments.size(); ++i) {
      const Segment& segment = out_.segments[i];
      const uint64_t from = i == out_.active ? out_.tail : kSegmentHeaderBytes;
      const uint64_t to = used_ends_[i];
      if (to > from) {
        probe::Reached(Probe::kWalTornTail);
        out_.torn_bytes += to - from;
        KONSUL_RETURN_IF_ERROR(Zero(*segment.file, from, to));
      } else if (i == out_.active) {
        KONSUL_RETURN_IF_ERROR(segment.file->Sync());
      }
    }
    if (!out_.segments.empty()) return disk_.SyncDir(directory_);
    return absl::OkStatus();
  }

  env::Disk& disk_;
  const std::string directory_;
  const NodeId node_;
  Logger& logger_;

  Replay replay_{1};
  Recovery out_;
  std::deque<PastSegment> past_;  // of all that were read
  std::string bytes_;             // of the segment being read
  std::string last_batch_;        // of the active segment, its bytes
  uint64_t last_batch_offset_ = 0;
  std::vector<uint64_t> used_ends_;  // of out_.segments
  std::optional<uint64_t> torn_in_;  // sequence of the segment with the incomplete batch
};

}  // namespace

absl::StatusOr<Recovery> Recover(env::Disk& disk, absl::string_view directory, NodeId node,
                                 Logger& logger) {
  absl::StatusOr<Recovery> recovery = Recoverer(disk, directory, node, logger).Run();
  if (absl::IsDataLoss(recovery.status())) probe::Reached(Probe::kWalDamageFound);
  return recovery;
}

}  // namespace konsul::wal
