#include "net/rpc/peer_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::rpc {
namespace {

// The peer is there and does not want to talk to us, or is not the one we look for. That changes
// when somebody changes it.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) ||
         absl::IsPermissionDenied(status);
}

}  // namespace

PeerLink::PeerLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
                   const env::Endpoint& address, const Patience& patience)
    : env_(env),
      random_(env.random.Fork(absl::StrCat("peer-link-", peer.value))),
      handler_(handler),
      peer_(peer),
      address_(address),
      patience_(patience),
      backoff_(patience.redial_min),
      pause_ends_(env.scheduler) {}

void PeerLink::Run() {
  while (!stopped_) {
    const absl::Status status = RunOnce();
    if (env_.scheduler.cancelled() || stopped_) return;
    Complain(status);
    if (!Pause(status).ok()) return;
  }
}

void PeerLink::Stop() {
  stopped_ = true;
  pause_ends_.WakeAll();
  if (connection_ != nullptr) connection_->Close();
}

void PeerLink::SetAddress(const env::Endpoint& address) {
  if (address_ == address) return;
  address_ = address;
  Hurry();
}

void PeerLink::Hurry() {
  if (connection_ != nullptr) return;
  hurry_ = true;
  pause_ends_.WakeAll();
}

void PeerLink::Complain(const absl::Status& status) {
  if (!IsRefusal(status) && !absl::IsDataLoss(status)) return;
  if (complaint_ == status.message()) return;
  complaint_ = std::string(status.message());
  env_.logger.Warn("rpc", absl::StrCat("peer ", ToHex(peer_.value), " at ", address_.ToString(),
                                       ": ", complaint_));
}

absl::Status PeerLink::Pause(const absl::Status& status) {
  const Duration pause = IsRefusal(status) ? patience_.refused : backoff_;
  backoff_ = std::min(2 * backoff_, patience_.redial_max);
  // Between a half and the whole of it, so that servers which failed together do not dial together.
  const uint64_t jitter = random_.Below(static_cast<uint64_t>(pause.count()) / 2 + 1);
  const Instant end = env_.After(pause - Duration(jitter));
  while (!hurry_ && !stopped_) {
    const absl::Status waited = pause_ends_.Wait(end);
    if (absl::IsCancelled(waited)) return waited;
    if (absl::IsDeadlineExceeded(waited)) break;
  }
  hurry_ = false;
  return absl::OkStatus();
}

absl::Status PeerLink::RunOnce() {
  KONSUL_ASSIGN_OR_RETURN(
      const std::unique_ptr<Connection> connection,
      DialPeer(env_, peer_, address_, handler_, Purpose::kLink, patience_, Instant::Never()));
  if (stopped_) return absl::OkStatus();
  const Instant began = env_.clock.Now();
  hurry_ = false;
  absl::Status status;
  {
    fiber::Group group(env_.scheduler);
    connection_ = connection.get();
    group.Spawn("rpc-out-writer", [&] { (void)connection->RunWriter(); });
    group.Spawn("rpc-out-ping", [&] { SendPings(*connection); });
    status = ReceiveReplies(*connection);
    connection_ = nullptr;
    connection->Close();
  }
  Abandon(absl::AbortedError("the connection to the leader broke; the outcome is unknown"));
  // A connection that lived earns quick attempts again; one that is cut down at once does not.
  if (env_.clock.Now() - began > patience_.redial_max) {
    backoff_ = patience_.redial_min;
    complaint_.clear();
  }
  if (!env_.scheduler.cancelled()) handler_.OnPeerLost(peer_, connection->closed_by_peer());
  return status;
}

absl::Status PeerLink::ReceiveReplies(Connection& connection) {
  while (true) {
    // Something must come: pings are answered.
    KONSUL_ASSIGN_OR_RETURN(Envelope reply, connection.Receive(env_.After(patience_.silence)));
    const auto it = pending_.find(reply.request_id);
    if (it == pending_.end()) continue;  // a pong, or its caller has given up
    Finish(*it->second, std::move(reply.body));
    pending_.erase(it);
  }
}

void PeerLink::SendPings(Connection& connection) {
  while (env_.Sleep(patience_.ping).ok()) (void)connection.Send({.body = Ping{}});
}

void PeerLink::Abandon(const absl::Status& status) {
  while (!pending_.empty()) {
    Finish(*pending_.begin()->second, status);
    pending_.erase(pending_.begin());
  }
}

void PeerLink::Finish(Pending& pending, absl::StatusOr<Body> reply) {
  pending.reply = std::move(reply);
  pending.done = true;
  pending.wakes.WakeAll();
}

void PeerLink::Send(raft::Message message) {
  if (connection_ == nullptr) return;
  const absl::Status status = connection_->Send({.body = std::move(message)});
  // Consensus repeats what was dropped. What fits no frame it would repeat for ever.
  KONSUL_CHECK(!absl::IsInvalidArgument(status), status.message());
}

absl::StatusOr<Body> PeerLink::Call(Body request, Instant deadline) {
  if (connection_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("no connection to ", address_.ToString()));
  }
  if (pending_.size() >= kCallsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("too many requests wait for the server at ", address_.ToString()));
  }
  const Duration left = deadline - env_.clock.Now();
  if (left <= 0ns) return absl::DeadlineExceededError("no time left to forward the request");
  const uint64_t id = next_request_id_++;
  const auto timeout_ms = static_cast<uint32_t>(std::clamp<int64_t>(ToMillis(left), 1, 600'000));
  KONSUL_RETURN_IF_ERROR(connection_->Send({id, timeout_ms, std::move(request)}));
  Pending pending(env_.scheduler);
  pending_.emplace(id, &pending);
  while (!pending.done) {
    const absl::Status status = pending.wakes.Wait(deadline);
    if (!status.ok() && !pending.done) {
      pending_.erase(id);
      return status;
    }
  }
  if (pending.reply.ok()) {
    if (const auto* error = std::get_if<absl::Status>(&*pending.reply)) return *error;
  }
  return std::move(pending.reply);
}

}  // namespace konsul::rpc
