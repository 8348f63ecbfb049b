#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/raft/configuration.h"
#include "net/rpc/codec_parts.h"

namespace konsul::rpc {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

struct Encoded {
  wire::RaftBody type;
  Offset<void> body;
};

Encoded EncodeAppend(FlatBufferBuilder& fbb, const raft::AppendRequest& m) {
  std::vector<Offset<wire::Entry>> entries;
  entries.reserve(m.entries.size());
  for (const raft::Entry& entry : m.entries) {
    const auto payload = EncodeBytes(fbb, *entry.payload);
    entries.push_back(wire::CreateEntry(fbb, entry.index.value, entry.term.value,
                                        static_cast<uint8_t>(entry.kind), payload));
  }
  const auto vector = fbb.CreateVector(entries);
  return {wire::RaftBody::AppendRequest,
          wire::CreateAppendRequest(fbb, m.prev_index.value, m.prev_term.value, m.commit.value,
                                    m.read_round, vector, m.sent, m.to_learner)
              .Union()};
}

Encoded EncodeBody(FlatBufferBuilder& fbb, const raft::Message& message) {
  return std::visit(
      Overloaded{
          [&](const raft::VoteRequest& m) {
            return Encoded{wire::RaftBody::VoteRequest,
                           wire::CreateVoteRequest(fbb, m.pre, m.last_index.value,
                                                   m.last_term.value, m.transfer)
                               .Union()};
          },
          [&](const raft::VoteReply& m) {
            return Encoded{wire::RaftBody::VoteReply,
                           wire::CreateVoteReply(fbb, m.pre, m.granted).Union()};
          },
          [&](const raft::AppendRequest& m) { return EncodeAppend(fbb, m); },
          [&](const raft::AppendReply& m) {
            return Encoded{
                wire::RaftBody::AppendReply,
                wire::CreateAppendReply(fbb, m.success, m.match_or_rejected.value,
                                        m.hint_index.value, m.hint_term.value, m.read_round, m.sent)
                    .Union()};
          },
          [&](const raft::TimeoutNow&) {
            return Encoded{wire::RaftBody::TimeoutNow, wire::CreateTimeoutNow(fbb).Union()};
          },
      },
      message.body);
}

absl::StatusOr<raft::Entry> DecodeEntry(const wire::Entry& e) {
  if (e.kind() > static_cast<uint8_t>(raft::EntryKind::kConfiguration)) {
    return Malformed(absl::StrCat("unknown kind of entry ", e.kind()));
  }
  raft::Entry entry;
  entry.index = Index(e.index());
  entry.term = Term(e.term());
  entry.kind = static_cast<raft::EntryKind>(e.kind());
  entry.payload = raft::MakePayload(DecodeBytes(e.payload()));
  if (entry.kind == raft::EntryKind::kConfiguration) {
    const auto configuration = raft::Configuration::Decode(*entry.payload);
    if (!configuration.ok()) return Malformed(configuration.status().message());
  }
  return entry;
}

absl::StatusOr<raft::AppendRequest> DecodeAppend(const wire::AppendRequest& m, Term leader_term) {
  raft::AppendRequest append;
  append.prev_index = Index(m.prev_index());
  append.prev_term = Term(m.prev_term());
  append.commit = Index(m.commit());
  append.read_round = m.read_round();
  append.sent = m.sent();
  append.to_learner = m.to_learner();
  if (m.entries() == nullptr) return append;
  append.entries.reserve(m.entries()->size());
  Index previous = append.prev_index;
  Term previous_term = append.prev_term;
  for (const wire::Entry* e : *m.entries()) {
    if (e->index() != previous.value + 1 || e->index() == 0)
      return Malformed("entries not contiguous");
    if (e->term() < previous_term.value) return Malformed("terms of entries go back");
    absl::StatusOr<raft::Entry> entry = DecodeEntry(*e);
    if (!entry.ok()) return entry.status();
    previous = entry->index;
    previous_term = entry->term;
    append.entries.push_back(*std::move(entry));
  }
  if (previous_term > leader_term && !append.entries.empty()) {
    return Malformed("an entry of a later term than its leader's");
  }
  return append;
}

}  // namespace

Offset<wire::RaftMessage> EncodeRaft(FlatBufferBuilder& fbb, const raft::Message& message) {
  const Encoded inner = EncodeBody(fbb, message);
  return wire::CreateRaftMessage(fbb, message.from.value, message.to.value, message.term.value,
                                 inner.type, inner.body);
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
      message.body = raft::VoteRequest{.pre = b.pre(),
                                       .transfer = b.transfer(),
                                       .last_index = Index(b.last_index()),
                                       .last_term = Term(b.last_term())};
      return message;
    }
    case wire::RaftBody::VoteReply: {
      const auto& b = *m.body_as_VoteReply();
      message.body = raft::VoteReply{b.pre(), b.granted()};
      return message;
    }
    case wire::RaftBody::AppendRequest: {
      auto append = DecodeAppend(*m.body_as_AppendRequest(), message.term);
      if (!append.ok()) return append.status();
      message.body = *std::move(append);
      return message;
    }
    case wire::RaftBody::AppendReply: {
      const auto& b = *m.body_as_AppendReply();
      message.body = raft::AppendReply{.success = b.success(),
                                       .match_or_rejected = Index(b.match_or_rejected()),
                                       .hint_index = Index(b.hint_index()),
                                       .hint_term = Term(b.hint_term()),
                                       .read_round = b.read_round(),
                                       .sent = b.sent()};
      return message;
    }
    case wire::RaftBody::TimeoutNow:
      message.body = raft::TimeoutNow{};
      return message;
    default:
      return Malformed("unknown kind of raft message");
  }
}

}  // namespace konsul::rpc
