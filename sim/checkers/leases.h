// What clients may rely on: until when a session lives for certain, from what its client was told.
//
// A session lives at least for its TTL after a renewal was applied, and that is not before the
// client sent it. So it lives for certain until TTL after the sending of the last renewal that was
// acknowledged, unless its client asked for its end; and it never comes back. All times are the
// world's.
#ifndef KONSUL_SIM_CHECKERS_LEASES_H_
#define KONSUL_SIM_CHECKERS_LEASES_H_

#include <algorithm>
#include <map>
#include <string>

#include "core/base/time.h"

namespace konsul::checkers {

struct Lease {
  std::string client;  // for people
  Duration ttl{};
  Duration lock_delay{};
  // Nothing but its TTL and its client can end it: it depends on no check.
  bool ttl_only = true;
  Duration renewed{};     // when the last acknowledged renewal, or the creation, was sent
  bool given_up = false;  // its client has asked for its end

  bool LivesAt(Duration at) const { return ttl_only && !given_up && at < renewed + ttl; }
};

// Owned by the runner.
class Leases {
 public:
  void OnCreated(const std::string& id, Lease lease) { leases_[id] = std::move(lease); }
  void OnRenewed(const std::string& id, Duration sent) {
    Lease& lease = leases_.at(id);
    lease.renewed = std::max(lease.renewed, sent);
  }
  // Before the request leaves.
  void OnGivenUp(const std::string& id) { leases_.at(id).given_up = true; }

  // Of a session that was created.
  const Lease& at(const std::string& id) const { return leases_.at(id); }
  size_t size() const { return leases_.size(); }

 private:
  std::map<std::string, Lease> leases_;  // by session
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LEASES_H_
