// Read barriers: what has to be true before this server's own state may answer.
#include <utility>

#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

// One round of confirming a read; a reader whose own deadline is later tries again.
constexpr Duration kReadRoundTimeout = 2s;
// Between attempts of something without effect.
constexpr Duration kRetryPause = 5ms;

}  // namespace

absl::StatusOr<ReadPoint> ServerImpl::ReadBarrier(Consistency consistency, Instant deadline) {
  const bool lease = consistency == Consistency::kDefault;
  while (consistency != Consistency::kStale) {
    KONSUL_RETURN_IF_ERROR(failure_);
    KONSUL_RETURN_IF_ERROR(AwaitLeader(deadline).status());
    // By a lease nobody has to be asked, so nobody has to be waited for.
    absl::StatusOr<Index> index = absl::UnavailableError("no lease");
    if (lease) index = driver_.LeaseRead();
    if (!index.ok()) index = (lease ? default_reads_ : consistent_reads_).Confirm(deadline);
    if (index.ok()) {
      KONSUL_RETURN_IF_ERROR(applier_.AwaitApplied(*index, deadline));
      break;
    }
    // A read has no effect, so whatever went wrong it may be asked again.
    if (absl::IsCancelled(index.status())) return index.status();
    if (env_.After(kRetryPause) >= deadline) return absl::UnavailableError("No cluster leader");
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kRetryPause));
  }
  const raft::Status status = raft_status();
  ReadPoint point;
  point.applied = applier_.applied();
  point.known_leader = status.leader != NodeId();
  if (status.role != raft::Role::kLeader) point.last_contact = env_.clock.Now() - leader_contact_;
  return point;
}

absl::StatusOr<Index> ServerImpl::ReadRound(bool lease) {
  const Instant deadline = env_.After(kReadRoundTimeout);
  const NodeId leader = raft_status().leader;
  if (leader == options_.id) return ConfirmHere(deadline);
  if (leader == NodeId()) return absl::UnavailableError("No cluster leader");
  Observer* const observer = options_.observer;
  const uint64_t call =
      observer == nullptr ? 0 : observer->OnCall({PeerCall::Kind::kReadIndex, options_.id, leader});
  const absl::StatusOr<ReadIndexReply> reply =
      transport_->ReadIndex(leader, ReadIndexRequest{lease}, deadline);
  if (observer != nullptr) observer->OnAnswer(call, reply.status(), 0);
  KONSUL_RETURN_IF_ERROR(reply.status());
  return reply->index;
}

absl::StatusOr<Index> ServerImpl::ConfirmHere(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  const uint64_t context = next_read_context_++;
  KONSUL_RETURN_IF_ERROR(driver_.ReadIndex(context));
  PendingRead read(env_.scheduler);
  pending_reads_.emplace(context, &read);
  while (!read.done) {
    const absl::Status status = read.wakes.Wait(deadline);
    if (!status.ok() && !read.done) {
      pending_reads_.erase(context);
      return status;
    }
  }
  return read.result;
}

void ServerImpl::FinishRead(uint64_t context, absl::StatusOr<Index> result) {
  const auto it = pending_reads_.find(context);
  if (it == pending_reads_.end()) return;  // its reader has given up
  it->second->result = std::move(result);
  it->second->done = true;
  it->second->wakes.WakeAll();
  pending_reads_.erase(it);
}

absl::StatusOr<ReadIndexReply> ServerImpl::OnReadIndex(ReadIndexRequest request, Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  if (request.lease) {
    if (const absl::StatusOr<Index> index = driver_.LeaseRead(); index.ok()) {
      return ReadIndexReply{*index};
    }
  }
  KONSUL_ASSIGN_OR_RETURN(const Index index, ConfirmHere(deadline));
  return ReadIndexReply{index};
}

}  // namespace konsul::server
