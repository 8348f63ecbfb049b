// server::Transport on streams: one outgoing link per peer, and one for snapshots while they flow.
#ifndef KONSUL_NET_RPC_RPC_TRANSPORT_H_
#define KONSUL_NET_RPC_RPC_TRANSPORT_H_

#include <map>
#include <memory>

#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/dial.h"
#include "net/rpc/peer_link.h"
#include "net/rpc/snapshot_link.h"

namespace konsul::rpc {

class RpcTransport final : public server::Transport {
 public:
  // `group` gets one fiber per link; cancel and join it before the transport is destroyed.
  RpcTransport(const env::Env& env, server::TransportHandler& handler, fiber::Group& group,
               const Patience& patience = {});

  // A peer has introduced itself here (RpcServer): the link to it need not wait any longer.
  void PeerIsUp(NodeId id);

  void Send(raft::Message message) override;
  void Learn(NodeId id, const env::Endpoint& address) override;
  void Forget(NodeId id) override;
  absl::StatusOr<server::Introduction> Introduce(const env::Endpoint& address,
                                                 Instant deadline) override;
  absl::StatusOr<server::ExecuteReply> Execute(NodeId to, server::ExecuteRequest request,
                                               Instant deadline) override;
  absl::StatusOr<server::ReadIndexReply> ReadIndex(NodeId to, server::ReadIndexRequest request,
                                                   Instant deadline) override;
  absl::StatusOr<server::AdminReply> Admin(NodeId to, server::AdminRequest request,
                                           Instant deadline) override;
  void Abandon(NodeId peer) override;
  absl::StatusOr<server::SnapshotChunkReply> SendChunk(NodeId to, server::SnapshotChunk chunk,
                                                       Instant deadline) override;

 private:
  // Never erased: callers may be inside it. There are as many as servers were ever known.
  struct Peer {
    PeerLink link;
    SnapshotLink snapshots;
    bool running = false;  // its fiber is there
  };

  // Unavailable when it is not known.
  absl::StatusOr<Peer*> Find(NodeId id);
  template <typename Reply>
  absl::StatusOr<Reply> Call(NodeId to, Body request, Instant deadline);

  const env::Env env_;
  server::TransportHandler& handler_;
  fiber::Group& group_;
  const Patience patience_;
  std::map<NodeId, std::unique_ptr<Peer>> peers_;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_RPC_TRANSPORT_H_
