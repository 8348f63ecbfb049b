// TCP: connections and listeners.
#ifndef KONSUL_NET_REACTOR_STREAM_H_
#define KONSUL_NET_REACTOR_STREAM_H_

#include <memory>

#include "core/env/network.h"
#include "net/reactor/socket.h"

namespace konsul::reactor {

class TcpStream final : public env::Stream {
 public:
  // Connects; suspends. Errors as env::Network::Dial.
  static absl::StatusOr<std::unique_ptr<env::Stream>> Dial(Reactor& reactor,
                                                           const env::Endpoint& to,
                                                           Instant deadline);
  // Takes a connected descriptor. ResourceExhausted when it cannot be watched.
  static absl::StatusOr<std::unique_ptr<env::Stream>> Adopt(Reactor& reactor, int fd,
                                                            env::Endpoint local,
                                                            env::Endpoint peer);

  absl::StatusOr<size_t> Read(absl::Span<char> buffer, Instant deadline) override;
  absl::Status Write(absl::string_view data, Instant deadline) override;
  void WakeWhenReadable(fiber::Continuation& continuation) override;
  void CloseWrite() override;
  void Close() override { socket_.Close(); }
  const env::Endpoint& local() const override { return local_; }
  const env::Endpoint& peer() const override { return peer_; }

 private:
  TcpStream(Reactor& reactor, int fd) : socket_(reactor, fd) {}
  absl::Status AwaitConnected(Instant deadline);
  absl::Status Broken(absl::string_view what, int error) const;
  absl::Status Closed() const;

  Socket socket_;
  env::Endpoint local_;
  env::Endpoint peer_;
  // The kernel tells of a reset once, to whoever asks first, and shows an orderly end from then on.
  absl::Status broken_;
};

class TcpListener final : public env::Listener {
 public:
  static absl::StatusOr<std::unique_ptr<env::Listener>> Listen(Reactor& reactor,
                                                               const env::Endpoint& at);

  absl::StatusOr<std::unique_ptr<env::Stream>> Accept(Instant deadline) override;
  void Close() override { socket_.Close(); }
  const env::Endpoint& local() const override { return local_; }

 private:
  TcpListener(Reactor& reactor, int fd) : socket_(reactor, fd) {}

  Socket socket_;
  env::Endpoint local_;
  bool wildcard_ = false;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_STREAM_H_
