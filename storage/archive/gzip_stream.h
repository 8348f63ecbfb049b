// gzip (RFC 1952) piece by piece, of zlib. Nothing here suspends.
#ifndef KONSUL_STORAGE_ARCHIVE_GZIP_STREAM_H_
#define KONSUL_STORAGE_ARCHIVE_GZIP_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct z_stream_s;

namespace konsul::archive {

// Into gzip without compressing: what goes in has been packed by a better one already (zstd), and a
// second try would cost ten times what everything else here does, for nothing.
class GzipWriter {
 public:
  GzipWriter();
  void Add(absl::string_view bytes, std::string& out);
  void Finish(std::string& out);

 private:
  void Run(absl::string_view bytes, int flush, std::string& out);

  struct End {
    void operator()(z_stream_s* stream) const;
  };
  std::unique_ptr<z_stream_s, End> stream_;
};

// Out of it, however it was compressed. Takes one member, as one archive is.
class GzipReader {
 public:
  // Gets at most kPieceBytes at a time. Its error is returned unchanged.
  using Sink = absl::FunctionRef<absl::Status(absl::string_view bytes)>;
  static constexpr size_t kPieceBytes = 64 << 10;

  GzipReader();
  // InvalidArgument when it does not begin as gzip does, or goes on behind the end; DataLoss when
  // it is damaged. What the sink got before is not to be trusted until ended().
  absl::Status Push(absl::string_view bytes, Sink sink);
  // All is there, and its checksum is right.
  bool ended() const { return ended_; }
  // Of the packed bytes that were taken in.
  uint64_t offset() const { return offset_; }

 private:
  absl::Status CheckMagic(absl::string_view bytes);
  absl::Status Inflate(absl::string_view bytes, Sink sink);

  struct End {
    void operator()(z_stream_s* stream) const;
  };
  std::unique_ptr<z_stream_s, End> stream_;
  std::string piece_;
  uint64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_GZIP_STREAM_H_
