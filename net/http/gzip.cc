#include "net/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::http {
namespace {

// Of zlib: the largest window, and gzip's header and trailer.
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr size_t kChunkBytes = 64 << 10;

Bytef* Bytes(absl::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

void Init(z_stream& stream) {
  KONSUL_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK,
               "no memory");
}

// Packs what another stream says. Of streams that do not wait: nothing is flushed before the end.
class GzipStream : public BodyStream {
 public:
  explicit GzipStream(std::shared_ptr<BodyStream> plain) : plain_(std::move(plain)) {
    Init(stream_);
  }
  ~GzipStream() override { deflateEnd(&stream_); }

  absl::StatusOr<Step> Next(std::string& out) override {
    plain_->answer_now = answer_now;
    piece_.clear();
    KONSUL_ASSIGN_OR_RETURN(const Step step, plain_->Next(piece_));
    KONSUL_CHECK(step != Step::kWaits, "a packed body waits");
    stream_.next_in = Bytes(piece_);
    stream_.avail_in = static_cast<uInt>(piece_.size());
    do {
      const size_t have = out.size();
      out.resize(have + kChunkBytes);
      stream_.next_out = Bytes(out) + have;
      stream_.avail_out = kChunkBytes;
      deflate(&stream_, step == Step::kEnd ? Z_FINISH : Z_NO_FLUSH);
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return step;
  }

 private:
  std::shared_ptr<BodyStream> plain_;
  z_stream stream_ = {};
  std::string piece_;
};

}  // namespace

bool AcceptsGzip(const Request& request) {
  const auto accepted = request.headers.Get("Accept-Encoding");
  if (!accepted) return false;
  for (const absl::string_view each : absl::StrSplit(*accepted, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(each, absl::MaxSplits(';', 1));
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts.first), "gzip")) continue;
    const absl::string_view quality = absl::StripAsciiWhitespace(parts.second);
    const bool never =
        quality == "q=0" || quality == "q=0.0" || quality == "q=0.00" || quality == "q=0.000";
    return !never;
  }
  return false;
}

std::string Gzip(absl::string_view bytes) {
  z_stream stream = {};
  Init(stream);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = Bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = Bytes(packed);
  stream.avail_out = static_cast<uInt>(packed.size());
  KONSUL_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound was too low");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

absl::StatusOr<std::string> Gunzip(absl::string_view packed, size_t most) {
  z_stream stream = {};
  KONSUL_CHECK(inflateInit2(&stream, kWindowBits) == Z_OK, "no memory");
  stream.next_in = Bytes(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  int result = Z_OK;
  while (result == Z_OK && bytes.size() <= most) {
    const size_t have = bytes.size();
    bytes.resize(have + std::min(kChunkBytes, most + 1 - have));
    stream.next_out = Bytes(bytes) + have;
    stream.avail_out = static_cast<uInt>(bytes.size() - have);
    result = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (bytes.size() > most) {
    return absl::InvalidArgumentError(absl::StrCat("unpacks to more than ", most, " bytes"));
  }
  if (result != Z_STREAM_END) return absl::InvalidArgumentError("not gzip, or cut short");
  return bytes;
}

void PackIfWanted(const Request& request, Response& response) {
  const bool streams =
      response.stream != nullptr && response.headers.Get("Content-Type") == "application/json";
  if (response.parked != nullptr || (!streams && response.body.size() < kGzipWorthBytes)) return;
  if (response.headers.Has("Content-Encoding")) return;
  // Caches on the way must not hand it to those who do not take it.
  response.headers.Set("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request)) return;
  if (streams) {
    response.stream = std::make_shared<GzipStream>(std::move(response.stream));
  } else {
    response.body = Gzip(response.body);
  }
  response.headers.Set("Content-Encoding", "gzip");
}

}  // namespace konsul::http
