#include "core/api/metrics.h"

#include "core/api/blocking.h"
#include "core/api/membership.h"
#include "core/base/status.h"

namespace konsul::api {
namespace {

using server::ServerStats;

class Collector {
 public:
  void Gauge(std::string name, std::string help, double value) {
    Add(std::move(name), std::move(help), MetricType::kGauge, {{.value = value}});
  }
  void Gauges(std::string name, std::string help, std::vector<Sample> samples) {
    Add(std::move(name), std::move(help), MetricType::kGauge, std::move(samples));
  }
  void Counter(std::string name, std::string help, uint64_t value) {
    Add(std::move(name), std::move(help), MetricType::kCounter,
        {{.value = static_cast<double>(value)}});
  }
  // NAME_seconds, and NAME_max_seconds for the longest.
  void Timing(const std::string& name, const std::string& what, const server::Timing& timing) {
    Add(name + "_seconds", what + ".", MetricType::kSummary,
        {{.value = ToSeconds(timing.sum), .count = timing.count}});
    Gauge(name + "_max_seconds", what + ": the longest since the start.", ToSeconds(timing.max));
  }

  std::vector<Metric> Take() { return std::move(metrics_); }

 private:
  void Add(std::string name, std::string help, MetricType type, std::vector<Sample> samples) {
    metrics_.push_back({std::move(name), std::move(help), type, std::move(samples)});
  }

  std::vector<Metric> metrics_;
};

double Value(Index index) { return static_cast<double>(index.value); }

void AddState(const ServerStats& stats, Collector& out) {
  std::vector<Sample> states;
  for (const raft::Role role : {raft::Role::kFollower, raft::Role::kPreCandidate,
                                raft::Role::kCandidate, raft::Role::kLeader}) {
    states.push_back({.labels = {{"state", std::string(raft::RoleName(role))}},
                      .value = stats.role == role ? 1.0 : 0.0});
  }
  out.Gauges("konsul_raft_state", "1 for the state that this server is in, 0 for the others.",
             std::move(states));
  out.Gauge("konsul_raft_term", "The current term.", static_cast<double>(stats.term.value));
  out.Counter("konsul_raft_leader_changes_total", "Changes of leader that this server has seen.",
              stats.leader_changes);
  out.Counter("konsul_raft_elections_total", "Elections that this server has stood in.",
              stats.elections);
  out.Gauge("konsul_raft_leader_last_contact_seconds",
            "Time since this server heard from the leader; 0 on it.",
            ToSeconds(stats.last_contact));
}

void AddLog(const ServerStats& stats, Collector& out) {
  out.Gauge("konsul_raft_last_index", "The last entry of this server's log.",
            Value(stats.last_index));
  out.Gauge("konsul_raft_commit_index", "The last entry known to be committed.",
            Value(stats.commit));
  out.Gauge("konsul_raft_applied_index", "The last entry applied to this server's state.",
            Value(stats.applied));
  out.Gauge("konsul_raft_durable_index", "The last entry that is durable on this server.",
            Value(stats.durable));
  out.Gauge("konsul_raft_log_base_index", "The log begins behind this entry.",
            Value(stats.log_base));
  out.Counter("konsul_raft_log_entries_total", "Entries written to this server's log.",
              stats.log_entries);
  out.Gauge("konsul_raft_uncommitted_bytes", "Proposed on this server and not committed yet.",
            static_cast<double>(stats.uncommitted_bytes));
  out.Counter("konsul_raft_rejected_proposals_total",
              "Proposals that were refused because too much was under way.",
              stats.rejected_proposals);
  out.Timing("konsul_raft_commit_time", "Time from proposal to commit, on the leader",
             stats.commit_time);
  out.Timing("konsul_raft_apply_time", "Time to apply one batch of entries", stats.apply_time);
  out.Timing("konsul_raft_sync_time", "Time to make one batch of the log durable", stats.sync_time);
}

void AddSnapshots(const ServerStats& stats, Collector& out) {
  out.Gauge("konsul_raft_snapshot_index", "The last entry that the latest snapshot covers.",
            Value(stats.snapshot_index));
  out.Gauge("konsul_raft_snapshot_size_bytes", "The size of the latest snapshot.",
            static_cast<double>(stats.snapshot_bytes));
  out.Timing("konsul_raft_snapshot_time", "Time to write one snapshot", stats.snapshot_time);
  out.Counter("konsul_raft_snapshot_sent_total", "Snapshots sent to followers, complete.",
              stats.snapshots_sent);
  out.Counter("konsul_raft_snapshot_installed_total", "Snapshots taken over from a leader.",
              stats.snapshots_installed);
}

void AddMembers(const server::Membership& members, Collector& out) {
  uint64_t voters = 0;
  std::vector<Sample> lags;
  std::vector<Sample> contacts;
  for (const server::Peer& peer : members.peers) {
    if (peer.voter) ++voters;
    if (!peer.progress.has_value()) continue;
    const Index match = peer.progress->match;
    const uint64_t lag = match < members.last_index ? members.last_index - match : 0;
    const decltype(Sample::labels) labels = {{"peer", ToHex(peer.member.id.value)},
                                             {"node", peer.member.name}};
    lags.push_back({.labels = labels, .value = static_cast<double>(lag)});
    contacts.push_back({.labels = labels, .value = ToSeconds(peer.progress->last_contact)});
  }
  out.Gauges("konsul_raft_members", "Servers in the configuration, by whether they vote.",
             {{.labels = {{"voter", "true"}}, .value = static_cast<double>(voters)},
              {.labels = {{"voter", "false"}},
               .value = static_cast<double>(members.peers.size() - voters)}});
  out.Gauges("konsul_raft_replication_lag_entries",
             "Entries of the leader's log that a follower does not have durably; on the leader.",
             std::move(lags));
  out.Gauges("konsul_raft_peer_last_contact_seconds",
             "Time since a follower answered; on the leader.", std::move(contacts));
}

void AddHttp(const HttpLoad& http, Collector& out) {
  out.Gauge("konsul_http_connections", "Open connections of clients, with the parked ones.",
            static_cast<double>(http.connections));
  out.Gauge(
      "konsul_http_parked_connections",
      "Connections that wait without a fiber: for a change, or for the next request of a client "
      "that waited once.",
      static_cast<double>(http.parked));
  out.Gauge("konsul_http_request_bytes", "Memory for requests that arrive or are being answered.",
            static_cast<double>(http.request_bytes));
  out.Counter("konsul_http_accepted_connections_total", "Connections that were accepted.",
              http.accepted);
  out.Counter("konsul_http_refused_connections_total",
              "Connections that were refused or ended because of a limit.", http.refused);
  out.Counter("konsul_http_requests_total", "Well-formed requests.", http.requests);
  out.Counter("konsul_http_malformed_requests_total", "Requests that were not HTTP as it must be.",
              http.malformed);
  out.Counter("konsul_http_timed_out_requests_total", "Requests that did not arrive in time.",
              http.timed_out);
}

}  // namespace

absl::StatusOr<std::vector<Metric>> Metrics(const Context& context) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members, Members(context, true));
  const ServerStats stats = context.cluster.Stats();
  Collector out;
  AddState(stats, out);
  AddMembers(members, out);
  AddLog(stats, out);
  AddSnapshots(stats, out);
  if (context.blocking != nullptr) {
    out.Gauge("konsul_blocking_queries", "Reads that wait for a change.",
              static_cast<double>(context.blocking->waiting()));
  }
  if (context.http_load != nullptr) AddHttp(context.http_load(), out);
  return out.Take();
}

}  // namespace konsul::api
