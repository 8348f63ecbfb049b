#include "core/server/raft_driver.h"

#include <utility>

#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::server {
namespace {

raft::Moment MomentOf(const env::Env& env, env::Random& random) {
  raft::Moment moment{env.clock.Now(), random.Next()};
  if (mutation::On(Mutation::kStrayClock)) moment.draw ^= mutation::MachineClock();
  return moment;
}

raft::Options Buggified(raft::Options options, const env::Env& env) {
  options.buggify = env.scheduler.buggify();
  return options;
}

}  // namespace

RaftDriver::RaftDriver(const env::Env& env, NodeId id, const raft::Options& options,
                       raft::Recovered recovered, Observer* observer)
    : env_(env),
      random_(env.random.Fork("raft")),
      observer_(observer),
      raft_(id, Buggified(options, env), std::move(recovered), MomentOf(env, random_)),
      wakes_(env.scheduler),
      changed_(env.scheduler) {
  if (observer_ != nullptr) observer_->OnStart(raft_);
}

raft::Moment RaftDriver::Now() { return MomentOf(env_, random_); }

// A follower's only deadline is that of its patience.
Instant RaftDriver::NextDeadline() const {
  const bool has_only_begun = raft_.status().last_index <= Index(1);
  return held_ && has_only_begun ? Instant::Never() : raft_.NextDeadline();
}

void RaftDriver::Release() {
  held_ = false;
  Kick();
}

void RaftDriver::Kick() {
  // A hint may have brought the next deadline forward.
  if (raft_.HasReady() || NextDeadline() < waits_until_) wakes_.WakeOne();
}

absl::Status RaftDriver::Bootstrap(const raft::Configuration& configuration) {
  const absl::Status status = raft_.Bootstrap(Now(), configuration);
  Kick();
  return status;
}

void RaftDriver::Step(raft::Message message) {
  if (observer_ != nullptr) observer_->OnStep(message);
  raft_.Step(Now(), std::move(message));
  Kick();
}

absl::StatusOr<raft::Raft::Proposed> RaftDriver::Propose(raft::Payload payload) {
  auto proposed = raft_.Propose(Now(), std::move(payload));
  Kick();
  return proposed;
}

absl::Status RaftDriver::ReadIndex(uint64_t context) {
  const absl::Status status = raft_.ReadIndex(Now(), context);
  Kick();
  return status;
}

void RaftDriver::Persisted(Index last_index, Term last_term) {
  raft_.Persisted(Now(), last_index, last_term);
  if (observer_ != nullptr) observer_->OnPersisted(raft_);
  Kick();
}

void RaftDriver::PeerUnreachable(NodeId peer, bool closed) {
  raft_.PeerUnreachable(Now(), peer, closed);
  Kick();
}

absl::StatusOr<Index> RaftDriver::LeaseRead() {
  // The clock as it is now, not as it was when the loop began: the process may have been stopped.
  return raft_.LeaseRead(raft::Moment{env_.clock.Now()});
}

absl::StatusOr<raft::Raft::Proposed> RaftDriver::ProposeConfiguration(
    const raft::Configuration& target) {
  auto proposed = raft_.ProposeConfiguration(Now(), target);
  Kick();
  return proposed;
}

absl::Status RaftDriver::TransferLeadership(NodeId to) {
  const absl::Status status = raft_.TransferLeadership(Now(), to);
  Kick();
  return status;
}

void RaftDriver::InstallSnapshot(NodeId from, Term term, const raft::SnapshotPoint& point) {
  raft_.InstallSnapshot(Now(), from, term, point);
  Kick();
}

void RaftDriver::SnapshotEnded(NodeId to) {
  raft_.SnapshotEnded(Now(), to);
  Kick();
}

absl::Status RaftDriver::Run(const Dispatch& dispatch, const LeaderChanged& leader_changed) {
  while (true) {
    if (env_.clock.Now() >= NextDeadline()) raft_.Tick(Now());
    NoteChanges(leader_changed);
    if (!raft_.HasReady()) {
      waits_until_ = NextDeadline();
      const absl::Status status = wakes_.Wait(waits_until_);
      waits_until_ = Instant::Past();
      if (absl::IsCancelled(status)) return status;
      continue;
    }
    raft::Ready ready = raft_.TakeReady(Now());
    if (observer_ != nullptr) observer_->OnReady(raft_, ready);
    dispatch(std::move(ready));
  }
}

void RaftDriver::NoteChanges(const LeaderChanged& leader_changed) {
  const raft::Status status = raft_.status();
  if (status.role == raft::Role::kCandidate && status.term > stood_in_) {
    stood_in_ = status.term;
    ++elections_;
  }
  if (status.configuration_index != configuration_index_) {
    configuration_index_ = status.configuration_index;
    changed_.NotifyAll();
  }
  if (status.leader == leader_) return;
  const NodeId before = std::exchange(leader_, status.leader);
  leader_changed(before);
  if (leader_ != NodeId()) ++leader_changes_;
  if (leader_ == status.id) {
    env_.logger.Info("raft", "this server leads now", {{"term", status.term.value}});
  } else if (leader_ != NodeId()) {
    env_.logger.Info("raft", "following a leader",
                     {{"leader", ToHex(leader_.value)}, {"term", status.term.value}});
  } else {
    env_.logger.Warn("raft", "no leader is known", {{"term", status.term.value}});
  }
  changed_.NotifyAll();
}

absl::Status RaftDriver::AwaitLeaderOtherThan(NodeId seen, Instant deadline) {
  return changed_.Await(
      [&] {
        const NodeId leader = raft_.status().leader;
        return leader != seen && leader != NodeId();
      },
      deadline);
}

}  // namespace konsul::server
