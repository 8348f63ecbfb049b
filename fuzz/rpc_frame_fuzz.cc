// Bytes on the RPC port: frames, then the message in each. However the bytes are cut into reads,
// the same payloads come out; a message that decodes encodes to one that decodes again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "net/rpc/codec.h"
#include "net/rpc/frame.h"

namespace {

std::vector<std::string> Payloads(absl::string_view bytes, size_t step) {
  konsul::rpc::FrameParser parser;
  std::vector<std::string> payloads;
  for (size_t at = 0; at < bytes.size(); at += step) {
    parser.Feed(bytes.substr(at, step));
    while (true) {
      auto next = parser.Next();
      if (!next.ok()) return payloads;
      if (!next->has_value()) break;
      payloads.push_back(*std::move(*next));
    }
  }
  return payloads;
}

void DecodeTwice(const std::string& payload) {
  const auto envelope = konsul::rpc::Decode(payload);
  if (!envelope.ok()) return;
  const std::string encoded = konsul::rpc::Encode(*envelope);
  const auto again = konsul::rpc::Decode(encoded);
  KONSUL_CHECK(again.ok(), again.status().message());
  KONSUL_CHECK(konsul::rpc::Encode(*again) == encoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> whole = Payloads(bytes, size + 1);
  KONSUL_CHECK(whole == Payloads(bytes, 1));
  for (const std::string& payload : whole) DecodeTwice(payload);
  // Checksums are hard to guess: the bytes as a bare message reach the decoder at once.
  DecodeTwice(std::string(bytes));
  return 0;
}
