// The one owner of a server's raft::Raft: every input passes through here, and the fiber Run()
// turns what comes out into work for others.
#ifndef KONSUL_CORE_SERVER_RAFT_DRIVER_H_
#define KONSUL_CORE_SERVER_RAFT_DRIVER_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/raft/raft.h"
#include "core/server/observer.h"

namespace konsul::server {

class RaftDriver {
 public:
  // Takes the work of one Ready; must not suspend.
  using Dispatch = std::function<void(raft::Ready)>;
  // Another leader than `before` is known, or none; must not suspend.
  using LeaderChanged = std::function<void(NodeId before)>;

  // `observer` may be null.
  RaftDriver(const env::Env& env, NodeId id, const raft::Options& options,
             raft::Recovered recovered, Observer* observer);

  // Inputs. They never suspend; the work that they cause is gathered until the driver's fiber runs,
  // so inputs that arrive together share messages and log writes.
  absl::Status Bootstrap(const raft::Configuration& configuration);
  // This server does not stand for election as long as its log has only begun. From the start on,
  // until Release.
  void Hold() { held_ = true; }
  void Release();
  void Step(raft::Message message);
  absl::StatusOr<raft::Raft::Proposed> Propose(raft::Payload payload);
  absl::Status ReadIndex(uint64_t context);
  void Persisted(Index last_index, Term last_term);
  void PeerUnreachable(NodeId peer, bool closed);
  absl::StatusOr<Index> LeaseRead();
  absl::StatusOr<raft::Raft::Proposed> ProposeConfiguration(const raft::Configuration& target);
  absl::Status TransferLeadership(NodeId to);
  void Compact(Index upto) { raft_.Compact(upto); }
  void InstallSnapshot(NodeId from, Term term, const raft::SnapshotPoint& point);
  void SnapshotEnded(NodeId to);

  // The driver's fiber: until cancelled.
  absl::Status Run(const Dispatch& dispatch, const LeaderChanged& leader_changed);

  const raft::Raft& raft() const { return raft_; }
  // Since the start: how often a leader became known, another one or the same after a time
  // without; how often this server stood.
  uint64_t leader_changes() const { return leader_changes_; }
  uint64_t elections() const { return elections_; }
  // Suspends until the known leader is not `seen` any more (0: until one is known), or the
  // deadline.
  absl::Status AwaitLeaderOtherThan(NodeId seen, Instant deadline);
  // Suspends until `holds`, which is looked at whenever the leader or the configuration changes.
  template <typename Predicate>
  absl::Status AwaitChange(Predicate holds, Instant deadline = Instant::Never()) {
    return changed_.Await(holds, deadline);
  }

 private:
  raft::Moment Now();
  Instant NextDeadline() const;
  // After each input: lets the fiber run when there is something for it.
  void Kick();
  // Notices what others wait for.
  void NoteChanges(const LeaderChanged& leader_changed);

  const env::Env env_;
  env::Random random_;
  Observer* observer_;
  raft::Raft raft_;
  bool held_ = false;
  NodeId leader_;  // as last seen, to notice changes
  Term stood_in_;  // the last term that this server was a candidate in
  uint64_t leader_changes_ = 0;
  uint64_t elections_ = 0;
  Instant waits_until_ = Instant::Past();  // what the fiber waits for at the latest
  fiber::WaitList wakes_;
  Index configuration_index_;  // as last seen
  fiber::Condition changed_;   // leader or configuration
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_RAFT_DRIVER_H_
