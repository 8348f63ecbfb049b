#include "net/rpc/rpc_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/rpc/inbound.h"

namespace konsul::rpc {
namespace {

constexpr Duration kIntroductionTimeout = 5s;
constexpr Duration kAcceptPause = 100ms;  // when the process is out of descriptors

// Worth a line in the log: neither the end of a connection nor of this process.
bool IsComplaint(const absl::Status& status) {
  return !absl::IsUnavailable(status) && !absl::IsCancelled(status);
}

}  // namespace

RpcServer::RpcServer(const env::Env& env, server::TransportHandler& handler,
                     std::function<void(NodeId)> on_link, const Patience& patience)
    : env_(env), handler_(handler), on_link_(std::move(on_link)), patience_(patience) {}

absl::Status RpcServer::Serve(env::Listener& listener) {
  fiber::Group connections(env_.scheduler);
  while (true) {
    absl::StatusOr<std::unique_ptr<env::Stream>> stream = listener.Accept(Instant::Never());
    if (absl::IsResourceExhausted(stream.status())) {
      env_.logger.Warn("rpc", absl::StrCat("cannot accept: ", stream.status().message()));
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kAcceptPause));
      continue;
    }
    if (!stream.ok()) return stream.status();
    if (connections.size() >= kConnectionsMax) {
      env_.logger.Warn("rpc",
                       absl::StrCat("closed a connection from ", (*stream)->peer().ToString(), ": ",
                                    kConnectionsMax, " are open already"));
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kAcceptPause));
      continue;
    }
    connections.Spawn("rpc-in", [this, stream = *std::move(stream)]() mutable {
      ServeConnection(std::move(stream));
    });
  }
}

void RpcServer::ServeConnection(std::unique_ptr<env::Stream> stream) {
  Connection connection(env_, std::move(stream));
  const absl::StatusOr<Hello> hello = Welcome(connection);
  absl::Status status = hello.status();
  const bool welcome = hello.ok();
  if (welcome) {
    const NodeId peer = hello->introduction.id;
    Inbound inbound(env_, handler_, connection, peer, Silence(hello->purpose));
    switch (hello->purpose) {
      case Purpose::kLink:
        status = ServeLink(connection, peer, inbound);
        break;
      case Purpose::kSnapshot:
        status = inbound.ServeSnapshots();
        break;
      case Purpose::kQuestion:
        status = inbound.AwaitEnd();
        break;
    }
  }
  connection.Close();
  if (IsComplaint(status)) {
    env_.logger.Warn("rpc", absl::StrCat(welcome ? "ended" : "refused", " a connection from ",
                                         connection.peer().ToString(), ": ", status.message()));
  }
}

absl::StatusOr<Hello> RpcServer::Welcome(Connection& connection) {
  const Instant deadline = env_.After(kIntroductionTimeout);
  absl::StatusOr<Envelope> first = connection.Receive(deadline);
  absl::Status status = first.status();
  Hello* hello = nullptr;
  if (status.ok()) {
    hello = std::get_if<Hello>(&first->body);
    status = hello != nullptr
                 ? handler_.OnIntroduction(hello->introduction)
                 : absl::InvalidArgumentError("the first message is not an introduction");
  }
  if (!status.ok()) {
    if (IsComplaint(status)) (void)connection.SendNow({.body = status}, deadline);
    return status;
  }
  KONSUL_RETURN_IF_ERROR(
      connection.SendNow({.body = Hello{handler_.Introduce(), hello->purpose}}, deadline));
  connection.SetPeerKnown();
  return std::move(*hello);
}

Duration RpcServer::Silence(Purpose purpose) const {
  // Whoever sends snapshots closes the connection itself when there are none.
  return purpose == Purpose::kSnapshot ? 2 * patience_.snapshot_idle : patience_.inbound_silence;
}

absl::Status RpcServer::ServeLink(Connection& connection, NodeId peer, Inbound& inbound) {
  Connection*& current = links_[peer];
  if (current != nullptr) current->Close();
  current = &connection;
  on_link_(peer);
  const absl::Status status = inbound.ServeLink();
  const auto it = links_.find(peer);
  if (it != links_.end() && it->second == &connection) links_.erase(it);
  if (!env_.scheduler.cancelled()) handler_.OnPeerLost(peer, connection.closed_by_peer());
  return status;
}

}  // namespace konsul::rpc
