// The outgoing connection to one peer: dialled again whenever it breaks.
#ifndef KONSUL_NET_RPC_PEER_LINK_H_
#define KONSUL_NET_RPC_PEER_LINK_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"

namespace konsul::rpc {

// Dials `address` and exchanges introductions. Unavailable, DeadlineExceeded, or the text with
// which the peer refused.
struct Introduced {
  std::unique_ptr<Connection> connection;
  server::Introduction peer;
};
absl::StatusOr<Introduced> DialAndIntroduce(const env::Env& env, const env::Endpoint& address,
                                            const server::TransportHandler& handler,
                                            Instant deadline);

class PeerLink {
 public:
  PeerLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
           const env::Endpoint& address);

  // Keeps the connection up until the calling fiber is cancelled.
  void Run();

  // As of server::Transport.
  void Send(raft::Message message);
  absl::StatusOr<Body> Call(Body request, Instant deadline);

  // From the next dial on.
  void SetAddress(const env::Endpoint& address) { address_ = address; }

 private:
  // A request that waits for its reply; lives on the caller's stack.
  struct Pending {
    explicit Pending(fiber::Scheduler& scheduler) : wakes(scheduler) {}
    fiber::WaitList wakes;
    absl::StatusOr<Body> reply = absl::UnknownError("no reply yet");
    bool done = false;
  };

  absl::Status RunOnce();
  absl::Status ReceiveReplies(Connection& connection);
  void Finish(Pending& pending, absl::StatusOr<Body> reply);

  const env::Env env_;
  env::Random random_;
  server::TransportHandler& handler_;
  const NodeId peer_;
  env::Endpoint address_;
  Connection* connection_ = nullptr;  // while it is up
  uint64_t next_request_id_ = 1;
  std::map<uint64_t, Pending*> pending_;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_PEER_LINK_H_
