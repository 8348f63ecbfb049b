// A session that is renewed lives, and one that is not ends.
//
//   clients  nobody is told that a session is gone less than its TTL after the sending of its last
//            acknowledged renewal (leases.h)
//   log      no leader proposes to end a session less than its TTL after the renewal that it means
//            was committed
//   end      once all is well, what nobody renews ends within a bound, however often the leaders
//            change; the runner sees to that (sim/cluster/run_locks.cc)
//
// Clocks may be wrong by raft::Options::clock_drift_max_ppm, stand still, and processes may be
// stopped; a monotonic clock that jumps ahead is outside of what is promised. Does not check:
// sessions that end with a node or a check; lock delays are lock_exclusion.h's concern.
#ifndef KONSUL_SIM_CHECKERS_SESSION_EXPIRY_H_
#define KONSUL_SIM_CHECKERS_SESSION_EXPIRY_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/types.h"
#include "core/wire/command.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/leases.h"

namespace konsul::checkers {

// Reports as "session-expiry". Owned by the runner, as `leases` and `findings` are.
class SessionExpiry {
 public:
  SessionExpiry(const Leases& leases, Findings& findings) : leases_(leases), findings_(findings) {}

  // A client was told at `told` that there is no such session.
  void OnGone(const std::string& id, Duration told);

  // Any server appended or committed these entries; each may be told several times.
  void OnAppend(Duration now, absl::Span<const raft::Entry> entries);
  void OnCommit(Duration now, absl::Span<const raft::Entry> entries);

  uint64_t expiries() const { return expiries_; }  // proposed

 private:
  struct Session {
    Duration ttl{};
    std::map<uint64_t, Duration> renewed;  // when committed, by index
  };
  void OnProposal(Duration now, uint64_t index, const wire::Expire& expire);

  const Leases& leases_;
  Findings& findings_;
  std::map<std::string, Session, std::less<>> sessions_;  // by id
  Index committed_;
  uint64_t expiries_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_SESSION_EXPIRY_H_
