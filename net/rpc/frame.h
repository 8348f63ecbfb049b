// Frames on a byte stream: how one RPC message ends and the next begins. Byte layout and limits:
// docs/formats/rpc.md.
#ifndef KONSUL_NET_RPC_FRAME_H_
#define KONSUL_NET_RPC_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::rpc {

inline constexpr size_t kFrameHeaderBytes = 12;
// Room for one append of the largest batch: an entry goes out whatever its size, and an entry holds
// at most one value of 512 KiB.
inline constexpr size_t kFramePayloadMax = 8 << 20;
// Before the other side has said who it is, it cannot make us hold more than this.
inline constexpr size_t kIntroductionPayloadMax = 64 << 10;

// Appends header and payload to `out`. The payload is at most kFramePayloadMax.
void AppendFrame(absl::string_view payload, std::string& out);

// Cuts a stream of bytes into payloads; no I/O. Once an error was returned the stream is useless,
// because nobody knows where the next frame begins.
class FrameParser {
 public:
  // Of the frames from now on; kFramePayloadMax in the beginning.
  void SetPayloadMax(size_t bytes) { payload_max_ = bytes; }

  void Feed(absl::string_view bytes);
  // The next whole payload; nullopt when more bytes are needed. InvalidArgument when the bytes are
  // not frames of this protocol (foreign bytes, a length beyond the limit); DataLoss when the
  // checksum does not match.
  absl::StatusOr<std::optional<std::string>> Next();

 private:
  std::string buffer_;
  size_t begin_ = 0;  // of what was not consumed yet
  size_t payload_max_ = kFramePayloadMax;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_FRAME_H_
