// The listening side of the RPC between servers.
#ifndef KONSUL_NET_RPC_RPC_SERVER_H_
#define KONSUL_NET_RPC_RPC_SERVER_H_

#include <memory>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"

namespace konsul::rpc {

// Accepts connections, introduces itself, and hands what arrives to the handler. Foreign bytes, a
// wrong protocol and servers of another cluster are refused with a log line that names the peer.
class RpcServer {
 public:
  RpcServer(const env::Env& env, server::TransportHandler& handler);

  // Serves until the calling fiber is cancelled (Cancelled), or the listener is closed.
  absl::Status Serve(env::Listener& listener);

 private:
  void ServeConnection(std::unique_ptr<env::Stream> stream);
  absl::Status ServeIntroduced(Connection& connection, NodeId peer);
  void Answer(Connection& connection, Envelope request);

  const env::Env env_;
  server::TransportHandler& handler_;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_RPC_SERVER_H_
