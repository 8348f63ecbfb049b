// A client that writes a set of keys, saves the whole state, and restores an earlier one, on one
// server after the other; what it is told goes to the oracle (sim/checkers/restore_safety.h).
//
// A restore replaces everything, so nobody else may write in such a run. Now and then it sends a
// damaged archive, which must be refused, or asks only what a restore would change.
#ifndef KONSUL_SIM_WORKLOADS_RESTORER_H_
#define KONSUL_SIM_WORKLOADS_RESTORER_H_

#include <cstdint>
#include <string>

#include "core/env/env.h"
#include "sim/checkers/restore_safety.h"
#include "sim/workloads/client.h"

namespace konsul::workloads {

// Owned by the runner; outlives the client's process.
struct RestoreShared {
  Shared* clients = nullptr;  // servers
  checkers::RestoreSafety* oracle = nullptr;
  std::string prefix;
  Duration timeout = 5s;
  uint64_t generation = 0;  // the last one that was written
  uint64_t saved = 0;
  uint64_t restored = 0;  // acknowledged
  uint64_t unknown = 0;   // not acknowledged
  uint64_t refused = 0;   // damaged ones
};

// On the calling fiber until `shared.clients->stop` or cancellation.
void RunRestorer(const env::Env& env, RestoreShared& shared);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_RESTORER_H_
