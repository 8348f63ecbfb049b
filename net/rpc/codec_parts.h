// The pieces of codec.cc, a file for each group of messages. Internal to net/rpc.
//
// A Decode... is given a table that the FlatBuffers verifier has passed and checks what a schema
// cannot say; its InvalidArgument names what is wrong.
#ifndef KONSUL_NET_RPC_CODEC_PARTS_H_
#define KONSUL_NET_RPC_CODEC_PARTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/wire/rpc_generated.h"
#include "flatbuffers/flatbuffers.h"
#include "net/rpc/codec.h"

namespace konsul::rpc {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

absl::Status Malformed(absl::string_view what);

flatbuffers::Offset<flatbuffers::Vector<uint8_t>> EncodeBytes(flatbuffers::FlatBufferBuilder& fbb,
                                                              absl::string_view bytes);
// Null is the default of a field that was left away, and so is empty.
std::string DecodeBytes(const flatbuffers::Vector<uint8_t>* bytes);
std::string DecodeString(const flatbuffers::String* text);

// codec_hello.cc
flatbuffers::Offset<wire::Member> EncodeMember(flatbuffers::FlatBufferBuilder& fbb,
                                               const raft::Member& member);
raft::Member DecodeMember(const wire::Member& member);
flatbuffers::Offset<wire::Introduction> EncodeHello(flatbuffers::FlatBufferBuilder& fbb,
                                                    const Hello& hello);
absl::StatusOr<Hello> DecodeHello(const wire::Introduction& m);

// codec_raft.cc
flatbuffers::Offset<wire::RaftMessage> EncodeRaft(flatbuffers::FlatBufferBuilder& fbb,
                                                  const raft::Message& message);
absl::StatusOr<raft::Message> DecodeRaft(const wire::RaftMessage& m);

// codec_admin.cc
flatbuffers::Offset<wire::AdminRequest> EncodeAdmin(flatbuffers::FlatBufferBuilder& fbb,
                                                    const server::AdminRequest& request);
absl::StatusOr<server::AdminRequest> DecodeAdmin(const wire::AdminRequest& m);
flatbuffers::Offset<wire::AdminReply> EncodeAdminReply(flatbuffers::FlatBufferBuilder& fbb,
                                                       const server::AdminReply& reply);
absl::StatusOr<server::AdminReply> DecodeAdminReply(const wire::AdminReply& m);

// codec_snapshot.cc
flatbuffers::Offset<wire::SnapshotChunk> EncodeChunk(flatbuffers::FlatBufferBuilder& fbb,
                                                     const server::SnapshotChunk& chunk);
absl::StatusOr<server::SnapshotChunk> DecodeChunk(const wire::SnapshotChunk& m);

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_CODEC_PARTS_H_
