#include "core/server/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

constexpr Duration kHandOverTimeout = 2s;
// How long servers that were removed stay connected.

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
          env.scheduler, env.clock, storage_.log,
          [this](raft::Message message) { transport_->Send(std::move(message)); },
          [this](Index index, Term term) { driver_.Persisted(index, term); }),
      applier_(env.scheduler, env.clock, storage_.state, storage_.snapshots, options_.id,
               options_.observer),
      consistent_reads_(env.scheduler, [this] { return ReadRound(/*lease=*/false); }),
      default_reads_(env.scheduler, [this] { return ReadRound(/*lease=*/true); }),
      snapshot_taker_(env, options_.snapshots, storage_.state, storage_.snapshots, driver_,
                      applier_, log_writer_),
      snapshot_sender_(env, options_.snapshots, options_.id, storage_.snapshots, driver_,
                       snapshot_taker_, options_.observer),
      snapshot_installer_(env, storage_.snapshots, driver_),
      membership_(env, options_.raft, driver_, applier_),
      leader_contact_(env.clock.Now()),
      stored_cluster_(options_.cluster),
      failed_(env.scheduler) {}

void ServerImpl::Start(Transport& transport, fiber::Group& group) {
  transport_ = &transport;
  group_ = &group;
  const auto run = [this, &group](absl::string_view name, auto body) {
    group.Spawn(name, [this, body] {
      const absl::Status status = body();
      if (!status.ok() && !absl::IsCancelled(status)) Fail(status);
    });
  };
  run("raft", [this] {
    return driver_.Run([this](raft::Ready ready) { Dispatch(std::move(ready)); },
                       [this](NodeId before) { LeaderChanged(before); });
  });
  run("log-writer", [this] {
    return Annotate(log_writer_.Run(),
                    "the log cannot be written; this server stops acknowledging anything");
  });
  run("applier", [this] { return Annotate(applier_.Run(), "the state cannot be updated"); });
  run("consistent-reads", [this] { return consistent_reads_.Run(); });
  run("default-reads", [this] { return default_reads_.Run(); });
  run("snapshot-taker", [this] { return snapshot_taker_.Run(); });
  run("cluster-update", [this] { return RunClusterUpdate(); });
  run("membership", [this] { return membership_.Run(); });
  ConfigurationChanged();
  if (IsFounding()) driver_.Hold();
  if (HasItsPlace()) run("address-update", [this] { return RunAddressUpdate(); });
  run("bootstrap", [this] { return RunBootstrap(); });
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

void ServerImpl::PrepareToStop() {
  if (raft_status().role != raft::Role::kLeader) return;
  const absl::Status status = membership_.Transfer(NodeId(0), env_.After(kHandOverTimeout));
  if (status.ok()) {
    env_.logger.Info("server", "the leadership is handed over");
  } else if (!absl::IsNotFound(status)) {
    env_.logger.Warn("server", status.message());
  }
}

// What consensus wants done, in the order in which that is safe.
void ServerImpl::Dispatch(raft::Ready ready) {
  for (raft::Message& message : ready.messages) transport_->Send(std::move(message));
  const bool configuration_changed =
      ready.restore.has_value() ||
      std::any_of(ready.entries.begin(), ready.entries.end(), [](const raft::Entry& entry) {
        return entry.kind == raft::EntryKind::kConfiguration;
      });
  if (ready.restore) applier_.EnqueueRestore(*ready.restore);
  if (ready.NeedsPersist() || !ready.messages_after_persist.empty()) {
    log_writer_.Enqueue(LogWork::Of(ready));
  }
  for (const raft::ReadState& read : ready.reads) FinishRead(read.context, read.index);
  for (const uint64_t context : ready.failed_reads) {
    FinishRead(context, absl::UnavailableError("the leadership was lost"));
  }
  const raft::Status status = raft_status();
  commit_timer_.Committed(status.commit, status.term, env_.clock.Now());
  applier_.Enqueue(std::move(ready.committed));
  for (const NodeId peer : ready.snapshots) snapshot_sender_.Send(peer, *transport_, *group_);
  if (configuration_changed) ConfigurationChanged();
}

// A leader that was cut off says nothing and resets nothing. Whoever waits for its answer would
// wait to the end; one that handed over, on the other hand, still answers what it had accepted.
void ServerImpl::LeaderChanged(NodeId before) {
  if (before == NodeId() || before == options_.id) return;
  const bool silent = env_.clock.Now() - leader_contact_ >= options_.raft.election_timeout;
  if (silent) transport_->Abandon(before);
}

void ServerImpl::ConfigurationChanged() {
  const raft::Configuration& configuration = driver_.raft().configuration();
  if (!configuration.empty()) options_.cluster = configuration.cluster;
  for (const raft::Member& member : configuration.Members()) {
    if (member.id == options_.id) continue;
    const absl::StatusOr<env::Endpoint> address = env::Endpoint::Parse(member.address);
    if (!address.ok()) continue;
    acquaintances_.Listed(member.id, *address, env_.clock.Now());
    transport_->Learn(member.id, *address);
  }
  acquaintances_.Follow(configuration, env_.clock.Now());
  PartFromGuests();
  if (configuration.IsRetired(options_.id) && !configuration.IsMember(options_.id)) {
    env_.logger.Warn("server",
                     "this server was removed from the cluster; stop it, and delete its data "
                     "directory before it joins again");
  }
}

}  // namespace konsul::server
