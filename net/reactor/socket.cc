#include "net/reactor/socket.h"

#include <sys/epoll.h>
#include <unistd.h>

namespace konsul::reactor {

Socket::Socket(Reactor& reactor, int fd)
    : reactor_(reactor), fd_(fd), readers_(reactor.scheduler()), writers_(reactor.scheduler()) {}

Socket::~Socket() { Close(); }

absl::Status Socket::Watch() { return reactor_.Watch(fd_, this); }

absl::Status Socket::AwaitReadable(Instant deadline) {
  while (!readable_ && !closed()) {
    absl::Status status = readers_.Wait(deadline);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void Socket::WakeWhenReadable(fiber::Continuation& continuation) {
  if (readable_ || closed()) {
    continuation.Wake();
  } else {
    continuation.WaitIn(readers_);
  }
}

absl::Status Socket::AwaitWritable(Instant deadline) {
  while (!writable_ && !closed()) {
    absl::Status status = writers_.Wait(deadline);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void Socket::Close() {
  if (closed()) return;
  close(fd_);  // which also ends the watching: the descriptor is never duplicated
  fd_ = -1;
  readers_.WakeAll();
  writers_.WakeAll();
}

void Socket::OnEvents(uint32_t epoll_events) {
  if ((epoll_events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0) hung_up_ = true;
  if (hung_up_ || (epoll_events & EPOLLIN) != 0) {
    readable_ = true;
    readers_.WakeAll();
  }
  if ((epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    writable_ = true;
    writers_.WakeAll();
  }
}

}  // namespace konsul::reactor
