#include "net/rpc/frame.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"

namespace konsul::rpc {
namespace {

constexpr char kMagic[4] = {'K', 'N', 'S', '1'};
// An emptied buffer that is larger is given back.
constexpr size_t kKeepBytes = 1 << 20;

void PutU32(uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

uint32_t GetU32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace

void AppendFrame(absl::string_view payload, std::string& out) {
  KONSUL_CHECK(payload.size() <= kFramePayloadMax, payload.size());
  out.append(kMagic, sizeof kMagic);
  PutU32(static_cast<uint32_t>(payload.size()), out);
  PutU32(Crc32c(payload), out);
  out.append(payload.data(), payload.size());
}

void FrameParser::Feed(absl::string_view bytes) {
  if (begin_ == buffer_.size()) {
    if (buffer_.capacity() > kKeepBytes) buffer_ = std::string();
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_.append(bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<std::string>> FrameParser::Next() {
  const absl::string_view rest = absl::string_view(buffer_).substr(begin_);
  // Foreign bytes are recognised by what is there of the magic, before a length is believed.
  const size_t magic_seen = std::min(rest.size(), sizeof kMagic);
  if (std::memcmp(rest.data(), kMagic, magic_seen) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("these bytes are not Konsul's server protocol: \"",
                     absl::CHexEscape(rest.substr(0, 16)), "\" where a frame should begin"));
  }
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  const uint32_t length = GetU32(rest.data() + 4);
  if (length > payload_max_) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame of ", length, " bytes is over the limit of ", payload_max_));
  }
  if (rest.size() < kFrameHeaderBytes + length) return std::nullopt;
  const absl::string_view payload = rest.substr(kFrameHeaderBytes, length);
  if (Crc32c(payload) != GetU32(rest.data() + 8)) {
    return absl::DataLossError(
        absl::StrCat("a frame of ", length, " bytes was damaged on its way: checksum mismatch"));
  }
  begin_ += kFrameHeaderBytes + length;
  return std::string(payload);
}

}  // namespace konsul::rpc
