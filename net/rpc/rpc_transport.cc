#include "net/rpc/rpc_transport.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {

RpcTransport::RpcTransport(const env::Env& env, server::TransportHandler& handler,
                           fiber::Group& group, const Patience& patience)
    : env_(env), handler_(handler), group_(group), patience_(patience) {}

void RpcTransport::PeerIsUp(NodeId id) {
  const auto it = peers_.find(id);
  if (it != peers_.end()) it->second->link.Hurry();
}

void RpcTransport::Send(raft::Message message) {
  const auto it = peers_.find(message.to);
  if (it != peers_.end()) it->second->link.Send(std::move(message));
}

void RpcTransport::Learn(NodeId id, const env::Endpoint& address) {
  std::unique_ptr<Peer>& peer = peers_[id];
  if (peer == nullptr) {
    peer = std::unique_ptr<Peer>(
        new Peer{PeerLink(env_, handler_, id, address, patience_),
                 SnapshotLink(env_, handler_, id, address, patience_, group_)});
  }
  peer->link.SetAddress(address);
  peer->snapshots.SetAddress(address);
  peer->link.Resume();
  if (peer->running) return;
  peer->running = true;
  group_.Spawn(absl::StrCat("peer-", ToHex(id.value)), [peer = peer.get()] {
    peer->link.Run();
    peer->running = false;
  });
}

void RpcTransport::Forget(NodeId id) {
  const auto it = peers_.find(id);
  if (it != peers_.end()) it->second->link.Stop();
}

absl::StatusOr<server::Introduction> RpcTransport::Introduce(const env::Endpoint& address,
                                                             Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(
      Introduced introduced,
      DialAndIntroduce(env_, address, handler_, Purpose::kQuestion, patience_, deadline));
  introduced.connection->Close();
  return std::move(introduced.peer);
}

absl::StatusOr<server::ExecuteReply> RpcTransport::Execute(NodeId to,
                                                           server::ExecuteRequest request,
                                                           Instant deadline) {
  return Call<server::ExecuteReply>(to, std::move(request), deadline);
}

absl::StatusOr<server::ReadIndexReply> RpcTransport::ReadIndex(NodeId to,
                                                               server::ReadIndexRequest request,
                                                               Instant deadline) {
  return Call<server::ReadIndexReply>(to, request, deadline);
}

absl::StatusOr<server::AdminReply> RpcTransport::Admin(NodeId to, server::AdminRequest request,
                                                       Instant deadline) {
  return Call<server::AdminReply>(to, std::move(request), deadline);
}

void RpcTransport::Abandon(NodeId peer) {
  const auto it = peers_.find(peer);
  if (it == peers_.end()) return;
  it->second->link.Abandon(
      absl::AbortedError("the leader is silent and another one is sought; the outcome is unknown"));
}

absl::StatusOr<server::SnapshotChunkReply> RpcTransport::SendChunk(NodeId to,
                                                                   server::SnapshotChunk chunk,
                                                                   Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(Peer* const peer, Find(to));
  return peer->snapshots.Call(std::move(chunk), deadline);
}

absl::StatusOr<RpcTransport::Peer*> RpcTransport::Find(NodeId id) {
  const auto it = peers_.find(id);
  if (it != peers_.end()) return it->second.get();
  return absl::UnavailableError(absl::StrCat("server ", ToHex(id.value), " is not known here"));
}

template <typename Reply>
absl::StatusOr<Reply> RpcTransport::Call(NodeId to, Body request, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(Peer* const peer, Find(to));
  absl::StatusOr<Body> body = peer->link.Call(std::move(request), deadline);
  if (!body.ok()) return body.status();
  auto* reply = std::get_if<Reply>(&*body);
  if (reply == nullptr) return absl::InternalError("the peer answered another question");
  return std::move(*reply);
}

}  // namespace konsul::rpc
