#include "net/reactor/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/status.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

int Block(const std::vector<int>& signals, sigset_t* before) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals) sigaddset(&set, number);
  KONSUL_CHECK(pthread_sigmask(SIG_BLOCK, &set, before) == 0);
  const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  KONSUL_CHECK(fd >= 0, "signalfd: ", ErrnoText(errno));
  return fd;
}

}  // namespace

Signals::Signals(Reactor& reactor, const std::vector<int>& signals)
    : descriptor_(reactor, Block(signals, &before_)) {
  const absl::Status watched = descriptor_.Watch();
  KONSUL_CHECK(watched.ok(), watched.message());
}

Signals::~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

absl::StatusOr<int> Signals::Next(Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(descriptor_.AwaitReadable(deadline));
    signalfd_siginfo info;
    if (read(descriptor_.fd(), &info, sizeof(info)) == sizeof(info)) {
      return static_cast<int>(info.ssi_signo);
    }
    descriptor_.NotReadable();
  }
}

}  // namespace konsul::reactor
