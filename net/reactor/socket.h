// One non-blocking socket and its readiness; what streams, listeners and datagrams share.
#ifndef KONSUL_NET_REACTOR_SOCKET_H_
#define KONSUL_NET_REACTOR_SOCKET_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/base/time.h"
#include "core/fiber/continuation.h"
#include "net/reactor/reactor.h"

namespace konsul::reactor {

// Owns the descriptor. No fiber may wait in it when it is destroyed.
class Socket final : public EventSink {
 public:
  // Takes `fd`, which must be non-blocking.
  Socket(Reactor& reactor, int fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Starts the watching; once, before the first wait.
  absl::Status Watch();

  // Suspends until reading (accepting) or writing (being connected) may get on. At once when
  // nothing is known that says it cannot. OK also when closed.
  absl::Status AwaitReadable(Instant deadline);
  absl::Status AwaitWritable(Instant deadline);

  // At once, or when AwaitReadable would return.
  void WakeWhenReadable(fiber::Continuation& continuation);
  // Nothing is known that says it cannot be read.
  bool maybe_readable() const { return readable_; }

  // After EAGAIN: only an event can tell that it is worth another try.
  void NotReadable() { readable_ = false; }
  void NotWritable() { writable_ = false; }
  // After a read from a stream that left room in its buffer. As NotReadable(), but once the peer
  // has closed the end is still to be read, and the event that said so does not come again.
  void Drained() { readable_ = hung_up_; }

  // Closes the descriptor and wakes who waits.
  void Close();
  bool closed() const { return fd_ < 0; }
  int fd() const { return fd_; }
  Reactor& reactor() const { return reactor_; }

  void OnEvents(uint32_t epoll_events) override;

 private:
  Reactor& reactor_;
  int fd_;
  bool readable_ = true;
  bool writable_ = true;
  bool hung_up_ = false;
  fiber::WaitList readers_;
  fiber::WaitList writers_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_SOCKET_H_
