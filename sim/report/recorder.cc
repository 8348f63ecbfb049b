#include "sim/report/recorder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/report/conclusions.h"

namespace konsul::report {
namespace {

// What every batch of work is checked for (sim/cluster/oracles.h).
constexpr absl::string_view kCheckedAtReady[] = {"election-safety",
                                                 "log-matching",
                                                 "leader-completeness",
                                                 "state-machine-safety",
                                                 "monotonicity",
                                                 "configuration-safety",
                                                 "quorums"};

Mark::Kind KindOf(LogLevel level) {
  if (level >= LogLevel::kError) return Mark::Kind::kError;
  return level == LogLevel::kWarn ? Mark::Kind::kWarning : Mark::Kind::kLog;
}

}  // namespace

void Recorder::Begin(std::function<sim::Time()> now, size_t servers,
                     std::vector<std::string> hosts) {
  now_ = std::move(now);
  hosts_ = std::move(hosts);
  recording_.servers.resize(servers);
  for (size_t i = 0; i < servers; ++i) {
    recording_.servers[i].name = hosts_[i];
    SetState(i, State::kDown, 0);
  }
}

void Recorder::SetState(size_t server, State state, uint64_t term) {
  auto& spans = recording_.servers[server].spans;
  if (!spans.empty() && spans.back().state == state && spans.back().term == term) return;
  // What lasted no time at all is not shown.
  if (!spans.empty() && spans.back().begin == Now()) spans.pop_back();
  if (!spans.empty() && spans.back().state == state && spans.back().term == term) return;
  spans.push_back({Now(), state, term});
}

void Recorder::SetProgress(size_t server, const raft::Status& status) {
  auto& progress = recording_.servers[server].progress;
  Progress now{Now(), status.last_index.value, status.durable_index.value, status.commit.value,
               progress.empty() ? 0 : progress.back().applied};
  if (!progress.empty()) {
    const Progress& last = progress.back();
    if (now.last == last.last && now.durable == last.durable && now.commit == last.commit) return;
    if (last.at == now.at) progress.pop_back();
  }
  progress.push_back(now);
}

void Recorder::OnDown(size_t server) {
  SetState(server, State::kDown, 0);
  for (const auto& [id, number] : server_of_) {
    if (number != server) continue;
    messages_.OnDown(id);
    calls_.OnDown(Now(), id);
  }
}

void Recorder::OnStart(size_t server, const raft::Status& status) {
  server_of_[status.id] = server;
  SetState(server, static_cast<State>(status.role), status.term.value);
  SetProgress(server, status);
  SetApplied(server, status.applied);  // the tables begin with what the snapshot holds
}

void Recorder::OnReady(size_t server, const raft::Status& status, const raft::Ready& ready) {
  SetState(server, static_cast<State>(status.role), status.term.value);
  SetProgress(server, status);
  messages_.OnReady(status.id, Now(), ready);
  for (const absl::string_view oracle : kCheckedAtReady) OnChecked(oracle);
  for (const NodeId to : ready.snapshots) {
    const auto it = server_of_.find(to);
    const std::string name = it == server_of_.end() ? ToHex(to.value) : hosts_[it->second];
    recording_.marks.push_back(
        {Now(), Mark::Kind::kSnapshot, hosts_[server], absl::StrCat("a snapshot goes to ", name)});
  }
  if (ready.restore.has_value()) {
    recording_.marks.push_back(
        {Now(), Mark::Kind::kSnapshot, hosts_[server],
         absl::StrCat("installs a snapshot up to ", ready.restore->index.value)});
  }
}

void Recorder::OnPersisted(size_t server, const raft::Status& status) {
  SetProgress(server, status);
  messages_.OnPersisted(status.id, Now());
  OnChecked("durability");
}

void Recorder::OnApplied(size_t server, Index applied) {
  OnChecked("state-digest");
  SetApplied(server, applied);
}

void Recorder::SetApplied(size_t server, Index applied) {
  auto& progress = recording_.servers[server].progress;
  if (progress.empty() || progress.back().applied == applied.value) return;
  if (progress.back().at != Now()) {
    progress.push_back(progress.back());
    progress.back().at = Now();
  }
  progress.back().applied = applied.value;
}

std::string Recorder::HostName(sim::HostId host) const {
  return host.value == 0 || host.value > hosts_.size() ? "" : hosts_[host.value - 1];
}

void Recorder::OnTrace(const sim::TraceRecord& record) {
  switch (record.kind) {
    case sim::EventKind::kReset:
    case sim::EventKind::kHeld:
    case sim::EventKind::kDrop:
    case sim::EventKind::kDiskFault:
    case sim::EventKind::kProcess:
    case sim::EventKind::kClock:
    case sim::EventKind::kLink:
      break;
    default:
      return;  // too many of them; what they mean for servers and clients is shown instead
  }
  recording_.marks.push_back({record.time.ns, Mark::Kind::kWorld, HostName(record.host),
                              absl::StrCat(sim::EventKindName(record.kind), ": ", record.detail)});
}

void Recorder::OnLog(const sim::LogLine& line) {
  recording_.marks.push_back({line.time.ns, KindOf(line.level), HostName(line.host),
                              absl::StrCat(line.component, ": ", line.message,
                                           line.fields.empty() ? "" : " ", line.fields)});
}

void Recorder::OnFindings(const std::vector<checkers::Finding>& findings) {
  while (recording_.findings.size() < findings.size()) {
    const checkers::Finding& finding = findings[recording_.findings.size()];
    recording_.findings.push_back({Now(), finding.oracle, finding.text, {}, {}, {}});
  }
}

void Recorder::Finish(sim::Time faults_began, const std::vector<chaos::Injection>& schedule,
                      const checkers::History& history, std::vector<std::string> lanes,
                      const std::map<std::string, std::string>& names) {
  recording_.end = Now();
  recording_.lanes = std::move(lanes);
  const auto server_of = [this](NodeId id) -> int64_t {
    const auto it = server_of_.find(id);
    return it == server_of_.end() ? -1 : static_cast<int64_t>(it->second);
  };
  recording_.messages = messages_.Take(server_of);
  calls_.Take(recording_.end, server_of, recording_);
  std::stable_sort(recording_.marks.begin(), recording_.marks.end(),
                   [](const Mark& a, const Mark& b) { return a.at < b.at; });
  recording_.faults = FaultsOf(schedule, faults_began.ns, recording_.end);
  recording_.operations = OperationsOf(history, recording_.end);
  for (OperationRecord& op : recording_.operations) {
    if (const auto it = names.find(op.server); it != names.end()) op.server = it->second;
  }
  // A server by its name, by the ids that it had, and by its address.
  std::map<std::string, size_t> known;
  for (size_t i = 0; i < recording_.servers.size(); ++i) known[recording_.servers[i].name] = i;
  for (const auto& [address, name] : names) {
    if (const auto it = known.find(name); it != known.end()) {
      recording_.servers[it->second].address = address;
      known.emplace(address, it->second);
    }
  }
  for (const auto& [id, server] : server_of_) {
    known[ToHex(id.value)] = server;
    recording_.servers[server].ids.push_back(ToHex(id.value));
  }
  for (FindingRecord& finding : recording_.findings) Link(finding, known, history);
  ExplainLosses(recording_);
}

}  // namespace konsul::report
