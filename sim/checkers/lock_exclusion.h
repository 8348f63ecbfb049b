// At most one holds a lock, and each holder's token is greater than all before it.
//
//   holder   while a client certainly holds a lock (it was told so, its session lives for certain
//            (leases.h), and it has not asked for the release) nobody else is told to have it, no
//            consistent read shows another holder, and no server says to it that it does not hold
//   delay    nor does anybody else get it until the lock delay has passed since then, unless it was
//            given up
//   life     a session that is renewed has lost nothing: nobody got its lock before that
//   fencing  who gets the lock after somebody else was told so has a greater token; and writes
//            under it, in the order of the log, carry tokens that never get smaller
//
// A token is (CreateIndex, LockIndex) of the lock's key: LockIndex begins anew when a session
// deletes the key at its end. Does not check: who gets a lock that is free, and when.
#ifndef KONSUL_SIM_CHECKERS_LOCK_EXCLUSION_H_
#define KONSUL_SIM_CHECKERS_LOCK_EXCLUSION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/leases.h"

namespace konsul::checkers {

// Reports as "lock-exclusion". Owned by the runner, as `leases` and `findings` are. A key is locked
// and released by its clients only.
class LockExclusion {
 public:
  using Token = std::pair<uint64_t, uint64_t>;

  LockExclusion(const Leases& leases, Findings& findings) : leases_(leases), findings_(findings) {}

  // A request that was sent and answered at these moments.
  struct Span {
    Duration sent, told;
  };
  // `session` has got the lock.
  void OnAcquired(const std::string& key, const std::string& session, Span span);
  // A consistent read has shown who holds it, with its token; nobody: "".
  void OnRead(const std::string& key, const std::string& holder, Token token, Span span);
  // `session` was told that it does not hold it.
  void OnRefused(const std::string& key, const std::string& session, Span span);
  // Before the request leaves.
  void OnReleasing(const std::string& key, const std::string& session);
  // Something was written under the lock, at this index of the log.
  void OnWrite(const std::string& key, Token token, uint64_t index);
  // A renewal of `session` that was sent at this moment was acknowledged.
  void OnRenewed(const std::string& session, Duration sent);

  uint64_t acquired() const { return acquired_; }

 private:
  struct Hold {
    std::string session;
    Span acquired;
    bool released = false;  // or asked for
    std::optional<Token> token = std::nullopt;
  };
  struct Lock {
    std::vector<Hold> holds;            // in the order of the answers
    std::map<uint64_t, Token> written;  // by index
  };
  // Who held it all the time between, for certain; null: nobody is known.
  const Hold* HolderDuring(const Lock& lock, Span span, bool with_delay) const;
  std::string Name(const std::string& session) const;
  std::string Describe(const std::string& key, const Hold& hold) const;
  void Learn(const std::string& key, Lock& lock, Hold& hold, Token token);
  void Report(std::string text) { findings_.Report("lock-exclusion", std::move(text)); }

  const Leases& leases_;
  Findings& findings_;
  std::map<std::string, Lock> locks_;  // by key
  uint64_t acquired_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LOCK_EXCLUSION_H_
