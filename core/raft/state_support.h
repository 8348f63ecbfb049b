// Cores that can be copied and told apart, for those who follow more than one future of them.
#ifndef KONSUL_CORE_RAFT_STATE_SUPPORT_H_
#define KONSUL_CORE_RAFT_STATE_SUPPORT_H_

#include <memory>

#include "core/base/hash.h"
#include "core/raft/cluster_support.h"
#include "core/raft/raft.h"

namespace konsul::raft {

// Sees what is private; the friend of the classes that a core consists of.
struct StateInspector {
  static std::unique_ptr<Raft> Copy(const Raft& raft);
  // All that decides what the core does next, except for instants: two cores with the same
  // fingerprint behave alike as long as whoever drives them decides what time does.
  static void AddTo(RollingHash& hash, const Raft& raft);

 private:
  static void AddTo(RollingHash& hash, const Raft::Core& core);
  static void AddLeadership(RollingHash& hash, const Raft::Core& core);
};

namespace testing {

// With its disk and its state machine.
Server CopyOf(const Server& server);
Hash128 FingerprintOf(const Server& server);
Hash128 FingerprintOf(const Message& message);

}  // namespace testing
}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_STATE_SUPPORT_H_
