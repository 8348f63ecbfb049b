#include "net/reactor/network.h"

#include "net/reactor/datagram.h"
#include "net/reactor/stream.h"

namespace konsul::reactor {
namespace {

constexpr size_t kLongestDatagram = 64 * 1024;

}  // namespace

RealNetwork::RealNetwork(Reactor& reactor) : reactor_(reactor), datagram_(kLongestDatagram, '\0') {}

absl::StatusOr<std::unique_ptr<env::Stream>> RealNetwork::Dial(const env::Endpoint& to,
                                                               Instant deadline) {
  return TcpStream::Dial(reactor_, to, deadline);
}

absl::StatusOr<std::unique_ptr<env::Listener>> RealNetwork::Listen(const env::Endpoint& at) {
  return TcpListener::Listen(reactor_, at);
}

absl::StatusOr<std::unique_ptr<env::DatagramSocket>> RealNetwork::Bind(const env::Endpoint& at) {
  return UdpSocket::Bind(reactor_, at, datagram_);
}

}  // namespace konsul::reactor
