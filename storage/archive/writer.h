// Makes the archive of a snapshot: what GET /v1/snapshot gives. Format: docs/formats/archive.md.
#ifndef KONSUL_STORAGE_ARCHIVE_WRITER_H_
#define KONSUL_STORAGE_ARCHIVE_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"
#include "storage/archive/gzip_stream.h"
#include "storage/archive/meta.h"
#include "storage/archive/sha256.h"

namespace konsul::archive {

// Begin, AddState until meta.size bytes have been added, Finish; each appends to `out` what is
// there of the archive, and holds at most 64 KiB back. The same calls give the same bytes. Never
// suspends, and does no I/O.
class ArchiveWriter {
 public:
  // `mtime` is what the files inside are dated.
  ArchiveWriter(const Meta& meta, WallTime mtime);

  void Begin(std::string& out);
  // FailedPrecondition when there would be more bytes than meta.size.
  absl::Status AddState(absl::string_view bytes, std::string& out);
  // FailedPrecondition when there have been fewer.
  absl::Status Finish(std::string& out);

 private:
  // A file whole.
  void AddFile(absl::string_view name, absl::string_view content, std::string& out);

  const std::string meta_json_;
  const uint64_t size_;
  const int64_t mtime_;  // in seconds
  uint64_t added_ = 0;   // of state.bin
  GzipWriter gzip_;
  Sha256 state_hash_;
};

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_WRITER_H_
