// Decodes a body in the chunked transfer coding (RFC 9112, 7.1). Extensions and trailers are read,
// checked for their form and dropped.
//
// Not Boost.Beast's: its parser asserts when the last chunk arrives byte by byte, and sets no bound
// to extensions.
#ifndef KONSUL_NET_HTTP_CHUNKED_DECODER_H_
#define KONSUL_NET_HTTP_CHUNKED_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace konsul::http {

class ChunkedDecoder {
 public:
  static constexpr size_t kLineBytesMax = 4096;      // one chunk-size line or trailer
  static constexpr size_t kTrailerBytesMax = 16384;  // all trailers

  enum class Verdict {
    kNeedMore,
    kComplete,
    kMalformed,
    kTooLarge,  // the body would have claimed() bytes, more than the limit
  };

  // Appends what `data` holds of the body to `body` and tells how many bytes it took; what it
  // left must come again, with more behind it.
  Verdict Feed(absl::string_view data, size_t& taken, std::string& body);
  uint64_t claimed() const { return claimed_; }
  // For the next body.
  void Reset(uint64_t body_limit);

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer };
  // False when the line is malformed.
  bool ParseSizeLine(absl::string_view line);

  uint64_t body_limit_ = 0;
  State state_ = State::kSize;
  uint64_t claimed_ = 0;    // all chunk sizes so far, saturating
  uint64_t remaining_ = 0;  // of the chunk
  size_t trailer_bytes_ = 0;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_CHUNKED_DECODER_H_
