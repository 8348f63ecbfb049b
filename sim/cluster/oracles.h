// All checkers of a run, fed by one observer per server.
//
// Owned by the runner. Called from fibers of the servers while the world steps; the runner looks at
// findings() afterwards.
#ifndef KONSUL_SIM_CLUSTER_ORACLES_H_
#define KONSUL_SIM_CLUSTER_ORACLES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/server/observer.h"
#include "sim/checkers/configuration_safety.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/election_safety.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/leases.h"
#include "sim/checkers/lock_exclusion.h"
#include "sim/checkers/log_safety.h"
#include "sim/checkers/monotonicity.h"
#include "sim/checkers/quorums.h"
#include "sim/checkers/restore_safety.h"
#include "sim/checkers/session_expiry.h"
#include "sim/checkers/state_digest.h"
#include "sim/checkers/stream_completeness.h"
#include "sim/checkers/txn_atomicity.h"
#include "sim/checkers/watch_completeness.h"
#include "sim/cluster/committed_changes.h"
#include "sim/report/recorder.h"

namespace konsul::cluster {

class Oracles {
 public:
  checkers::Findings findings;
  checkers::ElectionSafety elections{findings};
  checkers::LogSafety logs{findings};
  checkers::Monotonicity monotonicity{findings};
  checkers::Durability durability{findings};
  checkers::StateDigest digests{findings};
  checkers::ConfigurationSafety configurations{findings};
  checkers::Quorums quorums{elections, durability, findings};
  checkers::WatchCompleteness watches{findings};
  checkers::StreamCompleteness streams{findings};
  checkers::RestoreSafety restore_safety{findings};
  // For `streams`; nothing when nobody follows any.
  std::optional<CommittedChanges> truth;
  checkers::Leases leases;
  checkers::LockExclusion locks{leases, findings};
  checkers::SessionExpiry sessions{leases, findings};
  checkers::TxnAtomicity txns{findings};
  // The world's time, for `sessions`; null when nobody has any.
  std::function<Duration()> now;

  // Terms whose leader has shown itself, and configurations that leaders have appended, since this
  // was last asked.
  size_t TakeNewLeaders();
  size_t TakeNewConfigurations();
  // That leaders had to send.
  size_t TakeNewSnapshots() { return std::exchange(snapshots_begun, 0); }

  // Sees what the oracles see, for a picture of the run; null when nobody wants one.
  report::Recorder* recorder = nullptr;

  // What happened on servers, for the report.
  uint64_t restores = 0;
  uint64_t compactions = 0;
  size_t snapshots_begun = 0;

 private:
  size_t leaders_told_ = 0;
  size_t configurations_told_ = 0;
};

// The window into the servers of one machine. Outlives their processes; Mute while a process is
// killed, because what dying fibers do reaches nobody.
class NodeObserver : public server::Observer {
 public:
  // `number` of the machine, from 0.
  NodeObserver(Oracles& oracles, size_t number) : oracles_(oracles), number_(number) {}

  void Mute(bool muted);

  // The disk was taken away: the next server is somebody else, or has lost its memory.
  void Forget();

  void OnStart(const raft::Raft& raft) override;
  void OnStep(const raft::Message& message) override;
  void OnReady(const raft::Raft& raft, const raft::Ready& ready) override;
  void OnPersisted(const raft::Raft& raft) override;
  void OnApplied(NodeId node, Index index, const Hash128& digest) override;
  void OnDataLoss(const absl::Status& status) override { data_loss_ = status; }
  uint64_t OnCall(const server::PeerCall& call) override;
  void OnAnswer(uint64_t call, const absl::Status& status, uint64_t have) override;

  // While a process runs and has its log recovered.
  bool started() const { return raft_ != nullptr; }
  // Its consensus then, else null.
  const raft::Raft* raft() const { return raft_; }
  bool leads() const { return raft_ != nullptr && raft_->status().role == raft::Role::kLeader; }
  // What its consensus knows now, for people; "not running" when it does not.
  std::string Describe() const;
  Index applied() const { return applied_; }
  // Of its log, in memory.
  uint64_t log_entries() const {
    return raft_ == nullptr ? 0 : raft_->status().last_index - raft_->status().log_base;
  }
  // 0 until the server has shown itself.
  NodeId id() const { return id_; }
  // At how many moments something became durable.
  uint64_t persisted() const { return persisted_; }
  // What it found damaged since this was last asked.
  absl::Status TakeDataLoss() { return std::exchange(data_loss_, absl::OkStatus()); }
  // Of the latest configuration that it ever had in its log.
  Index configuration_index() const { return configuration_index_; }

 private:
  // As clients know it.
  std::string Address() const { return "10.0.0." + std::to_string(number_ + 1); }

  Oracles& oracles_;
  const size_t number_;
  const raft::Raft* raft_ = nullptr;
  bool muted_ = false;
  NodeId id_;
  Index applied_;
  Index base_;
  Index configuration_index_;
  std::optional<Index> restores_;  // a snapshot of then or later is to be loaded
  uint64_t persisted_ = 0;
  absl::Status data_loss_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_ORACLES_H_
