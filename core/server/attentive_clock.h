// Time during which clients could have renewed what they hold.
//
// A session must not end because the servers were not there to be told that it lives: while this
// process was stopped or starved, or while no leader was known, this clock stands. It runs ahead of
// a true clock by no more than the machine's own does, and by kTickMax at most if that one jumps,
// which it must not (core/env/clock.h); and as it goes on in the next leader, elections do not make
// what is due live anew.
#ifndef KONSUL_CORE_SERVER_ATTENTIVE_CLOCK_H_
#define KONSUL_CORE_SERVER_ATTENTIVE_CLOCK_H_

#include <algorithm>

#include "core/base/time.h"

namespace konsul::server {

class AttentiveClock {
 public:
  // How often it wants to be told of the time, at least.
  static constexpr Duration kTick = std::chrono::milliseconds(100);
  // Whoever is told later was not attentive for the rest.
  static constexpr Duration kTickMax = kTick * 2;

  // It is `now` by the monotonic clock, and a leader is known or not. The first call, and that
  // after a Pause, only begin a tick.
  void Tick(Instant now, bool leader_known) {
    if (ticking_ && leader_known && leader_known_) {
      elapsed_ += std::clamp(now - last_, Duration(0), kTickMax);
    }
    ticking_ = true;
    last_ = now;
    leader_known_ = leader_known;
  }
  // It is `now`, and nothing else is known: what begins in this moment is not to count what was
  // before it.
  void Advance(Instant now) {
    if (ticking_) Tick(now, leader_known_);
  }
  // Nobody will tell of the time for a while.
  void Pause() { ticking_ = false; }

  // Since it was made.
  Duration elapsed() const { return elapsed_; }

 private:
  bool ticking_ = false;
  bool leader_known_ = false;
  Instant last_;
  Duration elapsed_{};
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_ATTENTIVE_CLOCK_H_
