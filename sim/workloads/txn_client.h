// Clients that write and read sets of keys in transactions.
//
// A set is written as a whole, all keys with the same value: as it comes, or only if nobody has
// changed it since it was read (check-index on every key). It is read as a whole in a transaction,
// or a single key of it without one. To the history a set is one register, named after its first
// key; whether all keys of a look agree is the oracle's concern (sim/checkers/txn_atomicity.h).
#ifndef KONSUL_SIM_WORKLOADS_TXN_CLIENT_H_
#define KONSUL_SIM_WORKLOADS_TXN_CLIENT_H_

#include <cstdint>

#include "core/env/env.h"
#include "sim/workloads/lock_shared.h"

namespace konsul::workloads {

// On the calling fiber until `shared.clients->stop` or cancellation.
void RunTxnClient(const env::Env& env, uint32_t number, LockShared& shared);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_TXN_CLIENT_H_
