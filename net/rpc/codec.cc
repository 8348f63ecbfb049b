#include "net/rpc/codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/rpc/codec_parts.h"

namespace konsul::rpc {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// ---- Encoding -----------------------------------------------------------------------------------

struct Encoded {
  wire::Body type;
  Offset<void> body;
};

// One overload per alternative of Body.
struct BodyEncoder {
  FlatBufferBuilder& fbb;

  Encoded operator()(const Hello& m) const {
    return {wire::Body::Introduction, EncodeHello(fbb, m).Union()};
  }
  Encoded operator()(const raft::Message& m) const {
    return {wire::Body::RaftMessage, EncodeRaft(fbb, m).Union()};
  }
  Encoded operator()(const server::ExecuteRequest& m) const {
    const auto command = EncodeBytes(fbb, m.command);
    return {wire::Body::ExecuteRequest, wire::CreateExecuteRequest(fbb, command).Union()};
  }
  Encoded operator()(const server::ExecuteReply& m) const {
    const auto result = EncodeBytes(fbb, m.result);
    return {wire::Body::ExecuteReply, wire::CreateExecuteReply(fbb, m.index.value, result).Union()};
  }
  Encoded operator()(const server::ReadIndexRequest& m) const {
    return {wire::Body::ReadIndexRequest, wire::CreateReadIndexRequest(fbb, m.lease).Union()};
  }
  Encoded operator()(const server::ReadIndexReply& m) const {
    return {wire::Body::ReadIndexReply, wire::CreateReadIndexReply(fbb, m.index.value).Union()};
  }
  Encoded operator()(const absl::Status& m) const {
    const auto text = fbb.CreateString(m.message().data(), m.message().size());
    return {wire::Body::ErrorReply,
            wire::CreateErrorReply(fbb, static_cast<int>(m.code()), text).Union()};
  }
  Encoded operator()(const Ping&) const {
    return {wire::Body::Ping, wire::CreatePing(fbb).Union()};
  }
  Encoded operator()(const Pong&) const {
    return {wire::Body::Pong, wire::CreatePong(fbb).Union()};
  }
  Encoded operator()(const server::AdminRequest& m) const {
    return {wire::Body::AdminRequest, EncodeAdmin(fbb, m).Union()};
  }
  Encoded operator()(const server::AdminReply& m) const {
    return {wire::Body::AdminReply, EncodeAdminReply(fbb, m).Union()};
  }
  Encoded operator()(const server::SnapshotChunk& m) const {
    return {wire::Body::SnapshotChunk, EncodeChunk(fbb, m).Union()};
  }
  Encoded operator()(const server::SnapshotChunkReply& m) const {
    return {wire::Body::SnapshotChunkReply,
            wire::CreateSnapshotChunkReply(fbb, m.term.value, m.offset, m.installed).Union()};
  }
};

// ---- Decoding -----------------------------------------------------------------------------------

absl::Status DecodeError(const wire::ErrorReply& m) {
  const bool known =
      m.code() > 0 && m.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  return absl::Status(known ? static_cast<absl::StatusCode>(m.code()) : absl::StatusCode::kUnknown,
                      DecodeString(m.message()));
}

// Of a StatusOr of one alternative.
template <typename T>
absl::StatusOr<Body> AsBody(absl::StatusOr<T> message) {
  if (!message.ok()) return std::move(message).status();
  return Body(*std::move(message));
}

absl::StatusOr<Body> DecodeBody(const wire::Envelope& m) {
  if (m.body() == nullptr) return Malformed("no body");
  switch (m.body_type()) {
    case wire::Body::Introduction:
      return AsBody(DecodeHello(*m.body_as_Introduction()));
    case wire::Body::RaftMessage:
      return AsBody(DecodeRaft(*m.body_as_RaftMessage()));
    case wire::Body::ExecuteRequest:
      return Body(server::ExecuteRequest{DecodeBytes(m.body_as_ExecuteRequest()->command())});
    case wire::Body::ExecuteReply: {
      const auto& b = *m.body_as_ExecuteReply();
      return Body(server::ExecuteReply{Index(b.index()), DecodeBytes(b.result())});
    }
    case wire::Body::ReadIndexRequest:
      return Body(server::ReadIndexRequest{m.body_as_ReadIndexRequest()->lease()});
    case wire::Body::ReadIndexReply:
      return Body(server::ReadIndexReply{Index(m.body_as_ReadIndexReply()->index())});
    case wire::Body::ErrorReply:
      return Body(std::in_place_type<absl::Status>, DecodeError(*m.body_as_ErrorReply()));
    case wire::Body::Ping:
      return Body(Ping{});
    case wire::Body::Pong:
      return Body(Pong{});
    case wire::Body::AdminRequest:
      return AsBody(DecodeAdmin(*m.body_as_AdminRequest()));
    case wire::Body::AdminReply:
      return AsBody(DecodeAdminReply(*m.body_as_AdminReply()));
    case wire::Body::SnapshotChunk:
      return AsBody(DecodeChunk(*m.body_as_SnapshotChunk()));
    case wire::Body::SnapshotChunkReply: {
      const auto& b = *m.body_as_SnapshotChunkReply();
      return Body(server::SnapshotChunkReply{Term(b.term()), b.offset(), b.installed()});
    }
    default:
      return Malformed("unknown kind of message");
  }
}

}  // namespace

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("malformed message: ", what));
}

Offset<flatbuffers::Vector<uint8_t>> EncodeBytes(FlatBufferBuilder& fbb, absl::string_view bytes) {
  return fbb.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string DecodeBytes(const flatbuffers::Vector<uint8_t>* bytes) {
  if (bytes == nullptr) return "";
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::string DecodeString(const flatbuffers::String* text) {
  return text == nullptr ? "" : text->str();
}

std::string Encode(const Envelope& envelope) {
  FlatBufferBuilder fbb(512);
  const Encoded body = std::visit(BodyEncoder{fbb}, envelope.body);
  fbb.Finish(
      wire::CreateEnvelope(fbb, envelope.request_id, envelope.timeout_ms, body.type, body.body));
  return std::string(reinterpret_cast<const char*>(fbb.GetBufferPointer()), fbb.GetSize());
}

absl::StatusOr<Envelope> Decode(const std::string& payload) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size());
  if (!wire::VerifyEnvelopeBuffer(verifier)) return Malformed("not a valid FlatBuffer");
  const wire::Envelope& m = *wire::GetEnvelope(bytes);
  absl::StatusOr<Body> body = DecodeBody(m);
  if (!body.ok()) return body.status();
  return Envelope{m.request_id(), m.timeout_ms(), *std::move(body)};
}

}  // namespace konsul::rpc
