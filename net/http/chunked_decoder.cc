#include "net/http/chunked_decoder.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"

namespace konsul::http {
namespace {

std::optional<uint64_t> HexDigit(char c) {
  if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

}  // namespace

void ChunkedDecoder::Reset(uint64_t body_limit) {
  body_limit_ = body_limit;
  state_ = State::kSize;
  claimed_ = remaining_ = 0;
  trailer_bytes_ = 0;
}

bool ChunkedDecoder::ParseSizeLine(absl::string_view line) {
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < line.size()) {
    const std::optional<uint64_t> digit = HexDigit(line[digits]);
    if (!digit) break;
    if (size >> 60 != 0) return false;
    size = size << 4 | *digit;
    ++digits;
  }
  if (digits == 0) return false;
  absl::string_view extension = absl::StripLeadingAsciiWhitespace(line.substr(digits));
  if (!extension.empty() && extension[0] != ';') return false;
  // "5 " with nothing behind the blank is as suspicious as any other ambiguity about a length.
  if (extension.empty() && digits != line.size()) return false;
  if (HasControl(line)) return false;
  remaining_ = size;
  claimed_ = size > std::numeric_limits<uint64_t>::max() - claimed_
                 ? std::numeric_limits<uint64_t>::max()
                 : claimed_ + size;
  return true;
}

ChunkedDecoder::Verdict ChunkedDecoder::Feed(absl::string_view data, size_t& taken,
                                             std::string& body) {
  taken = 0;
  while (true) {
    const absl::string_view rest = data.substr(taken);
    if (state_ == State::kData) {
      const size_t n = std::min<uint64_t>(remaining_, rest.size());
      body.append(rest.data(), n);
      taken += n;
      remaining_ -= n;
      if (remaining_ > 0) return Verdict::kNeedMore;
      state_ = State::kDataEnd;
      continue;
    }
    if (state_ == State::kDataEnd) {
      if (!rest.empty() && rest[0] != '\r') return Verdict::kMalformed;
      if (rest.size() < 2) return Verdict::kNeedMore;
      if (rest[1] != '\n') return Verdict::kMalformed;
      taken += 2;
      state_ = State::kSize;
      continue;
    }
    const size_t newline = rest.substr(0, kLineBytesMax).find('\n');
    if (newline == absl::string_view::npos) {
      return rest.size() >= kLineBytesMax ? Verdict::kMalformed : Verdict::kNeedMore;
    }
    if (newline == 0 || rest[newline - 1] != '\r') return Verdict::kMalformed;
    const absl::string_view line = rest.substr(0, newline - 1);
    taken += newline + 1;
    if (state_ == State::kSize) {
      if (!ParseSizeLine(line)) return Verdict::kMalformed;
      if (claimed_ > body_limit_) return Verdict::kTooLarge;
      state_ = remaining_ > 0 ? State::kData : State::kTrailer;
      continue;
    }
    if (line.empty()) return Verdict::kComplete;
    trailer_bytes_ += line.size();
    const size_t colon = line.find(':');
    if (colon == 0 || colon == absl::string_view::npos || HasControl(line) ||
        trailer_bytes_ > kTrailerBytesMax) {
      return Verdict::kMalformed;
    }
  }
}

}  // namespace konsul::http
