// UDP.
#ifndef KONSUL_NET_REACTOR_DATAGRAM_H_
#define KONSUL_NET_REACTOR_DATAGRAM_H_

#include <memory>
#include <string>

#include "core/env/network.h"
#include "net/reactor/socket.h"

namespace konsul::reactor {

class UdpSocket final : public env::DatagramSocket {
 public:
  // `scratch` is room for one datagram of any size, shared by all sockets of the network: never
  // held across a suspension.
  static absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(Reactor& reactor,
                                                                   const env::Endpoint& at,
                                                                   std::string& scratch);

  absl::StatusOr<env::Datagram> Receive(Instant deadline) override;
  absl::Status Send(const env::Endpoint& to, absl::string_view data) override;
  void Close() override { socket_.Close(); }
  const env::Endpoint& local() const override { return local_; }

 private:
  UdpSocket(Reactor& reactor, int fd, std::string& scratch)
      : socket_(reactor, fd), scratch_(scratch) {}
  absl::Status Closed() const;

  Socket socket_;
  std::string& scratch_;
  int family_ = 0;
  env::Endpoint local_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_DATAGRAM_H_
