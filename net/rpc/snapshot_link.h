// Pieces of snapshots to one peer, over a connection that is there while they flow: megabytes of
// them must not stand before a heartbeat.
#ifndef KONSUL_NET_RPC_SNAPSHOT_LINK_H_
#define KONSUL_NET_RPC_SNAPSHOT_LINK_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"
#include "net/rpc/dial.h"

namespace konsul::rpc {

class SnapshotLink {
 public:
  // `group` gets a fiber while a connection is open.
  SnapshotLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
               const env::Endpoint& address, const Patience& patience, fiber::Group& group);

  // As server::Transport::SendChunk; one after the other.
  absl::StatusOr<server::SnapshotChunkReply> Call(server::SnapshotChunk chunk, Instant deadline);

  // From the next dial on.
  void SetAddress(const env::Endpoint& address) { address_ = address; }

 private:
  absl::StatusOr<server::SnapshotChunkReply> Exchange(server::SnapshotChunk chunk,
                                                      Instant deadline);
  void CloseWhenIdle();

  const env::Env env_;
  server::TransportHandler& handler_;
  const NodeId peer_;
  env::Endpoint address_;
  const Patience patience_;
  fiber::Group& group_;
  fiber::Mutex busy_;  // held by the call under way, across its suspensions
  std::unique_ptr<Connection> connection_;
  bool watched_ = false;  // CloseWhenIdle runs
  Instant last_used_;
  uint64_t next_request_id_ = 1;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_SNAPSHOT_LINK_H_
