// Clients that hold locks.
//
// Each creates a session, gets one of few locks that all compete for, writes under it with its
// token as long as it holds, renews the session meanwhile, and in the end releases the lock, ends
// the session, or just stops, as a client that has crashed. Some renew at the last moment, when the
// servers are about to let the session go. What they are told goes to the oracles of leases,
// expiry and exclusion.
//
// They sit on a machine that faults do not meet, and speak HTTP to whatever server they like; the
// session of a client that goes from one server to the next is the same.
#ifndef KONSUL_SIM_WORKLOADS_LOCKER_H_
#define KONSUL_SIM_WORKLOADS_LOCKER_H_

#include <cstdint>

#include "core/env/env.h"
#include "sim/workloads/lock_shared.h"

namespace konsul::workloads {

// On the calling fiber until `shared.clients->stop` or cancellation.
void RunLocker(const env::Env& env, uint32_t number, LockShared& shared);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_LOCKER_H_
