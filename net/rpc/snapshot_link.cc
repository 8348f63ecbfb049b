#include "net/rpc/snapshot_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {

SnapshotLink::SnapshotLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
                           const env::Endpoint& address, const Patience& patience,
                           fiber::Group& group)
    : env_(env),
      handler_(handler),
      peer_(peer),
      address_(address),
      patience_(patience),
      group_(group),
      busy_(env.scheduler) {}

absl::StatusOr<server::SnapshotChunkReply> SnapshotLink::Call(server::SnapshotChunk chunk,
                                                              Instant deadline) {
  KONSUL_RETURN_IF_ERROR(busy_.Lock(deadline));
  const fiber::MutexLock lock(busy_);
  if (connection_ == nullptr) {
    KONSUL_ASSIGN_OR_RETURN(connection_, DialPeer(env_, peer_, address_, handler_,
                                                  Purpose::kSnapshot, patience_, deadline));
    if (!watched_) {
      watched_ = true;
      group_.Spawn("rpc-snapshot-idle", [this] { CloseWhenIdle(); });
    }
  }
  auto reply = Exchange(std::move(chunk), deadline);
  last_used_ = env_.clock.Now();
  return reply;
}

absl::StatusOr<server::SnapshotChunkReply> SnapshotLink::Exchange(server::SnapshotChunk chunk,
                                                                  Instant deadline) {
  const uint64_t id = next_request_id_++;
  const Duration left = deadline - env_.clock.Now();
  const auto timeout_ms = static_cast<uint32_t>(std::clamp<int64_t>(ToMillis(left), 1, 600'000));
  absl::Status status = connection_->SendNow({id, timeout_ms, std::move(chunk)}, deadline);
  if (status.ok()) {
    absl::StatusOr<Envelope> envelope = connection_->Receive(deadline);
    status = envelope.status();
    if (envelope.ok() && envelope->request_id == id) {
      if (auto* error = std::get_if<absl::Status>(&envelope->body)) return std::move(*error);
      auto* reply = std::get_if<server::SnapshotChunkReply>(&envelope->body);
      if (reply != nullptr) return *reply;
    }
    if (status.ok()) status = absl::InternalError("the peer answered another question");
  }
  // What is still on its way would be taken for the answer to the next piece.
  connection_.reset();
  if (!absl::IsUnavailable(status)) return status;
  return absl::AbortedError(
      absl::StrCat("the connection for snapshots to ", address_.ToString(), " broke"));
}

void SnapshotLink::CloseWhenIdle() {
  while (connection_ != nullptr) {
    const Instant idle_at = last_used_ + patience_.snapshot_idle;
    if (!busy_.held() && idle_at <= env_.clock.Now()) connection_.reset();
    const Instant look_at = std::max(idle_at, env_.After(patience_.snapshot_idle / 4));
    if (connection_ != nullptr && !env_.scheduler.SleepUntil(look_at).ok()) break;
  }
  watched_ = false;
}

}  // namespace konsul::rpc
