#include "net/rpc/codec.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/wire/rpc_generated.h"
#include "flatbuffers/flatbuffers.h"

namespace konsul::rpc {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// ---- Encoding -----------------------------------------------------------------------------------

template <typename T>
struct Encoded {
  T type;
  Offset<void> body;
};

Offset<flatbuffers::Vector<uint8_t>> EncodeBytes(FlatBufferBuilder& fbb, const std::string& bytes) {
  return fbb.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

Encoded<wire::RaftBody> EncodeRaftBody(FlatBufferBuilder& fbb, const raft::Message& message) {
  return std::visit(
      Overloaded{
          [&](const raft::VoteRequest& m) {
            return Encoded<wire::RaftBody>{
                wire::RaftBody::VoteRequest,
                wire::CreateVoteRequest(fbb, m.pre, m.last_index.value, m.last_term.value).Union()};
          },
          [&](const raft::VoteReply& m) {
            return Encoded<wire::RaftBody>{wire::RaftBody::VoteReply,
                                           wire::CreateVoteReply(fbb, m.pre, m.granted).Union()};
          },
          [&](const raft::AppendRequest& m) {
            std::vector<Offset<wire::Entry>> entries;
            entries.reserve(m.entries.size());
            for (const raft::Entry& entry : m.entries) {
              const auto payload = EncodeBytes(fbb, *entry.payload);
              entries.push_back(wire::CreateEntry(fbb, entry.index.value, entry.term.value,
                                                  static_cast<uint8_t>(entry.kind), payload));
            }
            const auto vector = fbb.CreateVector(entries);
            return Encoded<wire::RaftBody>{
                wire::RaftBody::AppendRequest,
                wire::CreateAppendRequest(fbb, m.prev_index.value, m.prev_term.value,
                                          m.commit.value, m.read_round, vector)
                    .Union()};
          },
          [&](const raft::AppendReply& m) {
            return Encoded<wire::RaftBody>{
                wire::RaftBody::AppendReply,
                wire::CreateAppendReply(fbb, m.success, m.match_or_rejected.value,
                                        m.hint_index.value, m.hint_term.value, m.read_round)
                    .Union()};
          },
      },
      message.body);
}

Offset<void> EncodeIntroduction(FlatBufferBuilder& fbb, const server::Introduction& m) {
  std::vector<Offset<wire::Member>> view;
  for (const raft::Member& member : m.view) {
    const auto name = fbb.CreateString(member.name);
    const auto address = fbb.CreateString(member.address);
    view.push_back(wire::CreateMember(fbb, member.id.value, name, address));
  }
  const auto name = fbb.CreateString(m.name);
  const auto address = fbb.CreateString(m.address);
  const auto members = fbb.CreateVector(view);
  return wire::CreateIntroduction(fbb, kProtocol, m.id.value, m.cluster.value, name, address,
                                  members, m.bootstrap_expect)
      .Union();
}

Encoded<wire::Body> EncodeBody(FlatBufferBuilder& fbb, const Body& body) {
  return std::visit(
      Overloaded{
          [&](const server::Introduction& m) {
            return Encoded<wire::Body>{wire::Body::Introduction, EncodeIntroduction(fbb, m)};
          },
          [&](const raft::Message& m) {
            const Encoded<wire::RaftBody> inner = EncodeRaftBody(fbb, m);
            return Encoded<wire::Body>{wire::Body::RaftMessage,
                                       wire::CreateRaftMessage(fbb, m.from.value, m.to.value,
                                                               m.term.value, inner.type, inner.body)
                                           .Union()};
          },
          [&](const server::ExecuteRequest& m) {
            const auto command = EncodeBytes(fbb, m.command);
            return Encoded<wire::Body>{wire::Body::ExecuteRequest,
                                       wire::CreateExecuteRequest(fbb, command).Union()};
          },
          [&](const server::ExecuteReply& m) {
            const auto result = EncodeBytes(fbb, m.result);
            return Encoded<wire::Body>{
                wire::Body::ExecuteReply,
                wire::CreateExecuteReply(fbb, m.index.value, result).Union()};
          },
          [&](const server::ReadIndexRequest&) {
            return Encoded<wire::Body>{wire::Body::ReadIndexRequest,
                                       wire::CreateReadIndexRequest(fbb).Union()};
          },
          [&](const server::ReadIndexReply& m) {
            return Encoded<wire::Body>{wire::Body::ReadIndexReply,
                                       wire::CreateReadIndexReply(fbb, m.index.value).Union()};
          },
          [&](const absl::Status& m) {
            const auto text = fbb.CreateString(m.message().data(), m.message().size());
            return Encoded<wire::Body>{
                wire::Body::ErrorReply,
                wire::CreateErrorReply(fbb, static_cast<int>(m.code()), text).Union()};
          },
      },
      body);
}

// ---- Decoding -----------------------------------------------------------------------------------

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("malformed message: ", what));
}

