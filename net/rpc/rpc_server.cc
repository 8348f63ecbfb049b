#include "net/rpc/rpc_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {
namespace {

constexpr Duration kIntroductionTimeout = 5s;
constexpr Duration kAcceptPause = 100ms;  // when the process is out of descriptors
// Requests of one peer that may be under way; the others wait in the connection.
constexpr size_t kRequestsMax = 4096;

template <typename T>
Body ToBody(absl::StatusOr<T> reply) {
  if (!reply.ok()) return std::move(reply).status();
  return *std::move(reply);
}

}  // namespace

RpcServer::RpcServer(const env::Env& env, server::TransportHandler& handler)
    : env_(env), handler_(handler) {}

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
    connections.Spawn("rpc-in", [this, stream = *std::move(stream)]() mutable {
      ServeConnection(std::move(stream));
    });
  }
}

void RpcServer::ServeConnection(std::unique_ptr<env::Stream> stream) {
  Connection connection(env_, std::move(stream));
  const Instant deadline = env_.After(kIntroductionTimeout);
  absl::StatusOr<Envelope> first = connection.Receive(deadline);
  absl::Status status = first.status();
  NodeId peer;
  if (status.ok()) {
    const auto* introduction = std::get_if<server::Introduction>(&first->body);
    if (introduction == nullptr) {
      status = absl::InvalidArgumentError("the first message is not an introduction");
    } else {
      peer = introduction->id;
      status = handler_.OnIntroduction(*introduction);
    }
  }
  if (status.ok()) {
    status = connection.SendNow({.body = handler_.Introduce()}, deadline);
    if (status.ok()) status = ServeIntroduced(connection, peer);
  } else if (!absl::IsUnavailable(status) && !absl::IsCancelled(status)) {
    (void)connection.SendNow({.body = status}, deadline);
  }
  connection.Close();
  if (absl::IsInvalidArgument(status) || absl::IsDataLoss(status) ||
      absl::IsFailedPrecondition(status) || absl::IsDeadlineExceeded(status)) {
    env_.logger.Warn("rpc", absl::StrCat("refused a connection from ", connection.peer().ToString(),
                                         ": ", status.message()));
  }
}

absl::Status RpcServer::ServeIntroduced(Connection& connection, NodeId peer) {
  fiber::Group group(env_.scheduler);
  group.Spawn("rpc-in-writer", [&] { (void)connection.RunWriter(); });
  fiber::Group requests(env_.scheduler);
  absl::Status status;
  while (status.ok()) {
    absl::StatusOr<Envelope> envelope = connection.Receive(Instant::Never());
    if (!envelope.ok()) {
      status = envelope.status();
    } else if (auto* message = std::get_if<raft::Message>(&envelope->body)) {
      if (message->from == peer) {
        handler_.OnRaftMessage(std::move(*message));
      } else {
        status = absl::InvalidArgumentError(
            absl::StrCat("server ", ToHex(peer.value), " speaks for ", ToHex(message->from.value)));
      }
    } else if (requests.size() >= kRequestsMax) {
      connection.Send({.request_id = envelope->request_id,
                       .body = absl::ResourceExhaustedError("too many forwarded requests")});
    } else {
      requests.Spawn("rpc-request", [this, &connection, e = *std::move(envelope)]() mutable {
        Answer(connection, std::move(e));
      });
    }
  }
  connection.Close();
  return status;
}

void RpcServer::Answer(Connection& connection, Envelope request) {
  const Instant deadline = env_.After(std::chrono::milliseconds(request.timeout_ms));
  Body reply = absl::InvalidArgumentError("not a request");
  if (auto* execute = std::get_if<server::ExecuteRequest>(&request.body)) {
    reply = ToBody(handler_.OnExecute(std::move(*execute), deadline));
  } else if (auto* read = std::get_if<server::ReadIndexRequest>(&request.body)) {
    reply = ToBody(handler_.OnReadIndex(*read, deadline));
  }
  connection.Send({.request_id = request.request_id, .body = std::move(reply)});
}

}  // namespace konsul::rpc
