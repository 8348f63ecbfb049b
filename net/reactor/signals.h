// Signals as events of the loop, so that the process stops where it is safe.
#ifndef KONSUL_NET_REACTOR_SIGNALS_H_
#define KONSUL_NET_REACTOR_SIGNALS_H_

#include <signal.h>

#include <vector>

#include "absl/status/statusor.h"
#include "core/base/time.h"
#include "net/reactor/socket.h"

namespace konsul::reactor {

// Blocks the signals' usual effect in the calling thread and in threads started later: make it
// before any other thread. The destructor restores the mask.
class Signals {
 public:
  Signals(Reactor& reactor, const std::vector<int>& signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Suspends until one of the signals has come and returns its number. DeadlineExceeded or
  // Cancelled otherwise. One fiber at a time.
  absl::StatusOr<int> Next(Instant deadline);

 private:
  sigset_t before_;
  Socket descriptor_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_SIGNALS_H_
