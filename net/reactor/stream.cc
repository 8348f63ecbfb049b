#include "net/reactor/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "net/reactor/address.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

// Small messages go out at once; and a peer that vanished without a word is noticed after about a
// minute, so that parked connections do not pile up. Set on a listener, accepted sockets inherit
// it.
void SetTcpOptions(int fd) {
  const auto set = [fd](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

absl::StatusOr<std::unique_ptr<env::Stream>> TcpStream::Dial(Reactor& reactor,
                                                             const env::Endpoint& to,
                                                             Instant deadline) {
  KONSUL_RETURN_IF_ERROR(reactor.GiveWay());
  KONSUL_ASSIGN_OR_RETURN(const SocketAddress address, ToSocketAddress(to));
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  std::unique_ptr<TcpStream> stream(new TcpStream(reactor, fd));
  stream->peer_ = to;
  if (fd < 0) return stream->Broken("connect to", errno);
  SetTcpOptions(fd);
  if (connect(fd, &address.any, address.size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return stream->Broken("connect to", errno);
    stream->socket_.NotWritable();
  }
  KONSUL_RETURN_IF_ERROR(stream->socket_.Watch());
  KONSUL_RETURN_IF_ERROR(stream->AwaitConnected(deadline));
  stream->local_ = LocalEndpoint(fd);
  // A port that nobody listens on may be the one the kernel lends to us: TCP then connects the
  // socket to itself (simultaneous open).
  if (stream->local_ == to) return stream->Broken("connect to", ECONNREFUSED);
  return std::unique_ptr<env::Stream>(std::move(stream));
}

absl::Status TcpStream::AwaitConnected(Instant deadline) {
  if (absl::Status status = socket_.AwaitWritable(deadline); !status.ok()) {
    return Annotate(status, absl::StrCat("connect to ", peer_.ToString()));
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : Broken("connect to", error);
}

absl::StatusOr<std::unique_ptr<env::Stream>> TcpStream::Adopt(Reactor& reactor, int fd,
                                                              env::Endpoint local,
                                                              env::Endpoint peer) {
  std::unique_ptr<TcpStream> stream(new TcpStream(reactor, fd));
  stream->local_ = std::move(local);
  stream->peer_ = std::move(peer);
  KONSUL_RETURN_IF_ERROR(stream->socket_.Watch());
  return std::unique_ptr<env::Stream>(std::move(stream));
}

absl::StatusOr<size_t> TcpStream::Read(absl::Span<char> buffer, Instant deadline) {
  KONSUL_CHECK(!buffer.empty(), "a read into nothing looks like the end of the stream");
  KONSUL_RETURN_IF_ERROR(socket_.reactor().GiveWay());
  while (true) {
    KONSUL_RETURN_IF_ERROR(socket_.AwaitReadable(deadline));
    if (socket_.closed()) return Closed();
    const ssize_t got = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
    if (got == 0 && !broken_.ok()) return broken_;
    if (got >= 0) {
      // A short read has emptied the socket: saves the call that would say EAGAIN (epoll(7)).
      if (got > 0 && static_cast<size_t>(got) < buffer.size()) socket_.Drained();
      return static_cast<size_t>(got);
    }
    if (errno == EAGAIN) {
      socket_.NotReadable();
    } else if (errno != EINTR) {
      return broken_ = Broken("read from", errno);
    }
  }
}

absl::Status TcpStream::Write(absl::string_view data, Instant deadline) {
  KONSUL_RETURN_IF_ERROR(socket_.reactor().GiveWay());
  while (true) {
    if (socket_.closed()) return Closed();
    // Also of nothing at all: that tells whether the stream is still good.
    const ssize_t sent = send(socket_.fd(), data.data(), data.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      data.remove_prefix(static_cast<size_t>(sent));
      if (data.empty()) return absl::OkStatus();
    } else if (errno == EAGAIN) {
      socket_.NotWritable();
      KONSUL_RETURN_IF_ERROR(socket_.AwaitWritable(deadline));
    } else if (errno != EINTR) {
      // EPIPE: ended by us, or reset after the peer's orderly end, which stays one for the reader.
      const int error = errno;
      const absl::Status status = Broken("write to", error);
      if (error != EPIPE) broken_ = status;
      return status;
    }
  }
}

void TcpStream::WakeWhenReadable(fiber::Continuation& continuation) {
  // What is taken for readable may have been read to its last byte.
  while (!socket_.closed() && socket_.maybe_readable() && broken_.ok()) {
    char byte = 0;
    if (recv(socket_.fd(), &byte, 1, MSG_PEEK) >= 0) break;
    if (errno == EAGAIN) {
      socket_.NotReadable();
    } else if (errno != EINTR) {
      broken_ = Broken("read from", errno);
    }
  }
  socket_.WakeWhenReadable(continuation);
}

void TcpStream::CloseWrite() {
  if (!socket_.closed()) shutdown(socket_.fd(), SHUT_WR);
}

absl::Status TcpStream::Broken(absl::string_view what, int error) const {
  absl::Status status = SocketError(absl::StrCat(what, " ", peer_.ToString()), error);
  if (absl::IsResourceExhausted(status)) return status;
  // Whatever else a connection or its making dies of, it is not there, and may be later.
  return absl::UnavailableError(status.message());
}

absl::Status TcpStream::Closed() const {
  return absl::UnavailableError(absl::StrCat("connection to ", peer_.ToString(), " is closed"));
}

absl::StatusOr<std::unique_ptr<env::Listener>> TcpListener::Listen(Reactor& reactor,
                                                                   const env::Endpoint& at) {
  KONSUL_ASSIGN_OR_RETURN(const SocketAddress address, ToSocketAddress(at));
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const std::string what = absl::StrCat("listen on ", at.ToString());
  if (fd < 0) return SocketError(what, errno);
  std::unique_ptr<TcpListener> listener(new TcpListener(reactor, fd));
  const int on = 1;
  // A restarted server takes its port back while old connections are in TIME_WAIT.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Otherwise "::" would also take the IPv4 port, and peers would appear as ::ffff:1.2.3.4.
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  SetTcpOptions(fd);
  if (bind(fd, &address.any, address.size) != 0 || listen(fd, SOMAXCONN) != 0) {
    return SocketError(what, errno);
  }
  listener->local_ = LocalEndpoint(fd);
  listener->wildcard_ = address.wildcard();
  KONSUL_RETURN_IF_ERROR(listener->socket_.Watch());
  return std::unique_ptr<env::Listener>(std::move(listener));
}

absl::StatusOr<std::unique_ptr<env::Stream>> TcpListener::Accept(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(socket_.reactor().GiveWay());
  while (true) {
    KONSUL_RETURN_IF_ERROR(socket_.AwaitReadable(deadline));
    if (socket_.closed()) {
      return absl::UnavailableError(absl::StrCat("listener ", local_.ToString(), " is closed"));
    }
    SocketAddress peer;
    socklen_t size = sizeof(peer.v6);
    const int fd = accept4(socket_.fd(), &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      return TcpStream::Adopt(socket_.reactor(), fd, wildcard_ ? LocalEndpoint(fd) : local_,
                              ToEndpoint(peer));
    }
    switch (errno) {
      case EAGAIN:
        socket_.NotReadable();
        break;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return SocketError(absl::StrCat("accept on ", local_.ToString()), errno);
      default:
        break;  // this connection died before it was accepted (accept(2)); take the next
    }
  }
}

}  // namespace konsul::reactor
