#include "core/server/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

// How long a request waits for an election to end before it is told that there is no leader.
constexpr Duration kLeaderHold = 5s;
// One round of confirming a read; a reader whose own deadline is later tries again.
constexpr Duration kReadRoundTimeout = 2s;
// Between attempts after an error that said "certainly nothing happened".
constexpr Duration kRetryPause = 5ms;

}  // namespace

std::unique_ptr<Server> Server::Create(const env::Env& env, Options options, Storage storage) {
  return std::make_unique<ServerImpl>(env, std::move(options), std::move(storage));
}

ServerImpl::ServerImpl(const env::Env& env, Options options, Storage storage)
    : env_(env),
      options_(std::move(options)),
      storage_(std::move(storage)),
      view_({options_.id, options_.name, options_.address.ToString()}, options_.bootstrap_expect),
      driver_(env, options_.id, options_.raft, std::move(storage_.recovered), options_.observer),
      log_writer_(
          env.scheduler, storage_.log,
          [this](raft::Message message) { transport_->Send(std::move(message)); },
          [this](Index index, Term term) { driver_.Persisted(index, term); }),
      applier_(env.scheduler, storage_.state, options_.id, options_.observer),
      read_batcher_(env.scheduler, [this] { return ReadRound(); }),
      leader_contact_(env.clock.Now()),
      failed_(env.scheduler) {}

void ServerImpl::Start(Transport& transport, fiber::Group& group) {
  transport_ = &transport;
  const auto run = [this, &group](absl::string_view name, auto body) {
    group.Spawn(name, [this, body] {
      const absl::Status status = body();
      if (!status.ok() && !absl::IsCancelled(status)) Fail(status);
    });
  };
  run("raft", [this] { return driver_.Run([this](raft::Ready r) { Dispatch(std::move(r)); }); });
  run("log-writer", [this] {
    return Annotate(log_writer_.Run(),
                    "the log cannot be written; this server stops acknowledging anything");
  });
  run("applier", [this] { return Annotate(applier_.Run(), "the state cannot be updated"); });
  run("read-batcher", [this] { return read_batcher_.Run(); });
  if (driver_.raft().configuration().empty()) {
    run("bootstrap", [this] { return RunBootstrap(); });
  } else {
    ConfigurationChanged();
  }
}

absl::Status ServerImpl::WaitForFailure() {
  while (failure_.ok()) KONSUL_RETURN_IF_ERROR(failed_.Wait());
  return failure_;
}

void ServerImpl::Fail(const absl::Status& status) {
  if (!failure_.ok()) return;
  failure_ = status;
  env_.logger.Error("server", status.message());
  failed_.WakeAll();
}

void ServerImpl::Dispatch(raft::Ready ready) {
  for (raft::Message& message : ready.messages) transport_->Send(std::move(message));
  const bool configuration_changed = std::any_of(
      ready.entries.begin(), ready.entries.end(),
      [](const raft::Entry& entry) { return entry.kind == raft::EntryKind::kConfiguration; });
  if (ready.NeedsPersist() || !ready.messages_after_persist.empty()) {
    log_writer_.Enqueue(
        {ready.hard_state, std::move(ready.entries), std::move(ready.messages_after_persist)});
  }
  for (const raft::ReadState& read : ready.reads) FinishRead(read.context, read.index);
  for (const uint64_t context : ready.failed_reads) {
    FinishRead(context, absl::UnavailableError("the leadership was lost"));
  }
  applier_.Enqueue(std::move(ready.committed));
  if (configuration_changed) ConfigurationChanged();
}

void ServerImpl::ConfigurationChanged() {
  for (const raft::Member& member : driver_.raft().configuration().voters) {
    if (member.id == options_.id) continue;
    const absl::StatusOr<env::Endpoint> address = env::Endpoint::Parse(member.address);
    if (address.ok()) transport_->Learn(member.id, *address);
  }
}

// ---- Writes -------------------------------------------------------------------------------------

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
        leader == options_.id ? ExecuteHere(command, deadline)
                              : transport_->Execute(leader, ExecuteRequest{command}, deadline);
    if (reply.ok()) return std::move(reply->result);
    // Only Unavailable promises that nothing happened.
    if (!absl::IsUnavailable(reply.status())) return reply.status();
    if (env_.After(kRetryPause) >= deadline) return absl::UnavailableError("No cluster leader");
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kRetryPause));
  }
}

absl::StatusOr<ExecuteReply> ServerImpl::ExecuteHere(const std::string& command, Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  KONSUL_ASSIGN_OR_RETURN(const raft::Raft::Proposed proposed,
                          driver_.Propose(raft::MakePayload(command)));
  KONSUL_ASSIGN_OR_RETURN(std::string result, applier_.AwaitResult(proposed, deadline));
  return ExecuteReply{proposed.index, std::move(result)};
}

absl::StatusOr<ExecuteReply> ServerImpl::OnExecute(ExecuteRequest request, Instant deadline) {
  return ExecuteHere(request.command, deadline);
}

// ---- Reads --------------------------------------------------------------------------------------

