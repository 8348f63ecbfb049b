// Commands: proposed here when this server leads, forwarded otherwise.
#include <algorithm>
#include <utility>

#include "core/base/probe.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

// How long a request waits for an election to end before it is told that there is no leader.
constexpr Duration kLeaderHold = 5s;
// Between attempts after an error that said "certainly nothing happened".
constexpr Duration kRetryPause = 5ms;

}  // namespace

absl::StatusOr<NodeId> ServerImpl::AwaitLeader(Instant deadline) {
  const absl::Status status =
      driver_.AwaitLeaderOtherThan(NodeId(), std::min(deadline, env_.After(kLeaderHold)));
  if (absl::IsDeadlineExceeded(status)) return absl::UnavailableError("No cluster leader");
  if (!status.ok()) return status;
  return driver_.raft().status().leader;
}

absl::StatusOr<std::string> ServerImpl::Execute(std::string command, Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(failure_);
    KONSUL_ASSIGN_OR_RETURN(const NodeId leader, AwaitLeader(deadline));
    absl::StatusOr<ExecuteReply> reply =
        leader == options_.id ? ExecuteHere(command, deadline) : Forward(leader, command, deadline);
    if (reply.ok()) return std::move(reply->result);
    // Only Unavailable promises that nothing happened.
    if (!absl::IsUnavailable(reply.status())) return reply.status();
    probe::Reached(Probe::kForwardedWriteRetried);
    if (env_.After(kRetryPause) >= deadline) return absl::UnavailableError("No cluster leader");
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kRetryPause));
  }
}

absl::StatusOr<ExecuteReply> ServerImpl::Forward(NodeId leader, const std::string& command,
                                                 Instant deadline) {
  Observer* const observer = options_.observer;
  const uint64_t call =
      observer == nullptr ? 0 : observer->OnCall({PeerCall::Kind::kWrite, options_.id, leader});
  absl::StatusOr<ExecuteReply> reply =
      transport_->Execute(leader, ExecuteRequest{command}, deadline);
  if (observer != nullptr) observer->OnAnswer(call, reply.status(), 0);
  return reply;
}

absl::StatusOr<raft::Raft::Proposed> ServerImpl::Propose(const std::string& command) {
  const raft::Status status = raft_status();
  if (status.commit > applier_.applied() + options_.apply_lag_max) {
    return absl::ResourceExhaustedError("too many writes are waiting to be applied");
  }
  return driver_.Propose(raft::MakePayload(command));
}

absl::StatusOr<ExecuteReply> ServerImpl::ExecuteHere(const std::string& command, Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  const absl::StatusOr<raft::Raft::Proposed> proposed = Propose(command);
  if (absl::IsResourceExhausted(proposed.status())) ++rejected_proposals_;
  if (!proposed.ok()) return proposed.status();
  commit_timer_.Proposed(*proposed, env_.clock.Now());
  KONSUL_ASSIGN_OR_RETURN(std::string result, applier_.AwaitResult(*proposed, deadline));
  return ExecuteReply{proposed->index, std::move(result)};
}

absl::StatusOr<ExecuteReply> ServerImpl::OnExecute(ExecuteRequest request, Instant deadline) {
  return ExecuteHere(request.command, deadline);
}

}  // namespace konsul::server
