#include "sim/process_network.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "sim/stream.h"

namespace konsul::sim {

absl::StatusOr<std::unique_ptr<env::Stream>> ProcessNetwork::Dial(const env::Endpoint& to,
                                                                  Instant deadline) {
  KONSUL_RETURN_IF_ERROR(life_.Check());
  if (!IsNumericAddress(to.host)) {
    return absl::InvalidArgumentError(absl::StrCat("dial ", to.ToString(), ": not an address"));
  }
  const HostId target = fabric_.topology.Find(life_.host, to.host);
  if (target == HostId()) {
    return absl::UnavailableError(absl::StrCat("dial ", to.ToString(), ": no route to host"));
  }
  auto stream = std::make_unique<SimStream>(fabric_.streams, life_);
  fabric_.streams.Dial(life_.host, target, to, stream.get());
  const absl::Status status = stream->AwaitEstablished(deadline);
  if (!status.ok()) return Annotate(status, absl::StrCat("dial ", to.ToString()));
  return stream;
}

template <typename Layer>
absl::StatusOr<env::Endpoint> ProcessNetwork::Claim(const Layer& layer, const env::Endpoint& at) {
  KONSUL_RETURN_IF_ERROR(life_.Check());
  if (!fabric_.topology.Owns(life_.host, at.host)) {
    return absl::InvalidArgumentError(
        absl::StrCat("bind ", at.ToString(), ": not an address of this machine"));
  }
  env::Endpoint claimed = at;
  if (at.port == 0) {
    do {
      claimed.port = fabric_.topology.NextEphemeralPort(life_.host);
    } while (layer.PortTaken(life_.host, claimed));
  } else if (layer.PortTaken(life_.host, at)) {
    return absl::FailedPreconditionError(
        absl::StrCat("bind ", at.ToString(), ": address already in use"));
  }
  return claimed;
}

absl::StatusOr<std::unique_ptr<env::Listener>> ProcessNetwork::Listen(const env::Endpoint& at) {
  KONSUL_ASSIGN_OR_RETURN(const env::Endpoint claimed, Claim(fabric_.streams, at));
  auto listener = std::make_unique<SimListener>(fabric_.streams, life_, claimed);
  fabric_.streams.Listen(life_.host, claimed, listener.get());
  return listener;
}

absl::StatusOr<std::unique_ptr<env::DatagramSocket>> ProcessNetwork::Bind(const env::Endpoint& at) {
  KONSUL_ASSIGN_OR_RETURN(const env::Endpoint claimed, Claim(fabric_.datagrams, at));
  auto socket = std::make_unique<SimDatagramSocket>(fabric_.datagrams, life_, claimed);
  fabric_.datagrams.Bind(life_.host, claimed, socket.get());
  return socket;
}

}  // namespace konsul::sim
