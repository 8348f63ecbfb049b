#include "core/raft/cluster_support.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/hash.h"

namespace konsul::raft::testing {

Configuration MakeConfiguration(size_t n) {
  Configuration configuration;
  for (uint64_t id = 1; id <= n; ++id) {
    configuration.voters.push_back(
        {NodeId(id), absl::StrCat("n", id), absl::StrCat("127.0.0.", id, ":8300")});
  }
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

Server& Cluster::Add(NodeId id) {
  Server& server = servers_[id];
  server.id = id;
  return server;
}

void Cluster::Start(Server& server, Index applied) {
  KONSUL_CHECK(!server.up());
  KONSUL_CHECK(applied.value <= server.state.size());
  server.state.resize(applied.value);
  server.writes.clear();
  Recovered recovered{server.hard_state, server.entries, applied};
  server.raft = std::make_unique<Raft>(server.id, options_, std::move(recovered), Now());
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
    Ready ready = server.raft->TakeReady(Now());
    KONSUL_CHECK(!ready.empty(), "HasReady, but there was nothing");
    for (Message& message : ready.messages) wire.push_back(std::move(message));
    for (Entry& entry : ready.committed) {
      KONSUL_CHECK(entry.index.value == server.state.size() + 1, "applied out of order");
      KONSUL_CHECK(entry.index.value <= server.entries.size() &&
                       server.entries[entry.index.value - 1] == entry,
                   "applied what is not durable");
      server.state.push_back(std::move(entry));
    }
    for (ReadState read : ready.reads) server.reads.push_back(read);
    for (uint64_t failed : ready.failed_reads) server.failed_reads.push_back(failed);
    const bool needs_persist = ready.NeedsPersist();
    if (needs_persist || !ready.messages_after_persist.empty()) {
      server.writes.push_back({ready.hard_state, std::move(ready.entries),
                               std::move(ready.messages_after_persist), needs_persist});
    }
    // With nothing under way there is nothing to wait for.
    while (!server.writes.empty() && !server.writes.front().needs_persist) PersistOne(server);
  }
}

void Cluster::ToDisk(Server& server, const Write& write) {
  if (write.hard_state) {
    KONSUL_CHECK(write.hard_state->term >= server.hard_state.term, "the disk's term goes back");
    server.hard_state = *write.hard_state;
  }
  if (write.entries.empty()) return;
  const uint64_t first = write.entries.front().index.value;
  KONSUL_CHECK(first >= 1 && first <= server.entries.size() + 1, "a gap in the disk's log");
  server.entries.resize(first - 1);
  for (const Entry& entry : write.entries) server.entries.push_back(entry);
}

bool Cluster::PersistOne(Server& server) {
  if (server.writes.empty()) return false;
  Write write = std::move(server.writes.front());
  server.writes.pop_front();
  ToDisk(server, write);
  for (Message& message : write.after) wire.push_back(std::move(message));
  if (write.needs_persist) {
    const bool has_entries = !write.entries.empty();
    const Index index = has_entries ? write.entries.back().index : Index(0);
    const Term term = has_entries ? write.entries.back().term : Term(0);
    server.raft->Persisted(Now(), index, term);
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
  receiver->second.raft->Step(Now(), message);
  Settle(receiver->second);
}

void Cluster::Tick(Server& server) {
  server.raft->Tick(Now());
  Settle(server);
}

uint64_t Cluster::NextDraw() { return Mix64(++draws_ * 0x9e3779b97f4a7c15ULL); }

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
    if (server.up()) next = std::min(next, server.raft->NextDeadline());
  }
  return next;
}

void Cluster::RunUntil(Instant end) {
  while (true) {
    for (auto& [id, server] : servers_) {
      if (server.up()) PersistAll(server);
    }
    if (!wire.empty()) {
      std::vector<Message> batch = std::exchange(wire, {});
      for (const Message& message : batch) {
        if (cut.count({message.from, message.to}) == 0) Deliver(message);
      }
      now = now + 100us;
      continue;
    }
    const Instant next = NextDeadline();
    if (now >= end || next > end) break;
    now = std::max(now, next);
    for (auto& [id, server] : servers_) {
      if (server.up() && server.raft->NextDeadline() <= now) Tick(server);
    }
  }
  now = std::max(now, end);
}

}  // namespace konsul::raft::testing
