// What a peer says on a connection that it has dialled, once it is known.
#ifndef KONSUL_NET_RPC_INBOUND_H_
#define KONSUL_NET_RPC_INBOUND_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"

namespace konsul::rpc {

// One connection, for as long as it is served. Each function below suspends until the connection is
// over and returns why: Unavailable when it was closed, DeadlineExceeded when the peer was silent
// for `silence`, InvalidArgument for what does not belong here.
class Inbound {
 public:
  // Requests of one peer that may be under way, and the bytes of their commands; beyond, they are
  // answered ResourceExhausted.
  static constexpr size_t kRequestsMax = 4096;
  static constexpr size_t kRequestBytesMax = 32 << 20;

  Inbound(const env::Env& env, server::TransportHandler& handler, Connection& connection,
          NodeId peer, Duration silence);

  // Raft messages, requests and pings; requests are answered as they are done, in any order.
  absl::Status ServeLink();
  // Pieces of snapshots, one at a time.
  absl::Status ServeSnapshots();
  // Nothing any more; the peer has heard what it wanted.
  absl::Status AwaitEnd();

 private:
  absl::StatusOr<Envelope> Receive();
  absl::Status OnLinkMessage(Envelope envelope, fiber::Group& requests);
  void Answer(Envelope request);

  const env::Env env_;
  server::TransportHandler& handler_;
  Connection& connection_;
  const NodeId peer_;
  const Duration silence_;
  size_t request_bytes_ = 0;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_INBOUND_H_
