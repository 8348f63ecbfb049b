// Takes the archive of a snapshot apart: what PUT /v1/snapshot is given. Believes nothing of it.
// Format: docs/formats/archive.md.
#ifndef KONSUL_STORAGE_ARCHIVE_READER_H_
#define KONSUL_STORAGE_ARCHIVE_READER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/archive/gzip_stream.h"
#include "storage/archive/meta.h"
#include "storage/archive/sha256.h"
#include "storage/archive/tar.h"

namespace konsul::archive {

// Push until there is no more, then Finish. Holds at most some 1.2 MiB, whatever it is given. One
// fiber; suspends where the sink does.
//
// Errors say what is wrong, where, and what to do. InvalidArgument: this is no such archive, or not
// one of Konsul's. DataLoss: it was one, and is damaged or cut short. After an error every later
// call returns it.
class ArchiveReader final : private TarReader::Receiver {
 public:
  // Gets the bytes of state.bin in order, at most 64 KiB at a time. An error of its own stops
  // everything, and is returned unchanged. Nothing is certain until Finish.
  using Sink = std::function<absl::Status(absl::string_view bytes)>;

  static constexpr uint64_t kMetaBytesMax = 1 << 20;
  static constexpr uint64_t kSumsBytesMax = 64 << 10;

  explicit ArchiveReader(Sink sink) : sink_(std::move(sink)) {}
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  absl::Status Push(absl::string_view bytes);
  // Everything is there, fits, has the checksums that it should have, and nothing follows.
  absl::StatusOr<Meta> Finish();

  // How long state.bin says it is, once it has begun.
  const std::optional<uint64_t>& state_size() const { return state_size_; }
  // All of state.bin has been handed out.
  bool state_is_there() const { return !state_hash_.empty(); }

 private:
  absl::Status BeginFile(const std::string& name, uint64_t size) override;
  absl::Status FileBytes(absl::string_view bytes) override;
  absl::Status EndFile() override;

  absl::Status TakeState(absl::string_view bytes);
  absl::Status CheckSums() const;
  absl::StatusOr<Meta> CheckAll() const;
  // `status` with the place and, where that helps, what to do. Not for those of the sink.
  absl::Status Explain(const absl::Status& status) const;

  const Sink sink_;
  GzipReader gzip_;
  TarReader tar_;
  absl::Status error_;
  bool sink_failed_ = false;

  std::string file_;  // the one that is being read; empty between files
  std::optional<std::string> meta_json_;
  std::optional<std::string> sums_;
  std::optional<uint64_t> state_size_;
  uint64_t state_seen_ = 0;
  Sha256 state_sha_;
  std::string state_hash_;  // in hex, once it is complete
};

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_READER_H_
