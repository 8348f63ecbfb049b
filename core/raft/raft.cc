// The start of a server, and the public class: the doors of Core.
#include "core/raft/raft.h"

#include <utility>

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/raft/core.h"

namespace konsul::raft {

Raft::Core::Core(NodeId self, const Options& given, Recovered recovered, const Moment& moment)
    : id(self), options(given), hard_state(recovered.hard_state), writes(recovered.hard_state) {
  KONSUL_CHECK(id != NodeId(0));
  if (mutation::On(Mutation::kForgetVote)) hard_state.vote = NodeId(0);
  for (Entry& entry : recovered.entries) AppendToLog(std::move(entry));
  log.HandOut();  // back to where it came from
  log.MarkDurable(log.last_index());
  KONSUL_CHECK(recovered.applied <= log.last_index(), "applied ", recovered.applied.value,
               " of a log that ends at ", log.last_index().value);
  // What was applied was committed; the rest has to be learnt from a leader.
  commit = applied = recovered.applied;
  ResetElectionTimer(moment);
}

Raft::Raft(NodeId id, const Options& options, Recovered recovered, Moment moment)
    : core_(std::make_unique<Core>(id, options, std::move(recovered), moment)) {}

Raft::~Raft() = default;

absl::Status Raft::Bootstrap(Moment moment, const Configuration& configuration) {
  if (!core_->log.empty()) {
    return absl::FailedPreconditionError("this server has a log already");
  }
  if (absl::Status valid = configuration.Validate(); !valid.ok()) return valid;
  // It may have voted for somebody who bootstrapped earlier: its term and vote stay as they are.
  if (core_->hard_state.term == Term(0)) core_->hard_state.term = Term(1);
  core_->AppendToLog(Entry{.index = Index(1),
                           .term = Term(1),
                           .kind = EntryKind::kConfiguration,
                           .payload = MakePayload(configuration.Encode())});
  core_->ResetElectionTimer(moment);
  return absl::OkStatus();
}

void Raft::Step(Moment moment, Message message) { core_->Step(moment, std::move(message)); }

void Raft::Tick(Moment moment) { core_->Tick(moment); }

absl::StatusOr<Raft::Proposed> Raft::Propose(Moment, Payload payload) {
  return core_->Propose(std::move(payload));
}

absl::Status Raft::ReadIndex(Moment, uint64_t context) { return core_->ReadIndex(context); }

void Raft::Persisted(Moment moment, Index last_index, Term last_term) {
  core_->Persisted(moment, last_index, last_term);
}

void Raft::PeerUnreachable(Moment, NodeId peer) { core_->PeerUnreachable(peer); }

bool Raft::HasReady() const { return core_->HasReady(); }

Ready Raft::TakeReady(Moment) { return core_->TakeReady(); }

Instant Raft::NextDeadline() const { return core_->NextDeadline(); }

Status Raft::status() const {
  const Core& core = *core_;
  return Status{.id = core.id,
                .role = core.role,
                .term = core.hard_state.term,
                .vote = core.hard_state.vote,
                .leader = core.leader,
                .commit = core.commit,
                .applied = core.applied,
                .last_index = core.log.last_index(),
                .last_term = core.log.last_term(),
                .durable_index = core.log.durable()};
}

const Configuration& Raft::configuration() const { return core_->configuration(); }

const Entry* Raft::EntryAt(Index index) const { return core_->log.At(index); }

void Raft::CheckInvariants() const { core_->invariants.Check(*core_); }

void Raft::CheckInvariantsSlow() const { core_->invariants.CheckSlow(*core_); }

}  // namespace konsul::raft
