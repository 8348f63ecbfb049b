// All checkers of a run, fed by one observer per server.
//
// Owned by the runner. Called from fibers of the servers while the world steps; the runner looks at
// findings() afterwards.
#ifndef KONSUL_SIM_CLUSTER_ORACLES_H_
#define KONSUL_SIM_CLUSTER_ORACLES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/server/observer.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/election_safety.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/log_safety.h"
#include "sim/checkers/state_digest.h"

namespace konsul::cluster {

class Oracles {
 public:
  checkers::Findings findings;
  checkers::ElectionSafety elections{findings};
  checkers::LogSafety logs{findings};
  checkers::Durability durability{findings};
  checkers::StateDigest digests{findings};

  // Terms whose leader has shown itself since this was last asked.
  size_t TakeNewLeaders();

 private:
  friend class NodeObserver;
  size_t leaders_told_ = 0;
};

// One server's window. Outlives its processes; Mute while a process is killed, because what dying
// fibers do reaches nobody.
class NodeObserver : public server::Observer {
 public:
  explicit NodeObserver(Oracles& oracles) : oracles_(oracles) {}

  void Mute(bool muted) {
    muted_ = muted;
    if (muted) raft_ = nullptr;
  }

  void OnStart(const raft::Raft& raft) override;
  void OnReady(const raft::Raft& raft, const raft::Ready& ready) override;
  void OnPersisted(const raft::Raft& raft) override;
  void OnApplied(NodeId node, Index index, const Hash128& digest) override;

  // While a process runs and has its log recovered.
  bool started() const { return raft_ != nullptr; }
  bool leads() const { return raft_ != nullptr && raft_->status().role == raft::Role::kLeader; }
  Index applied() const { return applied_; }
  NodeId id() const { return id_; }

 private:
  Oracles& oracles_;
  const raft::Raft* raft_ = nullptr;
  bool muted_ = false;
  NodeId id_;
  Index applied_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_ORACLES_H_
