// env::Network on the kernel's sockets.
#ifndef KONSUL_NET_REACTOR_NETWORK_H_
#define KONSUL_NET_REACTOR_NETWORK_H_

#include <memory>
#include <string>

#include "core/env/network.h"
#include "net/reactor/reactor.h"

namespace konsul::reactor {

// IPv4 and IPv6. An IPv6 socket speaks IPv6 only, so "::" and "0.0.0.0" can both be bound.
class RealNetwork final : public env::Network {
 public:
  // `reactor` must outlive the network and all that it made.
  explicit RealNetwork(Reactor& reactor);

  absl::StatusOr<std::unique_ptr<env::Stream>> Dial(const env::Endpoint& to,
                                                    Instant deadline) override;
  absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Endpoint& at) override;
  absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(const env::Endpoint& at) override;

 private:
  Reactor& reactor_;
  std::string datagram_;  // see UdpSocket
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_NETWORK_H_