absl::StatusOr<ReadPoint> ServerImpl::ReadBarrier(Consistency consistency, Instant deadline) {
  while (consistency != Consistency::kStale) {
    KONSUL_RETURN_IF_ERROR(failure_);
    KONSUL_RETURN_IF_ERROR(AwaitLeader(deadline).status());
    const absl::StatusOr<Index> index = read_batcher_.Confirm(deadline);
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

absl::StatusOr<Index> ServerImpl::ReadRound() {
  const Instant deadline = env_.After(kReadRoundTimeout);
  const NodeId leader = raft_status().leader;
  if (leader == options_.id) return ConfirmHere(deadline);
  if (leader == NodeId()) return absl::UnavailableError("No cluster leader");
  KONSUL_ASSIGN_OR_RETURN(const ReadIndexReply reply,
                          transport_->ReadIndex(leader, ReadIndexRequest{}, deadline));
  return reply.index;
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

absl::StatusOr<ReadIndexReply> ServerImpl::OnReadIndex(ReadIndexRequest, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(const Index index, ConfirmHere(deadline));
  return ReadIndexReply{index};
}

// ---- Peers --------------------------------------------------------------------------------------

std::string ServerImpl::LeaderAddress() const {
  const raft::Member* leader = driver_.raft().configuration().Find(raft_status().leader);
  return leader == nullptr ? "" : leader->address;
}

std::vector<std::string> ServerImpl::PeerAddresses() const {
  std::vector<std::string> addresses;
  for (const raft::Member& member : driver_.raft().configuration().voters) {
    addresses.push_back(member.address);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

Introduction ServerImpl::Introduce() const {
  return Introduction{options_.id,     options_.cluster,
                      options_.name,   options_.address.ToString(),
                      view_.members(), options_.bootstrap_expect};
}

absl::Status ServerImpl::OnIntroduction(const Introduction& peer) {
  const auto describe = [](absl::string_view name, NodeId id) {
    return absl::StrCat("server \"", name, "\" (", ToHex(id.value), ")");
  };
  if (peer.id == options_.id && peer.address != options_.address.ToString()) {
    return absl::FailedPreconditionError(
        absl::StrCat("two servers have the id ", ToHex(peer.id.value), ", at ", peer.address,
                     " and ", options_.address.ToString(), ": was a data directory copied?"));
  }
  if (peer.id != options_.id && peer.name == options_.name) {
    return absl::FailedPreconditionError(
        absl::StrCat("two servers are named \"", peer.name, "\", at ", peer.address, " and ",
                     options_.address.ToString(), ": give each its own -node"));
  }
  if (peer.cluster != ClusterId() && options_.cluster != ClusterId() &&
      peer.cluster != options_.cluster) {
    return absl::FailedPreconditionError(absl::StrCat(
        describe(peer.name, peer.id), " belongs to cluster ", ToHex(peer.cluster.value), ", ",
        describe(options_.name, options_.id), " to cluster ", ToHex(options_.cluster.value)));
  }
  view_.Add(peer);
  return absl::OkStatus();
}

void ServerImpl::OnRaftMessage(raft::Message message) {
  if (!failure_.ok()) return;
  const NodeId from = message.from;
  driver_.Step(std::move(message));
  if (from == raft_status().leader) leader_contact_ = env_.clock.Now();
}

void ServerImpl::OnPeerLost(NodeId peer) { driver_.PeerUnreachable(peer); }

absl::Status ServerImpl::RunBootstrap() {
  constexpr Duration kAskPause = 200ms;
  constexpr Duration kAskTimeout = 1s;
  constexpr int kRoundsPerLogLine = 25;
  for (int round = 0; driver_.raft().configuration().empty(); ++round) {
    std::vector<env::Endpoint> addresses = options_.retry_join;
    for (const raft::Member& member : view_.members()) {
      if (auto address = env::Endpoint::Parse(member.address); address.ok()) {
        addresses.push_back(*std::move(address));
      }
    }
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    std::erase(addresses, options_.address);
    for (const env::Endpoint& address : addresses) {
      const auto peer = transport_->Introduce(address, env_.After(kAskTimeout));
      if (peer.ok()) {
        const absl::Status welcome = OnIntroduction(*peer);
        if (!welcome.ok()) env_.logger.Warn("bootstrap", welcome.message());
      } else if (absl::IsCancelled(peer.status())) {
        return peer.status();
      } else if (!absl::IsUnavailable(peer.status()) && round % kRoundsPerLogLine == 0) {
        env_.logger.Warn("bootstrap", peer.status().message());
      }
    }
    if (!driver_.raft().configuration().empty()) break;  // a leader found us meanwhile
    const raft::Configuration agreed = view_.Agreed(options_.cluster);
    if (!agreed.empty()) {
      KONSUL_RETURN_IF_ERROR(storage_.store_cluster(ClusterIdOf(agreed)));
      options_.cluster = ClusterIdOf(agreed);
      if (!driver_.raft().configuration().empty()) break;
      const absl::Status status = driver_.Bootstrap(agreed);
      if (!status.ok()) {
        // A vote or an entry came first; the cluster exists and its leader will bring the log.
        env_.logger.Info("bootstrap", status.message());
      } else {
        env_.logger.Info(
            "bootstrap", "the cluster begins",
            {{"cluster", ToHex(options_.cluster.value)}, {"servers", agreed.voters.size()}});
        return absl::OkStatus();
      }
    } else if (round % kRoundsPerLogLine == kRoundsPerLogLine - 1) {
      env_.logger.Info("bootstrap", view_.Missing());
    }
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kAskPause));
  }
  // Bootstrapped by the leader's first append: take the cluster's id as well.
  if (options_.cluster == ClusterId()) {
    const ClusterId cluster = ClusterIdOf(driver_.raft().configuration());
    KONSUL_RETURN_IF_ERROR(storage_.store_cluster(cluster));
    options_.cluster = cluster;
  }
  return absl::OkStatus();
}

}  // namespace konsul::server