std::string DecodeBytes(const flatbuffers::Vector<uint8_t>* bytes) {
  if (bytes == nullptr) return "";
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::string DecodeString(const flatbuffers::String* text) {
  return text == nullptr ? "" : text->str();
}

absl::StatusOr<raft::AppendRequest> DecodeAppend(const wire::AppendRequest& m) {
  raft::AppendRequest append;
  append.prev_index = Index(m.prev_index());
  append.prev_term = Term(m.prev_term());
  append.commit = Index(m.commit());
  append.read_round = m.read_round();
  if (m.entries() == nullptr) return append;
  append.entries.reserve(m.entries()->size());
  Index previous = append.prev_index;
  Term previous_term = append.prev_term;
  for (const wire::Entry* e : *m.entries()) {
    if (e->index() != previous.value + 1 || e->index() == 0)
      return Malformed("entries not contiguous");
    if (e->term() < previous_term.value) return Malformed("terms of entries go back");
    if (e->kind() > static_cast<uint8_t>(raft::EntryKind::kConfiguration)) {
      return Malformed(absl::StrCat("unknown kind of entry ", e->kind()));
    }
    raft::Entry entry;
    entry.index = Index(e->index());
    entry.term = Term(e->term());
    entry.kind = static_cast<raft::EntryKind>(e->kind());
    entry.payload = raft::MakePayload(DecodeBytes(e->payload()));
    if (entry.kind == raft::EntryKind::kConfiguration) {
      const auto configuration = raft::Configuration::Decode(*entry.payload);
      if (!configuration.ok()) return Malformed(configuration.status().message());
    }
    previous = entry.index;
    previous_term = entry.term;
    append.entries.push_back(std::move(entry));
  }
  return append;
}

absl::StatusOr<raft::Message> DecodeRaft(const wire::RaftMessage& m) {
  raft::Message message;
  message.from = NodeId(m.from());
  message.to = NodeId(m.to());
  message.term = Term(m.term());
  if (m.from() == 0 || m.to() == 0) return Malformed("a raft message from or to nobody");
  if (m.body() == nullptr) return Malformed("a raft message without a body");
  switch (m.body_type()) {
    case wire::RaftBody::VoteRequest: {
      const auto& b = *m.body_as_VoteRequest();
      message.body = raft::VoteRequest{b.pre(), Index(b.last_index()), Term(b.last_term())};
      return message;
    }
    case wire::RaftBody::VoteReply: {
      const auto& b = *m.body_as_VoteReply();
      message.body = raft::VoteReply{b.pre(), b.granted()};
      return message;
    }
    case wire::RaftBody::AppendRequest: {
      auto append = DecodeAppend(*m.body_as_AppendRequest());
      if (!append.ok()) return append.status();
      if (!append->entries.empty() && append->entries.back().term > message.term) {
        return Malformed("an entry of a later term than its leader's");
      }
      message.body = *std::move(append);
      return message;
    }
    case wire::RaftBody::AppendReply: {
      const auto& b = *m.body_as_AppendReply();
      message.body = raft::AppendReply{b.success(), Index(b.match_or_rejected()),
                                       Index(b.hint_index()), Term(b.hint_term()), b.read_round()};
      return message;
    }
    default:
      return Malformed("unknown kind of raft message");
  }
}

absl::StatusOr<server::Introduction> DecodeIntroduction(const wire::Introduction& m) {
  if (m.protocol() != kProtocol) {
    return absl::InvalidArgumentError(absl::StrCat("the peer speaks protocol ", m.protocol(),
                                                   ", this server speaks protocol ", kProtocol));
  }
  if (m.id() == 0) return Malformed("an introduction without an id");
  server::Introduction introduction;
  introduction.id = NodeId(m.id());
  introduction.cluster = ClusterId(m.cluster());
  introduction.name = DecodeString(m.name());
  introduction.address = DecodeString(m.address());
  introduction.bootstrap_expect = m.bootstrap_expect();
  if (m.view() != nullptr) {
    for (const wire::Member* member : *m.view()) {
      introduction.view.push_back(
          {NodeId(member->id()), DecodeString(member->name()), DecodeString(member->address())});
    }
  }
  return introduction;
}

absl::StatusOr<Body> DecodeBody(const wire::Envelope& m) {
  if (m.body() == nullptr) return Malformed("no body");
  switch (m.body_type()) {
    case wire::Body::Introduction:
      return DecodeIntroduction(*m.body_as_Introduction());
    case wire::Body::RaftMessage:
      return DecodeRaft(*m.body_as_RaftMessage());
    case wire::Body::ExecuteRequest:
      return Body(server::ExecuteRequest{DecodeBytes(m.body_as_ExecuteRequest()->command())});
    case wire::Body::ExecuteReply: {
      const auto& b = *m.body_as_ExecuteReply();
      return Body(server::ExecuteReply{Index(b.index()), DecodeBytes(b.result())});
    }
    case wire::Body::ReadIndexRequest:
      return Body(server::ReadIndexRequest{});
    case wire::Body::ReadIndexReply:
      return Body(server::ReadIndexReply{Index(m.body_as_ReadIndexReply()->index())});
    case wire::Body::ErrorReply: {
      const auto& b = *m.body_as_ErrorReply();
      const bool known =
          b.code() > 0 && b.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
      return Body(std::in_place_type<absl::Status>,
                  known ? static_cast<absl::StatusCode>(b.code()) : absl::StatusCode::kUnknown,
                  DecodeString(b.message()));
    }
    default:
      return Malformed("unknown kind of message");
  }
}

}  // namespace

std::string Encode(const Envelope& envelope) {
  FlatBufferBuilder fbb(512);
  const Encoded<wire::Body> body = EncodeBody(fbb, envelope.body);
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
