// What the clients of locks and transactions of a run share.
#ifndef KONSUL_SIM_WORKLOADS_LOCK_SHARED_H_
#define KONSUL_SIM_WORKLOADS_LOCK_SHARED_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/base/time.h"
#include "sim/checkers/leases.h"
#include "sim/checkers/lock_exclusion.h"
#include "sim/checkers/session_expiry.h"
#include "sim/checkers/txn_atomicity.h"
#include "sim/workloads/client.h"

namespace konsul::workloads {

// Owned by the runner; outlives the process of these clients.
struct LockShared {
  Shared* clients = nullptr;  // servers, history, time
  checkers::Leases* leases = nullptr;
  checkers::LockExclusion* exclusion = nullptr;
  checkers::SessionExpiry* expiry = nullptr;
  checkers::TxnAtomicity* atomicity = nullptr;
  uint32_t first_client = 0;  // their numbers in the history
  std::string prefix;         // of all keys
  uint32_t locks = 3;         // how many there are
  Duration timeout = 2s;      // of one request
  uint64_t sessions = 0;      // that were created
  uint64_t abandoned = 0;     // whose clients just stopped
  uint64_t late_renewals = 0;
  uint64_t fenced_writes = 0;
  uint64_t fenced_off = 0;  // that found the lock lost
  uint64_t txns = 0;        // that were done
};

// How long a client pauses that gets no answers: twice as long each time. A cluster whose network
// and disks are drawn slow would otherwise never be done with what nobody waits for any more.
class Backoff {
 public:
  Duration Next() { return std::exchange(next_, std::min(2 * next_, kLongest)); }
  void Reset() { next_ = kShortest; }

 private:
  static constexpr Duration kShortest = 20ms;
  static constexpr Duration kLongest = 4s;
  Duration next_ = kShortest;
};

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_LOCK_SHARED_H_
