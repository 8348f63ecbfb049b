// What operators ask (operator.h). Changes happen on the leader; they may be asked for twice
// without harm, so they are simply repeated when a leader goes away in the middle.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

constexpr Duration kRetryPause = 20ms;

}  // namespace

absl::StatusOr<AdminReply> ServerImpl::Admin(AdminRequest request, Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(failure_);
    KONSUL_ASSIGN_OR_RETURN(const NodeId leader, AwaitLeader(deadline));
    absl::StatusOr<AdminReply> reply = leader == options_.id
                                           ? OnAdmin(request, deadline)
                                           : transport_->Admin(leader, request, deadline);
    // A hand-over is not repeated: the next leader might be asked to hand over in turn.
    const bool again =
        absl::IsUnavailable(reply.status()) ||
        (absl::IsAborted(reply.status()) && request.kind != AdminRequest::Kind::kTransfer);
    if (!again) return reply;
    if (env_.After(kRetryPause) >= deadline) return reply.status();
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kRetryPause));
  }
}

// On the leader.
absl::StatusOr<AdminReply> ServerImpl::OnAdmin(AdminRequest request, Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  if (raft_status().role != raft::Role::kLeader) {
    // A server that joins asks whom it knows; whoever that is passes it on, once.
    const NodeId leader = raft_status().leader;
    if (request.kind != AdminRequest::Kind::kAddServer || leader == NodeId() ||
        request.member.id == leader) {
      return absl::UnavailableError("this server is not the leader");
    }
    return transport_->Admin(leader, std::move(request), deadline);
  }
  // A leader that was cut off does not know who takes part by now.
  if (request.kind != AdminRequest::Kind::kTransfer) {
    KONSUL_RETURN_IF_ERROR(ConfirmHere(deadline).status());
  }
  switch (request.kind) {
    case AdminRequest::Kind::kAddServer:
      KONSUL_RETURN_IF_ERROR(membership_.Add(request.member, deadline));
      break;
    case AdminRequest::Kind::kRemoveServer:
      KONSUL_RETURN_IF_ERROR(membership_.Remove(request.member.id, deadline));
      break;
    case AdminRequest::Kind::kTransfer:
      KONSUL_RETURN_IF_ERROR(membership_.Transfer(request.member.id, deadline));
      break;
    case AdminRequest::Kind::kMembers:
      break;
  }
  return AdminReply{membership_.Look()};
}

absl::StatusOr<Membership> ServerImpl::Members(bool stale, Instant deadline) {
  if (stale) return membership_.Look();
  KONSUL_ASSIGN_OR_RETURN(AdminReply reply,
                          Admin({.kind = AdminRequest::Kind::kMembers}, deadline));
  return std::move(reply.members);
}

absl::Status ServerImpl::TransferLeadership(NodeId to, Instant deadline) {
  return Admin({.kind = AdminRequest::Kind::kTransfer, .member = {.id = to}}, deadline).status();
}

absl::Status ServerImpl::AddServer(const raft::Member& member, Instant deadline) {
  return Admin({.kind = AdminRequest::Kind::kAddServer, .member = member}, deadline).status();
}

absl::Status ServerImpl::RemoveServer(NodeId id, Instant deadline) {
  return Admin({.kind = AdminRequest::Kind::kRemoveServer, .member = {.id = id}}, deadline)
      .status();
}

absl::StatusOr<Index> ServerImpl::TakeSnapshot(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  return snapshot_taker_.Take(deadline);
}

absl::StatusOr<std::unique_ptr<SnapshotFile>> ServerImpl::OpenSnapshot(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(TakeSnapshot(deadline).status());
  return storage_.snapshots.OpenLatest();
}

absl::StatusOr<std::unique_ptr<SnapshotSpool>> ServerImpl::SpoolSnapshot() {
  KONSUL_RETURN_IF_ERROR(failure_);
  return storage_.snapshots.Spool();
}

absl::Status ServerImpl::SweepSnapshots() {
  KONSUL_RETURN_IF_ERROR(failure_);
  return storage_.snapshots.Sweep();
}

absl::Status ServerImpl::Join(const std::string& address, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(const env::Endpoint endpoint, env::Endpoint::Parse(address));
  if (!driver_.raft().configuration().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("this server belongs to cluster ", ToHex(options_.cluster.value), " already"));
  }
  KONSUL_RETURN_IF_ERROR(Ask(endpoint, deadline));
  if (found_cluster_ == ClusterId()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the server at ", address, " does not belong to a cluster yet"));
  }
  return driver_.AwaitChange([this] { return !driver_.raft().configuration().empty(); }, deadline);
}

ServerStats ServerImpl::Stats() const {
  const raft::Status status = raft_status();
  ServerStats stats;
  stats.id = options_.id;
  stats.name = options_.name;
  stats.cluster = options_.cluster;
  stats.role = status.role;
  stats.term = status.term;
  stats.leader = status.leader;
  if (status.role != raft::Role::kLeader) stats.last_contact = env_.clock.Now() - leader_contact_;
  stats.last_index = status.last_index;
  stats.commit = status.commit;
  stats.applied = applier_.applied();
  stats.durable = status.durable_index;
  stats.log_base = status.log_base;
  if (const auto latest = storage_.snapshots.latest()) {
    stats.snapshot_index = latest->point.last.index;
    stats.snapshot_bytes = latest->bytes;
  }
  stats.leader_changes = driver_.leader_changes();
  stats.elections = driver_.elections();
  stats.log_entries = log_writer_.entries_written();
  stats.rejected_proposals = rejected_proposals_;
  stats.uncommitted_bytes = status.uncommitted_bytes;
  stats.commit_time = commit_timer_.timing();
  stats.apply_time = applier_.apply_time();
  stats.sync_time = log_writer_.sync_time();
  stats.snapshot_time = snapshot_taker_.time();
  stats.snapshots_sent = snapshot_sender_.sent();
  stats.snapshots_installed = applier_.restores();
  return stats;
}

}  // namespace konsul::server
