#include "core/raft/explore_servers_support.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/raft/check_support.h"
#include "core/raft/state_support.h"

namespace konsul::raft::testing {

Servers::Servers(const Scope& scope) : scope_(scope) {
  options_.pre_vote = scope.pre_vote;
  options_.check_quorum = false;
  options_.lease_promise = Duration(0);
  // Timers fire when the explorer says so: an election timer is always the next one to be due,
  // and nobody asks again in the middle of an election.
  options_.election_timeout = 1s;
  options_.heartbeat_interval = 1h;
  options_.disk_stall_timeout = 24h * 365;
  options_.append_entries_max = scope.append_entries_max;
}

uint32_t Servers::Start(size_t at) {
  Cluster cluster(options_);
  Server& server = cluster.Add(NodeId(at + 1));
  if (at < scope_.founders) {
    server.entries = MakeLog(MakeConfiguration(scope_.founders), {1});
    server.hard_state.term = Term(1);
  }
  cluster.Start(server, Index(0));
  return Intern(std::move(server));
}

const Step& Servers::Try(uint32_t server, const Action& action) {
  const auto key = std::make_tuple(server, action.what, action.argument);
  const auto found = steps_.find(key);
  if (found != steps_.end()) return *found->second;
  return *steps_.emplace(key, std::make_unique<Step>(Perform(server, action))).first->second;
}

Step Servers::Perform(uint32_t number, const Action& action) {
  Step step;
  Cluster cluster(options_);
  Server& server = cluster.Add(servers_[number].id);
  server = CopyOf(servers_[number]);
  try {
    step.happened = Act(cluster, server, action);
    if (step.happened && server.up()) {
      if (!scope_.slow_disks) cluster.PersistAll(server);
      server.raft->CheckInvariantsSlow();
    }
  } catch (const CheckFailure& failure) {
    step.happened = true;
    step.broken = failure.text;
    return step;
  }
  if (!step.happened) return step;
  for (Message& message : cluster.wire) step.sent.push_back(Intern(std::move(message)));
  for (Parcel& parcel : cluster.parcels) step.sent.push_back(Intern(std::move(parcel)));
  step.reads = std::exchange(server.reads, {});
  server.failed_reads.clear();
  step.server = Intern(std::move(server));
  return step;
}

bool Servers::Act(Cluster& cluster, Server& server, const Action& action) {
  switch (action.what) {
    case Do::kDeliver:
    case Do::kDuplicate: {
      const Packet packet = packets_[action.argument];
      if (packet.message) cluster.Deliver(*packet.message);
      if (packet.parcel) cluster.Deliver(*packet.parcel);
      return true;
    }
    case Do::kTimeout:
    case Do::kHeartbeat:
      return FireTimer(cluster, server, action.what == Do::kHeartbeat);
    case Do::kPropose: {
      const std::string text = absl::StrCat("v", action.argument);
      const bool taken = server.raft->Propose(cluster.Now(), MakePayload(text)).ok();
      cluster.Pump(server);
      return taken;
    }
    case Do::kRead: {
      const bool taken = server.raft->ReadIndex(cluster.Now(), action.argument).ok();
      cluster.Pump(server);
      return taken;
    }
    case Do::kPersist:
      return cluster.PersistOne(server);
    case Do::kRestart:
      return Restart(cluster, server, action.argument);
    case Do::kCompact:
      if (server.raft->status().applied <= server.raft->status().log_base) return false;
      cluster.TakeSnapshot(server, server.raft->status().applied);
      return true;
    case Do::kTransfer: {
      const bool taken =
          server.raft->TransferLeadership(cluster.Now(), NodeId(action.argument)).ok();
      cluster.Pump(server);
      return taken;
    }
    case Do::kChange: {
      const Configuration& target = scope_.changes[action.argument];
      const bool taken = server.raft->ProposeConfiguration(cluster.Now(), target).ok();
      cluster.Pump(server);
      return taken;
    }
    case Do::kSnapshotEnded:
      cluster.GiveUp(*packets_[action.argument].parcel);
      return true;
  }
  return false;
}

bool Servers::FireTimer(Cluster& cluster, Server& server, bool heartbeat) {
  const bool leads = server.raft->status().role == Role::kLeader;
  if (leads != heartbeat) return false;
  if (!leads && server.raft->status().term >= Term(scope_.term_max)) return false;
  if (server.raft->NextDeadline() == Instant::Never()) return false;
  cluster.now = server.raft->NextDeadline();
  cluster.Tick(server);
  return true;
}

// As many of the writes that were under way are done.
bool Servers::Restart(Cluster& cluster, Server& server, size_t writes_done) {
  const std::deque<Write> writes = std::move(server.writes);
  cluster.Crash(server);
  for (size_t i = 0; i < writes_done; ++i) Cluster::ToDisk(server, writes.at(i));
  cluster.Start(server, Index(0));
  return true;
}

uint32_t Servers::Intern(Server&& server) {
  const auto [number, is_new] = server_numbers_.Of(FingerprintOf(server));
  if (is_new) {
    sights_.push_back(Look(server));
    servers_.push_back(std::move(server));
  }
  return number;
}

uint32_t Servers::Intern(Message&& message) {
  // Clocks mean nothing here.
  if (auto* append = std::get_if<AppendRequest>(&message.body)) append->sent = 0;
  if (auto* reply = std::get_if<AppendReply>(&message.body)) reply->sent = 0;
  const auto [number, is_new] = packet_numbers_.Of(FingerprintOf(message));
  if (is_new) packets_.push_back({.message = std::move(message)});
  return number;
}

uint32_t Servers::Intern(Parcel&& parcel) {
  RollingHash hash;
  hash.Add(0x70617263);
  for (uint64_t part : {parcel.from.value, parcel.to.value, parcel.term.value}) hash.Add(part);
  for (const Entry& entry : parcel.snapshot->state) hash.Add(Intern(entry));
  const auto [number, is_new] = packet_numbers_.Of(hash.value());
  if (is_new) packets_.push_back({.parcel = std::move(parcel)});
  return number;
}

uint32_t Servers::Intern(const Entry& entry) {
  RollingHash hash;
  hash.Add(entry.index.value);
  hash.Add(entry.term.value);
  hash.Add(static_cast<uint64_t>(entry.kind));
  hash.Add(*entry.payload);
  const auto [number, is_new] = entry_numbers_.Of(hash.value());
  if (is_new) entries_.push_back(entry);
  return number;
}

Sight Servers::Look(const Server& server) {
  const Status status = server.raft->status();
  Sight sight{.role = status.role,
              .term = status.term.value,
              .base = status.log_base,
              .commit = status.commit};
  for (Index i = status.log_base + 1; i <= status.last_index; ++i) {
    sight.log.push_back(Intern(*server.raft->EntryAt(i)));
    sight.terms.push_back(server.raft->EntryAt(i)->term.value);
  }
  for (const Entry& entry : server.state) sight.state.push_back(Intern(entry));
  return sight;
}

}  // namespace konsul::raft::testing
