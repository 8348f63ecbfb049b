#include "net/rpc/peer_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {
namespace {

constexpr Duration kDialTimeout = 2s;
constexpr Duration kRedialMin = 20ms;
constexpr Duration kRedialMax = 500ms;

}  // namespace

absl::StatusOr<Introduced> DialAndIntroduce(const env::Env& env, const env::Endpoint& address,
                                            const server::TransportHandler& handler,
                                            Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::Stream> stream, env.network.Dial(address, deadline));
  auto connection = std::make_unique<Connection>(env, std::move(stream));
  KONSUL_RETURN_IF_ERROR(connection->SendNow({.body = handler.Introduce()}, deadline));
  KONSUL_ASSIGN_OR_RETURN(Envelope reply, connection->Receive(deadline));
  if (const auto* refusal = std::get_if<absl::Status>(&reply.body)) {
    return Annotate(*refusal, absl::StrCat(address.ToString(), " refused us"));
  }
  auto* introduction = std::get_if<server::Introduction>(&reply.body);
  if (introduction == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), " did not introduce itself"));
  }
  return Introduced{std::move(connection), std::move(*introduction)};
}

PeerLink::PeerLink(const env::Env& env, server::TransportHandler& handler, NodeId peer,
                   const env::Endpoint& address)
    : env_(env),
      random_(env.random.Fork(absl::StrCat("peer-link-", peer.value))),
      handler_(handler),
      peer_(peer),
      address_(address) {}

void PeerLink::Run() {
  Duration pause = kRedialMin;
  while (!env_.scheduler.cancelled()) {
    const Instant began = env_.clock.Now();
    const absl::Status status = RunOnce();
    if (absl::IsCancelled(status)) return;
    if (absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ||
        absl::IsDataLoss(status)) {
      env_.logger.Warn("rpc", absl::StrCat("peer ", ToHex(peer_.value), " at ", address_.ToString(),
                                           ": ", status.message()));
    }
    // Back-off doubles while dialling fails; a connection that lived earns a quick redial.
    pause = env_.clock.Now() - began > kRedialMax ? kRedialMin : std::min(2 * pause, kRedialMax);
    const uint64_t jitter = random_.Below(static_cast<uint64_t>(pause.count()) / 2);
    if (!env_.Sleep(pause + Duration(jitter)).ok()) return;
  }
}

absl::Status PeerLink::RunOnce() {
  KONSUL_ASSIGN_OR_RETURN(Introduced introduced,
                          DialAndIntroduce(env_, address_, handler_, env_.After(kDialTimeout)));
  if (introduced.peer.id != peer_) {
    return absl::FailedPreconditionError(
        absl::StrCat("this address is now that of server ", ToHex(introduced.peer.id.value)));
  }
  KONSUL_RETURN_IF_ERROR(handler_.OnIntroduction(introduced.peer));
  Connection& connection = *introduced.connection;
  absl::Status status;
  {
    fiber::Group writer(env_.scheduler);
    connection_ = &connection;
    writer.Spawn("rpc-out-writer", [&] { (void)connection.RunWriter(); });
    status = ReceiveReplies(connection);
    connection_ = nullptr;
    connection.Close();
  }
  while (!pending_.empty()) {
    Finish(*pending_.begin()->second,
           absl::AbortedError("the connection to the leader broke; the outcome is unknown"));
    pending_.erase(pending_.begin());
  }
  handler_.OnPeerLost(peer_);
  return status;
}

absl::Status PeerLink::ReceiveReplies(Connection& connection) {
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(Envelope reply, connection.Receive(Instant::Never()));
    const auto it = pending_.find(reply.request_id);
    if (it == pending_.end()) continue;  // its caller has given up
    Finish(*it->second, std::move(reply.body));
    pending_.erase(it);
  }
}

void PeerLink::Finish(Pending& pending, absl::StatusOr<Body> reply) {
  pending.reply = std::move(reply);
  pending.done = true;
  pending.wakes.WakeAll();
}

void PeerLink::Send(raft::Message message) {
  if (connection_ != nullptr) connection_->Send({.body = std::move(message)});
}

absl::StatusOr<Body> PeerLink::Call(Body request, Instant deadline) {
  const absl::Status not_sent =
      absl::UnavailableError(absl::StrCat("no connection to ", address_.ToString()));
  if (connection_ == nullptr) return not_sent;
  const Duration left = deadline - env_.clock.Now();
  if (left <= 0ns) return absl::DeadlineExceededError("no time left to forward the request");
  const uint64_t id = next_request_id_++;
  const auto timeout_ms = static_cast<uint32_t>(std::clamp<int64_t>(ToMillis(left), 1, 600'000));
  if (!connection_->Send({id, timeout_ms, std::move(request)})) return not_sent;
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
