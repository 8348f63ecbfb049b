#include "net/reactor/datagram.h"

#include <errno.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/reactor/address.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

// Room for a burst while the loop is busy; the kernel grants what it allows.
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<env::DatagramSocket>> UdpSocket::Bind(Reactor& reactor,
                                                                     const env::Endpoint& at,
                                                                     std::string& scratch) {
  KONSUL_ASSIGN_OR_RETURN(const SocketAddress address, ToSocketAddress(at));
  const std::string what = absl::StrCat("bind datagrams to ", at.ToString());
  const int fd = socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return SocketError(what, errno);
  std::unique_ptr<UdpSocket> udp(new UdpSocket(reactor, fd, scratch));
  const int on = 1;
  // No SO_REUSEADDR: for UDP it would let two processes share the port.
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof(kReceiveBuffer));
  if (bind(fd, &address.any, address.size) != 0) return SocketError(what, errno);
  udp->family_ = address.family();
  udp->local_ = LocalEndpoint(fd);
  KONSUL_RETURN_IF_ERROR(udp->socket_.Watch());
  return std::unique_ptr<env::DatagramSocket>(std::move(udp));
}

absl::StatusOr<env::Datagram> UdpSocket::Receive(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(socket_.reactor().GiveWay());
  while (true) {
    KONSUL_RETURN_IF_ERROR(socket_.AwaitReadable(deadline));
    if (socket_.closed()) return Closed();
    SocketAddress from;
    socklen_t size = sizeof(from.v6);
    const ssize_t got =
        recvfrom(socket_.fd(), scratch_.data(), scratch_.size(), 0, &from.any, &size);
    if (got >= 0) {
      return env::Datagram{ToEndpoint(from), scratch_.substr(0, static_cast<size_t>(got))};
    }
    // Other errors report an earlier datagram's fate and are cleared by the call.
    if (errno == EAGAIN) socket_.NotReadable();
  }
}

absl::Status UdpSocket::Send(const env::Endpoint& to, absl::string_view data) {
  if (socket_.closed()) return Closed();
  KONSUL_ASSIGN_OR_RETURN(const SocketAddress address, ToSocketAddress(to));
  if (address.family() != family_) {  // which the kernel would call an unreachable network
    return absl::InvalidArgumentError(absl::StrCat("send datagram from ", local_.ToString(), " to ",
                                                   to.ToString(), ": IPv4 and IPv6 do not mix"));
  }
  const ssize_t sent = sendto(socket_.fd(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              &address.any, address.size);
  if (sent >= 0) return absl::OkStatus();
  if (errno == EMSGSIZE || errno == EINVAL || errno == EAFNOSUPPORT) {
    return SocketError(absl::StrCat("send datagram of ", data.size(), " bytes to ", to.ToString()),
                       errno);
  }
  return absl::OkStatus();  // a full buffer or an unreachable target: lost, as datagrams may be
}

absl::Status UdpSocket::Closed() const {
  return absl::UnavailableError(absl::StrCat("datagram socket ", local_.ToString(), " is closed"));
}

}  // namespace konsul::reactor
