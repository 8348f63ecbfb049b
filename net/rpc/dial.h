// The dialling side of a connection's beginning, and how patient it is.
#ifndef KONSUL_NET_RPC_DIAL_H_
#define KONSUL_NET_RPC_DIAL_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/base/time.h"
#include "core/env/env.h"
#include "core/server/transport.h"
#include "net/rpc/connection.h"

namespace konsul::rpc {

// Fit for a LAN. How soon a server takes part again after its restart, or after the network has
// healed, is decided here.
struct Patience {
  Duration dial = 500ms;       // for the connection itself
  Duration introduction = 2s;  // then for the peer's answer
  Duration redial_min = 2ms;   // after a link broke; doubles while dialling fails
  Duration redial_max = 250ms;
  Duration refused = 5s;           // to a peer that does not want us, or is not who it should be
  Duration ping = 500ms;           // between two pings on a link
  Duration silence = 2s;           // without any answer: the link is dead, whatever TCP hopes
  Duration inbound_silence = 10s;  // without a ping: whoever dialled us is gone
  Duration snapshot_idle = 10s;    // until an unused connection for snapshots is closed

  // For slow networks: waits `factor` times as long for the other side. The pauses stay.
  Patience Times(uint32_t factor) const;
};

// Dials `address` and exchanges introductions. Unavailable, DeadlineExceeded, or the text with
// which the peer refused.
struct Introduced {
  std::unique_ptr<Connection> connection;
  server::Introduction peer;
};
absl::StatusOr<Introduced> DialAndIntroduce(const env::Env& env, const env::Endpoint& address,
                                            const server::TransportHandler& handler,
                                            Purpose purpose, const Patience& patience,
                                            Instant deadline);

// As above, and makes sure that it is `id` who answers and that the handler agrees to talk to it;
// FailedPrecondition otherwise.
absl::StatusOr<std::unique_ptr<Connection>> DialPeer(const env::Env& env, NodeId id,
                                                     const env::Endpoint& address,
                                                     server::TransportHandler& handler,
                                                     Purpose purpose, const Patience& patience,
                                                     Instant deadline);

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_DIAL_H_
