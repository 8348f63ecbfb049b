#include "core/server/raft_driver.h"

#include <utility>

#include "core/base/status.h"

namespace konsul::server {
namespace {

raft::Moment MomentOf(const env::Env& env, env::Random& random) {
  return raft::Moment{env.clock.Now(), random.Next()};
}

}  // namespace

RaftDriver::RaftDriver(const env::Env& env, NodeId id, const raft::Options& options,
                       raft::Recovered recovered, Observer* observer)
    : env_(env),
      random_(env.random.Fork("raft")),
      observer_(observer),
      raft_(id, options, std::move(recovered), MomentOf(env, random_)),
      wakes_(env.scheduler),
      leader_changed_(env.scheduler) {
  if (observer_ != nullptr) observer_->OnStart(raft_);
}

raft::Moment RaftDriver::Now() { return MomentOf(env_, random_); }

void RaftDriver::Kick() {
  if (raft_.HasReady()) wakes_.WakeOne();
}

absl::Status RaftDriver::Bootstrap(const raft::Configuration& configuration) {
  const absl::Status status = raft_.Bootstrap(Now(), configuration);
  Kick();
  // Its first election timer has just been set.
  wakes_.WakeOne();
  return status;
}

void RaftDriver::Step(raft::Message message) {
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

void RaftDriver::PeerUnreachable(NodeId peer) {
  raft_.PeerUnreachable(Now(), peer);
  Kick();
}

absl::Status RaftDriver::Run(const Dispatch& dispatch) {
  while (true) {
    if (env_.clock.Now() >= raft_.NextDeadline()) raft_.Tick(Now());
    NoteLeader();
    if (!raft_.HasReady()) {
      const absl::Status status = wakes_.Wait(raft_.NextDeadline());
      if (absl::IsCancelled(status)) return status;
      continue;
    }
    raft::Ready ready = raft_.TakeReady(Now());
    if (observer_ != nullptr) observer_->OnReady(raft_, ready);
    dispatch(std::move(ready));
  }
}

void RaftDriver::NoteLeader() {
  const raft::Status status = raft_.status();
  if (status.leader == leader_) return;
  leader_ = status.leader;
  if (leader_ == status.id) {
    env_.logger.Info("raft", "this server leads now", {{"term", status.term.value}});
  } else if (leader_ != NodeId()) {
    env_.logger.Info("raft", "following a leader",
                     {{"leader", ToHex(leader_.value)}, {"term", status.term.value}});
  } else {
    env_.logger.Warn("raft", "no leader is known", {{"term", status.term.value}});
  }
  leader_changed_.WakeAll();
}

absl::Status RaftDriver::AwaitLeaderOtherThan(NodeId seen, Instant deadline) {
  while (raft_.status().leader == seen || raft_.status().leader == NodeId()) {
    KONSUL_RETURN_IF_ERROR(leader_changed_.Wait(deadline));
  }
  return absl::OkStatus();
}

}  // namespace konsul::server
