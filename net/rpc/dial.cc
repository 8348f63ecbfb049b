#include "net/rpc/dial.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {

Patience Patience::Times(uint32_t factor) const {
  Patience p = *this;
  for (Duration Patience::* wait :
       {&Patience::dial, &Patience::introduction, &Patience::silence, &Patience::inbound_silence}) {
    p.*wait *= factor;
  }
  return p;
}

absl::StatusOr<Introduced> DialAndIntroduce(const env::Env& env, const env::Endpoint& address,
                                            const server::TransportHandler& handler,
                                            Purpose purpose, const Patience& patience,
                                            Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::Stream> stream,
                          env.network.Dial(address, std::min(deadline, env.After(patience.dial))));
  auto connection = std::make_unique<Connection>(env, std::move(stream));
  deadline = std::min(deadline, env.After(patience.introduction));
  KONSUL_RETURN_IF_ERROR(
      connection->SendNow({.body = Hello{handler.Introduce(), purpose}}, deadline));
  KONSUL_ASSIGN_OR_RETURN(Envelope reply, connection->Receive(deadline));
  if (const auto* refusal = std::get_if<absl::Status>(&reply.body)) {
    return Annotate(*refusal, absl::StrCat(address.ToString(), " refused us"));
  }
  auto* hello = std::get_if<Hello>(&reply.body);
  if (hello == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), " did not introduce itself"));
  }
  connection->SetPeerKnown();
  return Introduced{std::move(connection), std::move(hello->introduction)};
}

absl::StatusOr<std::unique_ptr<Connection>> DialPeer(const env::Env& env, NodeId id,
                                                     const env::Endpoint& address,
                                                     server::TransportHandler& handler,
                                                     Purpose purpose, const Patience& patience,
                                                     Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(Introduced introduced,
                          DialAndIntroduce(env, address, handler, purpose, patience, deadline));
  if (introduced.peer.id != id) {
    return absl::FailedPreconditionError(
        absl::StrCat("this address is now that of server ", ToHex(introduced.peer.id.value)));
  }
  KONSUL_RETURN_IF_ERROR(handler.OnIntroduction(introduced.peer));
  return std::move(introduced.connection);
}

}  // namespace konsul::rpc
