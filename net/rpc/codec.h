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
inline constexpr uint32_t kProtocol = 2;

// What a connection is for. Only the loss of a link says something about its peer; the others are
// closed by whoever dialled them as soon as they have served.
enum class Purpose : uint8_t {
  kLink = 0,      // raft messages, requests, and pings while it is up
  kSnapshot = 1,  // pieces of snapshots, which would hold up a link
  kQuestion = 2,  // the introduction is all
};

// The first message on a connection, both ways; the answer repeats the purpose.
struct Hello {
  server::Introduction introduction;
  Purpose purpose = Purpose::kLink;
};

// Goes out on a link now and then; answered by a Pong at once.
struct Ping {};
struct Pong {};

// A Status travels as the message ErrorReply; it is never OK here.
using Body = std::variant<Hello, raft::Message, server::ExecuteRequest, server::ExecuteReply,
                          server::ReadIndexRequest, server::ReadIndexReply, absl::Status, Ping,
                          Pong, server::AdminRequest, server::AdminReply, server::SnapshotChunk,
                          server::SnapshotChunkReply>;

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
