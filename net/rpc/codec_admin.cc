#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/rpc/codec_parts.h"

namespace konsul::rpc {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Kind = server::AdminRequest::Kind;

Offset<wire::Peer> EncodePeer(FlatBufferBuilder& fbb, const server::Peer& peer) {
  const auto member = EncodeMember(fbb, peer.member);
  Offset<wire::Progress> progress;
  if (peer.progress.has_value()) {
    progress = wire::CreateProgress(fbb, peer.progress->match.value,
                                    static_cast<uint64_t>(peer.progress->last_contact.count()),
                                    peer.progress->snapshot);
  }
  return wire::CreatePeer(fbb, member, peer.voter, peer.leaving, peer.leader, progress);
}

absl::StatusOr<server::Peer> DecodePeer(const wire::Peer& m) {
  if (m.member() == nullptr || m.member()->id() == 0) return Malformed("a peer that is nobody");
  server::Peer peer;
  peer.member = DecodeMember(*m.member());
  peer.voter = m.voter();
  peer.leaving = m.leaving();
  peer.leader = m.leader();
  if (m.progress() != nullptr) {
    const uint64_t contact_ns = m.progress()->last_contact_ns();
    if (contact_ns > std::numeric_limits<int64_t>::max()) return Malformed("a contact long ago");
    peer.progress = server::Peer::Progress{Index(m.progress()->match()),
                                           Duration(static_cast<int64_t>(contact_ns)),
                                           m.progress()->snapshot()};
  }
  return peer;
}

}  // namespace

Offset<wire::AdminRequest> EncodeAdmin(FlatBufferBuilder& fbb,
                                       const server::AdminRequest& request) {
  const auto member = EncodeMember(fbb, request.member);
  return wire::CreateAdminRequest(fbb, static_cast<uint8_t>(request.kind), member);
}

absl::StatusOr<server::AdminRequest> DecodeAdmin(const wire::AdminRequest& m) {
  if (m.kind() > static_cast<uint8_t>(Kind::kMembers)) {
    return Malformed(absl::StrCat("unknown kind of request ", m.kind()));
  }
  server::AdminRequest request;
  request.kind = static_cast<Kind>(m.kind());
  if (m.member() != nullptr) request.member = DecodeMember(*m.member());
  const bool names_one = request.kind == Kind::kAddServer || request.kind == Kind::kRemoveServer;
  if (names_one && request.member.id == NodeId()) return Malformed("a request about nobody");
  return request;
}

Offset<wire::AdminReply> EncodeAdminReply(FlatBufferBuilder& fbb, const server::AdminReply& reply) {
  const server::Membership& m = reply.members;
  std::vector<Offset<wire::Peer>> peers;
  for (const server::Peer& peer : m.peers) peers.push_back(EncodePeer(fbb, peer));
  const auto vector = fbb.CreateVector(peers);
  return wire::CreateAdminReply(fbb, m.configuration_index.value, m.joint, m.last_index.value,
                                m.term.value, vector);
}

absl::StatusOr<server::AdminReply> DecodeAdminReply(const wire::AdminReply& m) {
  server::AdminReply reply;
  reply.members.configuration_index = Index(m.configuration_index());
  reply.members.joint = m.joint();
  reply.members.last_index = Index(m.last_index());
  reply.members.term = Term(m.term());
  if (m.peers() == nullptr) return reply;
  NodeId previous;
  for (const wire::Peer* p : *m.peers()) {
    absl::StatusOr<server::Peer> peer = DecodePeer(*p);
    if (!peer.ok()) return peer.status();
    if (peer->member.id <= previous) return Malformed("peers out of order");
    previous = peer->member.id;
    reply.members.peers.push_back(*std::move(peer));
  }
  return reply;
}

}  // namespace konsul::rpc
