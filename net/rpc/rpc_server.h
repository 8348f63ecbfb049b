// The listening side of the RPC between servers.
#ifndef KONSUL_NET_RPC_RPC_SERVER_H_
#define KONSUL_NET_RPC_RPC_SERVER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"
#include "net/rpc/dial.h"

namespace konsul::rpc {

class Inbound;

// Accepts connections, introduces itself, and hands what arrives to the handler. Foreign bytes, a
// wrong protocol and servers of another cluster are refused with a log line that names the peer.
// A peer has one link at a time: its next one ends the one before, which it cannot know any more.
class RpcServer {
 public:
  // Open connections of any kind; beyond, new ones are closed unheard.
  static constexpr size_t kConnectionsMax = 512;

  // `on_link` is told of each peer that has opened a link; never suspends.
  RpcServer(const env::Env& env, server::TransportHandler& handler,
            std::function<void(NodeId)> on_link, const Patience& patience = {});

  // Serves until the calling fiber is cancelled (Cancelled), or the listener is closed.
  absl::Status Serve(env::Listener& listener);

 private:
  void ServeConnection(std::unique_ptr<env::Stream> stream);
  // Suspends until the peer is known and welcome; refuses it otherwise.
  absl::StatusOr<Hello> Welcome(Connection& connection);
  // After which a connection is given up.
  Duration Silence(Purpose purpose) const;
  absl::Status ServeLink(Connection& connection, NodeId peer, Inbound& inbound);

  const env::Env env_;
  server::TransportHandler& handler_;
  const std::function<void(NodeId)> on_link_;
  const Patience patience_;
  std::map<NodeId, Connection*> links_;  // those that are open
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_RPC_SERVER_H_
