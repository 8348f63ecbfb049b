#include "storage/archive/gzip_stream.h"

#include <zlib.h>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::archive {
namespace {

// Of zlib: the largest window, and gzip's header and trailer.
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr absl::string_view kMagic("\x1f\x8b\x08", 3);
// zlib counts what it is given in 32 bits.
constexpr size_t kInputBytesMax = 1 << 30;

Bytef* Bytes(absl::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

void GzipWriter::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

GzipWriter::GzipWriter() : stream_(new z_stream_s()) {
  KONSUL_CHECK(deflateInit2(stream_.get(), Z_NO_COMPRESSION, Z_DEFLATED, kWindowBits, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK,
               "no memory");
}

void GzipWriter::Run(absl::string_view bytes, int flush, std::string& out) {
  stream_->next_in = Bytes(bytes);
  stream_->avail_in = static_cast<uInt>(bytes.size());
  const size_t before = out.size();
  size_t have = before;
  do {
    out.resize(have + GzipReader::kPieceBytes);
    stream_->next_out = Bytes(out) + have;
    stream_->avail_out = static_cast<uInt>(out.size() - have);
    const int result = deflate(stream_.get(), flush);
    KONSUL_CHECK(result != Z_STREAM_ERROR, "deflate was handed nonsense");
    have = out.size() - stream_->avail_out;
  } while (stream_->avail_out == 0);
  KONSUL_CHECK(stream_->avail_in == 0, "deflate left something over");
  out.resize(have);
}

void GzipWriter::Add(absl::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kInputBytesMax);
    Run(piece, Z_NO_FLUSH, out);
    bytes.remove_prefix(piece.size());
  }
}

void GzipWriter::Finish(std::string& out) { Run("", Z_FINISH, out); }

void GzipReader::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

GzipReader::GzipReader() : stream_(new z_stream_s()), piece_(kPieceBytes, '\0') {
  KONSUL_CHECK(inflateInit2(stream_.get(), kWindowBits) == Z_OK, "no memory");
}

absl::Status GzipReader::CheckMagic(absl::string_view bytes) {
  if (offset_ >= kMagic.size()) return absl::OkStatus();
  const absl::string_view expected = kMagic.substr(offset_, bytes.size());
  if (bytes.substr(0, expected.size()) == expected) return absl::OkStatus();
  return absl::InvalidArgumentError("it does not begin as gzip does");
}

absl::Status GzipReader::Push(absl::string_view bytes, Sink sink) {
  KONSUL_RETURN_IF_ERROR(CheckMagic(bytes));
  while (!bytes.empty()) {
    if (ended_) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is more behind the end of it, from offset ", offset_, " on"));
    }
    const uint64_t before = offset_;
    KONSUL_RETURN_IF_ERROR(Inflate(bytes.substr(0, kInputBytesMax), sink));
    bytes.remove_prefix(offset_ - before);
  }
  return absl::OkStatus();
}

absl::Status GzipReader::Inflate(absl::string_view bytes, Sink sink) {
  stream_->next_in = Bytes(bytes);
  stream_->avail_in = static_cast<uInt>(bytes.size());
  const uint64_t before = offset_;
  do {
    stream_->next_out = Bytes(piece_);
    stream_->avail_out = static_cast<uInt>(piece_.size());
    const int result = inflate(stream_.get(), Z_NO_FLUSH);
    offset_ = before + bytes.size() - stream_->avail_in;
    KONSUL_CHECK(result != Z_MEM_ERROR && result != Z_STREAM_ERROR, "inflate: ", result);
    if (result == Z_DATA_ERROR || result == Z_NEED_DICT) {
      return absl::DataLossError(
          absl::StrCat("gzip: ", stream_->msg == nullptr ? "damaged" : stream_->msg));
    }
    ended_ = result == Z_STREAM_END;
    const size_t got = piece_.size() - stream_->avail_out;
    if (got > 0) KONSUL_RETURN_IF_ERROR(sink(absl::string_view(piece_).substr(0, got)));
  } while (!ended_ && stream_->avail_out == 0);
  return absl::OkStatus();
}

}  // namespace konsul::archive
