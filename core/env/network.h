// Byte streams and datagrams between nodes.
//
// All calls that take a deadline suspend the calling fiber, never the thread, and return
// DeadlineExceeded or Cancelled as fiber::WaitList does. Every object belongs to the fiber group
// that uses it and must be destroyed before the Network.
#ifndef KONSUL_CORE_ENV_NETWORK_H_
#define KONSUL_CORE_ENV_NETWORK_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/time.h"
#include "core/fiber/continuation.h"

namespace konsul::env {

// A numeric address and a port. Names are resolved elsewhere.
struct Endpoint {
  std::string host;  // "127.0.0.1" or "::1", without brackets
  uint16_t port = 0;

  // "127.0.0.1:8300", "[::1]:8300".
  std::string ToString() const;
  // The inverse. InvalidArgument names the text.
  static absl::StatusOr<Endpoint> Parse(absl::string_view text);
  // As Parse, but the port may be missing.
  static absl::StatusOr<Endpoint> Parse(absl::string_view text, uint16_t default_port);

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// A connected, ordered, reliable stream of bytes (TCP or its simulation). One fiber may read while
// another writes; two readers or two writers at once are an error of the caller.
class Stream {
 public:
  virtual ~Stream() = default;  // closes

  // Suspends until at least one byte is there. Returns how many were read, at most buffer.size();
  // 0 is the orderly end of the peer's bytes. Unavailable when the connection was reset.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> buffer, Instant deadline) = 0;
  // Suspends until all bytes were taken by the transport (not: by the peer). On any error an
  // unknown prefix was sent and the stream is useless except for Close.
  virtual absl::Status Write(absl::string_view data, Instant deadline) = 0;
  // Wakes `continuation` as soon as Read would not suspend: bytes are there, or the end, or an
  // error; at once when that is so already. Nobody may be in Read. Never suspends.
  virtual void WakeWhenReadable(fiber::Continuation& continuation) = 0;
  // No more writes from here; the peer reads an orderly end after the bytes sent. Never suspends.
  virtual void CloseWrite() = 0;
  // Ends both directions and wakes the fibers in Read and Write with Unavailable. Unread or unsent
  // bytes may be lost, the peer may see a reset. Never suspends; may be repeated.
  virtual void Close() = 0;

  virtual const Endpoint& local() const = 0;
  virtual const Endpoint& peer() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;  // closes; a connection not accepted yet is reset

  // Suspends until a connection is there. Unavailable once closed. ResourceExhausted when the
  // process has no descriptor left: the caller waits a little and goes on.
  virtual absl::StatusOr<std::unique_ptr<Stream>> Accept(Instant deadline) = 0;
  // Wakes Accept with Unavailable.
  virtual void Close() = 0;
  // With the port that was really bound.
  virtual const Endpoint& local() const = 0;
};

struct Datagram {
  Endpoint from;
  std::string data;
};

class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;

  // Suspends until a datagram is there.
  virtual absl::StatusOr<Datagram> Receive(Instant deadline) = 0;
  // Never suspends; a full buffer drops, as datagrams may be. InvalidArgument when too long.
  virtual absl::Status Send(const Endpoint& to, absl::string_view data) = 0;
  virtual void Close() = 0;
  virtual const Endpoint& local() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // Suspends until connected. Unavailable when refused or unreachable.
  virtual absl::StatusOr<std::unique_ptr<Stream>> Dial(const Endpoint& to, Instant deadline) = 0;
  // Port 0 takes any free port. FailedPrecondition "address already in use", with the address;
  // InvalidArgument for an address that is not this machine's.
  virtual absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& at) = 0;
  virtual absl::StatusOr<std::unique_ptr<DatagramSocket>> Bind(const Endpoint& at) = 0;
};

}  // namespace konsul::env

#endif  // KONSUL_CORE_ENV_NETWORK_H_
