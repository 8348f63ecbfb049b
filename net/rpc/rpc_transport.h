// server::Transport on streams: one outgoing link per peer.
#ifndef KONSUL_NET_RPC_RPC_TRANSPORT_H_
#define KONSUL_NET_RPC_RPC_TRANSPORT_H_

#include <map>
#include <memory>

#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/peer_link.h"

namespace konsul::rpc {

class RpcTransport final : public server::Transport {
 public:
  // `group` gets one fiber per link; cancel and join it before the transport is destroyed.
  RpcTransport(const env::Env& env, server::TransportHandler& handler, fiber::Group& group);

  void Send(raft::Message message) override;
  void Learn(NodeId id, const env::Endpoint& address) override;
  absl::StatusOr<server::Introduction> Introduce(const env::Endpoint& address,
                                                 Instant deadline) override;
  absl::StatusOr<server::ExecuteReply> Execute(NodeId to, server::ExecuteRequest request,
                                               Instant deadline) override;
  absl::StatusOr<server::ReadIndexReply> ReadIndex(NodeId to, server::ReadIndexRequest request,
                                                   Instant deadline) override;

 private:
  template <typename Reply>
  absl::StatusOr<Reply> Call(NodeId to, Body request, Instant deadline);

  const env::Env env_;
  server::TransportHandler& handler_;
  fiber::Group& group_;
  std::map<NodeId, std::unique_ptr<PeerLink>> links_;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_RPC_TRANSPORT_H_
