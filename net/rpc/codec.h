// Between the FlatBuffers of core/wire/rpc.fbs and the plain values of core/server and core/raft.
#ifndef KONSUL_NET_RPC_CODEC_H_
#define KONSUL_NET_RPC_CODEC_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/raft/types.h"
#include "core/server/transport.h"

namespace konsul::rpc {

// Servers talk only to servers of the same protocol number.
inline constexpr uint32_t kProtocol = 1;

// A Status travels as the message ErrorReply; it is never OK here.
using Body =
    std::variant<server::Introduction, raft::Message, server::ExecuteRequest, server::ExecuteReply,
                 server::ReadIndexRequest, server::ReadIndexReply, absl::Status>;

struct Envelope {
  uint64_t request_id = 0;
  uint32_t timeout_ms = 0;
  Body body;
};

// The payload of one frame.
std::string Encode(const Envelope& envelope);
// Verifies before it reads; InvalidArgument says what is wrong. Accepts any bytes
// (a std::string, because FlatBuffers are read in place and want their alignment).
absl::StatusOr<Envelope> Decode(const std::string& payload);

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_CODEC_H_
