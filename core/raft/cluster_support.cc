#include "core/raft/cluster_support.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/hash.h"

namespace konsul::raft::testing {

constexpr int64_t kMillion = 1'000'000;

Instant Clock::Local(Instant true_time) const {
  if (true_time == Instant::Never() || true_time == Instant::Past()) return true_time;
  return Instant{true_time.ns + ahead_ns + true_time.ns / kMillion * ppm +
                 true_time.ns % kMillion * ppm / kMillion};
}

Instant Clock::True(Instant local) const {
  if (local == Instant::Never() || local == Instant::Past()) return local;
  if (ppm == 0) return Instant{local.ns - ahead_ns};
  const double guess =
      static_cast<double>(local.ns - ahead_ns) / (1.0 + static_cast<double>(ppm) / 1e6);
  Instant at{static_cast<int64_t>(guess)};
  while (Local(at) >= local) at = at - 1ns;
  while (Local(at) < local) at = at + 1ns;
  return at;
}

Member MakeMember(uint64_t id) {
  return {NodeId(id), absl::StrCat("n", id), absl::StrCat("127.0.0.", id, ":8300")};
}

Configuration MakeConfiguration(size_t n) {
  Configuration configuration;
  for (uint64_t id = 1; id <= n; ++id) configuration.voters.push_back(MakeMember(id));
  return configuration;
}

Configuration MakeConfiguration(const std::vector<uint64_t>& voters,
                                const std::vector<uint64_t>& learners) {
  Configuration configuration;
  for (uint64_t id : voters) configuration.voters.push_back(MakeMember(id));
  for (uint64_t id : learners) configuration.learners.push_back(MakeMember(id));
  return configuration;
}

Message MakeMessage(uint64_t from, uint64_t to, uint64_t term, decltype(Message::body) body) {
  return Message{NodeId(from), NodeId(to), Term(term), std::move(body)};
}

std::vector<Entry> MakeLog(const Configuration& configuration, const std::vector<uint64_t>& terms) {
  std::vector<Entry> log;
  for (uint64_t term : terms) {
    Entry entry{.index = Index(log.size() + 1), .term = Term(term), .kind = EntryKind::kCommand};
    if (log.empty() && !configuration.empty()) {
      entry.kind = EntryKind::kConfiguration;
      entry.payload = MakePayload(configuration.Encode());
    }
    log.push_back(entry);
  }
  return log;
}

Recovered Server::Recover(Index applied) {
  Recovered recovered{.hard_state = hard_state};
  if (snapshot != nullptr) {
    recovered.snapshot = snapshot->point;
    const LogPosition last = snapshot->point.last;
    const Index end = base + entries.size();
    const bool holds = base == last.index || (base < last.index && last.index <= end &&
                                              entries[last.index - base - 1].term == last.term);
    if (!holds) {
      base = last.index;
      entries.clear();
    }
  }
  const Index least = recovered.snapshot.last.index;
  if (applied < least || state.size() < least.value) state = snapshot->state;
  recovered.applied = std::max(least, std::min(applied, base + entries.size()));
  KONSUL_CHECK(recovered.applied.value <= state.size());
  state.resize(recovered.applied.value);
  recovered.entries = entries;
  return recovered;
}

Server& Cluster::Add(NodeId id) {
  Server& server = servers_[id];
  server.id = id;
  return server;
}

void Cluster::Wipe(Server& server) {
  const NodeId id = server.id;
  const Clock clock = server.clock;
  server = Server{};
  server.id = id;
  server.clock = clock;
}

void Cluster::Start(Server& server, Index applied) {
  KONSUL_CHECK(!server.up());
  server.writes.clear();
  server.raft = std::make_unique<Raft>(server.id, options_, server.Recover(applied), Now(server));
  Settle(server);
}

void Cluster::Crash(Server& server) {
  server.raft.reset();
  server.writes.clear();
  server.reads.clear();
  server.failed_reads.clear();
}

void Cluster::Settle(Server& server) {
  server.raft->CheckInvariants();
  Pump(server);
  server.raft->CheckInvariants();
}

void Cluster::Pump(Server& server) {
  while (server.up() && server.raft->HasReady()) {
    Ready ready = server.raft->TakeReady(Now(server));
    KONSUL_CHECK(!ready.empty(), "HasReady, but there was nothing");
    for (Message& message : ready.messages) wire.push_back(std::move(message));
    if (ready.restore) {
      KONSUL_CHECK(server.installing != nullptr && server.installing->point.last == *ready.restore,
                   "restores what was not given");
      server.state = server.installing->state;
    }
    for (Entry& entry : ready.committed) {
      KONSUL_CHECK(entry.index.value == server.state.size() + 1, "applied out of order");
      KONSUL_CHECK(entry.index > server.base &&
                       entry.index - server.base <= server.entries.size() &&
                       server.entries[entry.index - server.base - 1] == entry,
                   "applied what is not durable");
      server.state.push_back(std::move(entry));
    }
    for (const NodeId peer : ready.snapshots) {
      KONSUL_CHECK(server.snapshot != nullptr, "a snapshot is wanted, and there is none");
      parcels.push_back({server.id, peer, server.raft->status().term, server.snapshot});
    }
    for (ReadState read : ready.reads) server.reads.push_back(read);
    for (uint64_t failed : ready.failed_reads) server.failed_reads.push_back(failed);
    Write write{.hard_state = ready.hard_state,
                .restore = ready.restore,
                .last = ready.LastPersisted(),
                .needs_persist = ready.NeedsPersist(),
                .since = server.clock.Local(now)};
    write.entries = std::move(ready.entries);
    write.after = std::move(ready.messages_after_persist);
    if (write.needs_persist || !write.after.empty()) server.writes.push_back(std::move(write));
    // With nothing under way there is nothing to wait for.
    while (!server.writes.empty() && !server.writes.front().needs_persist) PersistOne(server);
  }
}

void Cluster::ToDisk(Server& server, const Write& write) {
  if (write.hard_state) {
    KONSUL_CHECK(write.hard_state->term >= server.hard_state.term, "the disk's term goes back");
    server.hard_state = *write.hard_state;
  }
  if (write.restore) {
    server.base = write.restore->index;
    server.entries.clear();
  }
  if (write.compact && *write.compact > server.base) {
    const size_t gone = std::min<size_t>(*write.compact - server.base, server.entries.size());
    server.entries.erase(server.entries.begin(),
                         server.entries.begin() + static_cast<ptrdiff_t>(gone));
    server.base = server.base + gone;
  }
  if (write.entries.empty()) return;
  const Index first = write.entries.front().index;
  KONSUL_CHECK(first > server.base && first - server.base <= server.entries.size() + 1,
               "a gap in the disk's log");
  server.entries.resize(first - server.base - 1);
  server.entries.insert(server.entries.end(), write.entries.begin(), write.entries.end());
}

bool Cluster::PersistOne(Server& server) {
  if (server.writes.empty()) return false;
  Write write = std::move(server.writes.front());
  server.writes.pop_front();
  ToDisk(server, write);
  for (Message& message : write.after) wire.push_back(std::move(message));
  if (write.needs_persist) {
    server.raft->Persisted(Now(server), write.last.index, write.last.term);
    Settle(server);
  }
  // What waited only for its turn.
  while (!server.writes.empty() && !server.writes.front().needs_persist) PersistOne(server);
  return true;
}

void Cluster::PersistAll(Server& server) {
  while (PersistOne(server)) {
  }
}

void Cluster::Deliver(const Message& message) {
  auto receiver = servers_.find(message.to);
  if (receiver == servers_.end() || !receiver->second.up()) return;
  receiver->second.raft->Step(Now(receiver->second), message);
  Settle(receiver->second);
}

void Cluster::Deliver(const Parcel& parcel) {
  auto found = servers_.find(parcel.to);
  if (found != servers_.end() && found->second.up()) {
    Server& receiver = found->second;
    const SnapshotPoint& point = parcel.snapshot->point;
    // It is durable before the core hears of it.
    if (receiver.snapshot == nullptr || receiver.snapshot->point.last.index < point.last.index) {
      receiver.snapshot = parcel.snapshot;
    }
    receiver.installing = parcel.snapshot;
    receiver.raft->InstallSnapshot(Now(receiver), parcel.from, parcel.term, point);
    Settle(receiver);
  }
  GiveUp(parcel);
}

void Cluster::GiveUp(const Parcel& parcel) {
  auto found = servers_.find(parcel.from);
  if (found == servers_.end() || !found->second.up()) return;
  found->second.raft->SnapshotEnded(Now(found->second), parcel.to);
  Settle(found->second);
}

void Cluster::Tick(Server& server) {
  server.raft->Tick(Now(server));
  Settle(server);
}

void Cluster::TakeSnapshot(Server& server, Index upto) {
  const Index at(server.state.size());
  KONSUL_CHECK(upto <= at);
  if (server.snapshot == nullptr || server.snapshot->point.last.index < at) {
    server.snapshot =
        std::make_shared<const Snapshot>(Snapshot{server.raft->PointAt(at), server.state});
  }
  server.raft->Compact(upto);
  server.writes.push_back({.compact = upto});
  Settle(server);
  while (!server.writes.empty() && !server.writes.front().needs_persist) PersistOne(server);
}

uint64_t Cluster::NextDraw() { return Mix64(++draws_ * 0x9e3779b97f4a7c15ULL); }

Instant Cluster::DeadlineOf(const Server& server) const {
  return server.clock.True(server.raft->NextDeadline());
}

Server* Cluster::Leader() {
  Server* leader = nullptr;
  for (auto& [id, server] : servers_) {
    if (!server.up() || server.raft->status().role != Role::kLeader) continue;
    if (leader == nullptr || server.raft->status().term > leader->raft->status().term) {
      leader = &server;
    }
  }
  return leader;
}

Instant Cluster::NextDeadline() {
  Instant next = Instant::Never();
  for (auto& [id, server] : servers_) {
    if (server.up()) next = std::min(next, DeadlineOf(server));
  }
  return next;
}

bool Cluster::DeliverEverything() {
  if (wire.empty() && parcels.empty()) return false;
  for (const Message& message : std::exchange(wire, {})) {
    if (cut.count({message.from, message.to}) == 0) Deliver(message);
  }
  for (const Parcel& parcel : std::exchange(parcels, {})) {
    if (cut.count({parcel.from, parcel.to}) == 0) {
      Deliver(parcel);
    } else {
      GiveUp(parcel);
    }
  }
  return true;
}

void Cluster::RunUntil(Instant end) {
  while (true) {
    for (auto& [id, server] : servers_) {
      if (server.up() && slow.count(id) == 0) PersistAll(server);
    }
    if (DeliverEverything()) {
      now = now + 100us;
      continue;
    }
    const Instant next = NextDeadline();
    if (now >= end || next > end) break;
    now = std::max(now, next);
    for (auto& [id, server] : servers_) {
      if (server.up() && DeadlineOf(server) <= now) Tick(server);
    }
  }
  now = std::max(now, end);
}

}  // namespace konsul::raft::testing
