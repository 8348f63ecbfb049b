// The outgoing connection to one peer: dialled again whenever it breaks.
#ifndef KONSUL_NET_RPC_PEER_LINK_H_
#define KONSUL_NET_RPC_PEER_LINK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"
#include "net/rpc/dial.h"

namespace konsul::rpc {

class PeerLink {
 public:
  // Requests that may wait for their replies; beyond, Call refuses.
  static constexpr size_t kCallsMax = 4096;

  PeerLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
           const env::Endpoint& address, const Patience& patience);

  // Keeps the connection up until the calling fiber is cancelled, or stopped.
  void Run();
  // Ends Run and the connection; messages are dropped from now on, requests find no connection.
  void Stop();
  // Takes a Stop back. The caller sees to it that Run runs.
  void Resume() { stopped_ = false; }

  // As of server::Transport.
  void Send(raft::Message message);
  absl::StatusOr<Body> Call(Body request, Instant deadline);
  // Ends every call under way with `status`.
  void Abandon(const absl::Status& status);

  // From the next dial on, which comes at once when the address is another one.
  void SetAddress(const env::Endpoint& address);
  // The peer is up, as it has just dialled us: no more waiting before the next attempt.
  void Hurry();

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
  void SendPings(Connection& connection);
  void Finish(Pending& pending, absl::StatusOr<Body> reply);
  // Suspends between two attempts, `status` being why the last one ended.
  absl::Status Pause(const absl::Status& status);
  void Complain(const absl::Status& status);

  const env::Env env_;
  env::Random random_;
  server::TransportHandler& handler_;
  const NodeId peer_;
  env::Endpoint address_;
  const Patience patience_;
  Connection* connection_ = nullptr;  // while it is up
  Duration backoff_{};                // before the next attempt
  bool hurry_ = false;
  bool stopped_ = false;
  fiber::WaitList pause_ends_;
  std::string complaint_;  // the last one that was logged; they repeat at every attempt
  uint64_t next_request_id_ = 1;
  std::map<uint64_t, Pending*> pending_;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_PEER_LINK_H_
