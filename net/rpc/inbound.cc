#include "net/rpc/inbound.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {
namespace {

template <typename T>
Body ToBody(absl::StatusOr<T> reply) {
  if (!reply.ok()) return std::move(reply).status();
  return *std::move(reply);
}

size_t CommandBytes(const Envelope& envelope) {
  const auto* execute = std::get_if<server::ExecuteRequest>(&envelope.body);
  return execute == nullptr ? 0 : execute->command.size();
}

absl::Status SpeaksForAnother(NodeId peer, NodeId other) {
  return absl::InvalidArgumentError(
      absl::StrCat("server ", ToHex(peer.value), " speaks for ", ToHex(other.value)));
}

}  // namespace

Inbound::Inbound(const env::Env& env, server::TransportHandler& handler, Connection& connection,
                 NodeId peer, Duration silence)
    : env_(env), handler_(handler), connection_(connection), peer_(peer), silence_(silence) {}

absl::StatusOr<Envelope> Inbound::Receive() {
  absl::StatusOr<Envelope> envelope = connection_.Receive(env_.After(silence_));
  if (!absl::IsDeadlineExceeded(envelope.status())) return envelope;
  return absl::DeadlineExceededError(
      absl::StrCat("server ", ToHex(peer_.value), " said nothing for ", ToMillis(silence_), " ms"));
}

absl::Status Inbound::ServeLink() {
  fiber::Group writer(env_.scheduler);
  writer.Spawn("rpc-in-writer", [this] { (void)connection_.RunWriter(); });
  fiber::Group requests(env_.scheduler);
  absl::Status status;
  while (status.ok()) {
    absl::StatusOr<Envelope> envelope = Receive();
    status = envelope.ok() ? OnLinkMessage(*std::move(envelope), requests) : envelope.status();
  }
  connection_.Close();
  return status;
}

absl::Status Inbound::OnLinkMessage(Envelope envelope, fiber::Group& requests) {
  if (auto* message = std::get_if<raft::Message>(&envelope.body)) {
    if (message->from != peer_) return SpeaksForAnother(peer_, message->from);
    handler_.OnRaftMessage(std::move(*message));
    return absl::OkStatus();
  }
  // Where a reply finds no room the peer takes nothing; its link will break or its wait end.
  if (std::holds_alternative<Ping>(envelope.body)) {
    (void)connection_.Send({.body = Pong{}});
    return absl::OkStatus();
  }
  const size_t bytes = CommandBytes(envelope);
  if (requests.size() >= kRequestsMax || request_bytes_ + bytes > kRequestBytesMax) {
    (void)connection_.Send({.request_id = envelope.request_id,
                            .body = absl::ResourceExhaustedError("too many forwarded requests")});
    return absl::OkStatus();
  }
  request_bytes_ += bytes;
  requests.Spawn("rpc-request", [this, bytes, e = std::move(envelope)]() mutable {
    Answer(std::move(e));
    request_bytes_ -= bytes;
  });
  return absl::OkStatus();
}

void Inbound::Answer(Envelope request) {
  const Instant deadline = env_.After(std::chrono::milliseconds(request.timeout_ms));
  Body reply = absl::InvalidArgumentError("not a request");
  if (auto* execute = std::get_if<server::ExecuteRequest>(&request.body)) {
    reply = ToBody(handler_.OnExecute(std::move(*execute), deadline));
  } else if (auto* read = std::get_if<server::ReadIndexRequest>(&request.body)) {
    reply = ToBody(handler_.OnReadIndex(*read, deadline));
  } else if (auto* admin = std::get_if<server::AdminRequest>(&request.body)) {
    reply = ToBody(handler_.OnAdmin(std::move(*admin), deadline));
  }
  (void)connection_.Send({.request_id = request.request_id, .body = std::move(reply)});
}

absl::Status Inbound::ServeSnapshots() {
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(Envelope envelope, Receive());
    auto* chunk = std::get_if<server::SnapshotChunk>(&envelope.body);
    if (chunk == nullptr) return absl::InvalidArgumentError("not a piece of a snapshot");
    if (chunk->from != peer_) return SpeaksForAnother(peer_, chunk->from);
    const Instant deadline = env_.After(std::chrono::milliseconds(envelope.timeout_ms));
    Body reply = ToBody(handler_.OnSnapshotChunk(std::move(*chunk), deadline));
    KONSUL_RETURN_IF_ERROR(connection_.SendNow(
        {.request_id = envelope.request_id, .body = std::move(reply)}, env_.After(silence_)));
  }
}

absl::Status Inbound::AwaitEnd() {
  KONSUL_RETURN_IF_ERROR(Receive().status());
  return absl::InvalidArgumentError("a message after what was to be an introduction only");
}

}  // namespace konsul::rpc
