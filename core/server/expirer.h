// Ends sessions that nobody renews, and lock delays.
//
// Every server follows renewals as it applies them, by its own clock; the leader alone proposes
// what is due (wire::Expire), and the order of the log decides against a renewal that came before.
// So a session never ends earlier than its TTL after its last acknowledged renewal: applying comes
// after the client has asked, the clock stands while clients could not be heard
// (attentive_clock.h), and what a clock may run too fast (raft::Options::clock_drift_max_ppm) is
// added. And a new leader goes on where it was as a follower, so that elections do not prolong what
// is due.
//
// After a restart, or when a snapshot took the place of the tables, everything begins anew on this
// server: that is later, never earlier.
#ifndef KONSUL_CORE_SERVER_EXPIRER_H_
#define KONSUL_CORE_SERVER_EXPIRER_H_

#include <cstdint>
#include <functional>

#include "absl/strings/string_view.h"
#include "core/base/log.h"
#include "core/env/clock.h"
#include "core/fiber/scheduler.h"
#include "core/server/attentive_clock.h"
#include "core/server/consensus.h"
#include "core/server/due.h"
#include "core/state/table_store.h"
#include "core/state/watch_index.h"

namespace konsul::server {

// Owned by the composition root, with one fiber in Run. Costs nothing while nothing can expire.
class Expirer {
 public:
  struct Office {
    bool is_leader = false;
    bool leader_known = false;
  };

  // All outlive it, and nobody else follows the tables of renewals and lock delays. `office` does
  // not suspend.
  struct World {
    const env::Clock& clock;
    fiber::Scheduler& scheduler;
    Logger& logger;
  };
  Expirer(const World& world, Consensus& consensus, state::TableStore& store,
          state::WatchIndex& watches, std::function<Office()> office, uint32_t drift_max_ppm);

  // Until the calling fiber is cancelled.
  void Run();

 private:
  void Load();
  void Renewed(absl::string_view id);
  void Delayed(absl::string_view key);
  // When something of that length which begins now is over for certain.
  Duration After(uint64_t nanoseconds);
  // Something is due then, by clock_: whoever rests longer is woken.
  void WakeFor(Duration at);
  // Suspends until something may be due, and the clock has to be told of the time.
  absl::Status Rest();
  void ProposeWhatIsOver();

  const World world_;
  Consensus& consensus_;
  state::TableStore& store_;
  const std::function<Office()> office_;
  const uint32_t drift_max_ppm_;
  AttentiveClock clock_;
  Due sessions_;
  Due lock_delays_;
  Duration rests_until_{};  // by clock_
  fiber::WaitList something_to_do_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_EXPIRER_H_
