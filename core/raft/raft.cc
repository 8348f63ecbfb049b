// The start of a server, and the public class: the doors of Core.
#include "core/raft/raft.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/raft/core.h"

namespace konsul::raft {

namespace {

Options Adjusted(Options options) {
  // A candidate must not break its own promise.
  options.lease_promise = std::min(options.lease_promise, options.election_timeout);
  if (mutation::On(Mutation::kNoPreVote)) options.pre_vote = options.check_quorum = false;
  return options;
}

// The place behind which the log in memory begins. The oldest entry may be covered by the snapshot;
// then it serves for its term alone, as nothing else knows what came right before it.
LogPosition BaseOf(const Recovered& recovered) {
  if (recovered.entries.empty()) return recovered.snapshot.last;
  const Entry& first = recovered.entries.front();
  if (first.index == Index(1)) return {};
  if (first.index <= recovered.snapshot.last.index) return {first.index, first.term};
  KONSUL_CHECK(first.index == recovered.snapshot.last.index + 1, "the log begins at ",
               first.index.value, ", the snapshot ends at ", recovered.snapshot.last.index.value);
  return recovered.snapshot.last;
}

}  // namespace

Raft::Core::Core(NodeId self, const Options& given, Recovered recovered, const Moment& moment)
    : id(self),
      options(Adjusted(given)),
      hard_state(recovered.hard_state),
      log(BaseOf(recovered)),
      writes(recovered.hard_state) {
  KONSUL_CHECK(id != NodeId(0));
  if (mutation::On(Mutation::kForgetVote)) hard_state.vote = NodeId(0);
  const SnapshotPoint& snapshot = recovered.snapshot;
  configurations.Reset(snapshot.configuration_index, snapshot.configuration);
  for (Entry& entry : recovered.entries) {
    if (entry.index <= log.base()) continue;
    // What the snapshot knows already must not come twice.
    const bool known =
        entry.kind == EntryKind::kConfiguration && entry.index <= snapshot.configuration_index;
    if (known) {
      log.Append(std::move(entry));
    } else {
      AppendToLog(moment, std::move(entry));
    }
  }
  KONSUL_CHECK(snapshot.last.index <= log.last_index(), "a snapshot up to ",
               snapshot.last.index.value, ", a log up to ", log.last_index().value);
  log.HandOut();  // back to where it came from
  log.MarkDurable(log.last_index());
  KONSUL_CHECK(recovered.applied <= log.last_index(), "applied ", recovered.applied.value,
               " of a log that ends at ", log.last_index().value);
  // What was applied was committed; the rest has to be learnt from a leader.
  commit = applied = recovered.applied;
  // It may have promised that much right before it stopped.
  promised_until = moment.now + options.lease_promise;
  patience = options.election_timeout;
  ResetElectionTimer(moment);
}

Raft::Raft(NodeId id, const Options& options, Recovered recovered, Moment moment)
    : core_(std::make_unique<Core>(id, options, std::move(recovered), moment)) {}

Raft::Raft(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Raft::~Raft() = default;

absl::Status Raft::Bootstrap(Moment moment, const Configuration& configuration) {
  if (!core_->log.empty()) {
    return absl::FailedPreconditionError("this server has a log already");
  }
  if (absl::Status valid = configuration.Validate(); !valid.ok()) return valid;
  // It may have heard of somebody who bootstrapped earlier: its term stays as it is.
  if (core_->hard_state.term == Term(0)) core_->hard_state.term = Term(1);
  core_->AppendToLog(moment, Entry{.index = Index(1),
                                   .term = Term(1),
                                   .kind = EntryKind::kConfiguration,
                                   .payload = MakePayload(configuration.Encode())});
  core_->ResetElectionTimer(moment);
  return absl::OkStatus();
}

void Raft::Step(Moment moment, Message message) { core_->Step(moment, std::move(message)); }

void Raft::Tick(Moment moment) { core_->Tick(moment); }

absl::StatusOr<Raft::Proposed> Raft::Propose(Moment moment, Payload payload) {
  return core_->Propose(moment, std::move(payload));
}

absl::StatusOr<Index> Raft::LeaseRead(Moment moment) const { return core_->LeaseRead(moment.now); }

absl::StatusOr<Raft::Proposed> Raft::ProposeConfiguration(Moment moment,
                                                          const Configuration& target) {
  return core_->ProposeConfiguration(moment, target);
}

absl::Status Raft::TransferLeadership(Moment moment, NodeId to) {
  return core_->TransferLeadership(moment, to);
}

void Raft::Compact(Index upto) { core_->Compact(upto); }

SnapshotPoint Raft::PointAt(Index index) const { return core_->PointAt(index); }

void Raft::InstallSnapshot(Moment moment, NodeId from, Term term, const SnapshotPoint& point) {
  core_->InstallSnapshot(moment, from, term, point);
}

void Raft::SnapshotEnded(Moment, NodeId to) { core_->SnapshotEnded(to); }

absl::Status Raft::ReadIndex(Moment, uint64_t context) { return core_->ReadIndex(context); }

void Raft::Persisted(Moment moment, Index last_index, Term last_term) {
  core_->Persisted(moment, last_index, last_term);
}

void Raft::PeerUnreachable(Moment moment, NodeId peer, bool closed) {
  core_->PeerUnreachable(moment, peer, closed);
}

bool Raft::HasReady() const { return core_->HasReady(); }

Ready Raft::TakeReady(Moment moment) { return core_->TakeReady(moment); }

Instant Raft::NextDeadline() const { return core_->NextDeadline(); }

Status Raft::status() const {
  const Core& core = *core_;
  const bool leads = core.role == Role::kLeader;
  return Status{
      .id = core.id,
      .role = core.role,
      .term = core.hard_state.term,
      .vote = core.hard_state.vote,
      .leader = core.leader,
      .commit = core.commit,
      .applied = core.applied,
      .last_index = core.log.last_index(),
      .last_term = core.log.last_term(),
      .durable_index = core.log.durable(),
      .log_base = core.log.base(),
      .configuration_index = core.configurations.current_index(),
      .transfer = leads && core.leadership->transfer ? core.leadership->transfer->to : NodeId(0),
      .uncommitted_bytes = leads ? core.leadership->uncommitted_bytes : 0};
}

std::vector<FollowerStatus> Raft::followers() const {
  std::vector<FollowerStatus> all;
  if (core_->role != Role::kLeader) return all;
  for (const auto& [id, follower] : core_->leadership->followers) {
    all.push_back({.id = id,
                   .match = follower.match(),
                   .next = follower.next(),
                   .heard = follower.heard,
                   .snapshot = follower.state() == Progress::State::kSnapshot,
                   .inflight_bytes = follower.inflight_bytes()});
  }
  return all;
}

const Configuration& Raft::configuration() const { return core_->configuration(); }

const Entry* Raft::EntryAt(Index index) const { return core_->log.At(index); }

void Raft::CheckInvariants() const {
  if (checks::enabled) core_->invariants.Check(*core_);
}

void Raft::CheckInvariantsSlow() const { core_->invariants.CheckSlow(*core_); }

}  // namespace konsul::raft
