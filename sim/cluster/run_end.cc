// The end of a run: what servers need that have nothing to do (sim/checkers/resources.h), and what
// their disks make of empty tables (sim/checkers/state_digest.h).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/checkers/resources.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {
namespace {

// Connections that nobody uses end in it, and snapshots that are due are written.
constexpr Duration kIdleLimit = 180s;
constexpr Duration kLookEvery = 1s;
constexpr uint64_t kOneIn = 8;  // runs
constexpr Duration kRebuildLimit = 60s;
// While a snapshot is written, the log goes on.
constexpr uint64_t kEntriesMeanwhile = 4096;
// Hardly filled ones, that the log has in addition when it goes on in its next segment early.
constexpr uint64_t kEarlySegments = 8;
// Of an entry and of a row, beside the value.
constexpr uint64_t kOverhead = 1024;

checkers::ResourceLimits LimitsOf(const chaos::Experiment& experiment, const Tunables& tunables,
                                  size_t servers) {
  const size_t peers = servers - 1;
  checkers::ResourceLimits limits;
  for (const char* one : {"applier", "consistent-reads", "default-reads", "expirer", "failure",
                          "http-server", "log-writer", "main", "membership", "raft", "registrar",
                          "rpc-server", "snapshot-taker", "wal-compaction", "wal-segments"}) {
    limits.fibers[one] = 1;
  }
  for (const char* each : {"peer", "rpc-in", "rpc-in-writer", "rpc-out-ping", "rpc-out-writer"}) {
    limits.fibers[each] = peers;
  }
  limits.connections = servers * peers;
  limits.log_entries =
      tunables.snapshots.entries_max + tunables.snapshots.trailing_entries + kEntriesMeanwhile;
  uint64_t value_max = 0;
  uint64_t keys = 0;
  for (const chaos::Workload& workload : experiment.workloads) {
    value_max = std::max<uint64_t>(value_max, workload.value_size.high);
    keys += workload.keys;
  }
  const bool early = tunables.buggify[static_cast<size_t>(BuggifySite::kEarlySegment)] > 0;
  limits.disk_bytes = (early ? 4 + kEarlySegments : 4) * tunables.wal_segment_bytes +
                      (limits.log_entries + 2 * keys) * (value_max + kOverhead);
  return limits;
}

}  // namespace

void Run::CheckResources() {
  // Where nobody can promise that it works again, clients may still be waiting for it.
  if (!world_.Fork("resources").Chance(1, kOneIn) || !cluster_.AllClientsEnded()) return;
  RecordPhase("servers are idle");
  RecordCheck("resources");
  size_t deployed = 0;
  for (const auto& server : cluster_.servers()) deployed += server->deployed() ? 1 : 0;
  if (deployed == 0) return;
  const checkers::ResourceLimits limits = LimitsOf(experiment_, tunables_, deployed);
  const auto too_much = [&] {
    std::vector<checkers::ServerResources> servers;
    for (const auto& server : cluster_.servers()) {
      if (!server->serving()) continue;
      checkers::ServerResources one{server->name(), server->host().FiberNames(),
                                    server->observer().log_entries(), server->host().disk().used()};
      for (std::string& fiber : one.fibers) {
        if (absl::StartsWith(fiber, "peer-")) fiber = "peer";
      }
      servers.push_back(std::move(one));
    }
    return checkers::WhatIsTooMuch(servers, world_.network().open_connections(), limits);
  };
  const sim::Time end = world_.now() + kIdleLimit;
  while (!failed() && world_.now() < end && !too_much().empty()) world_.RunFor(kLookEvery);
  if (failed()) return;
  const std::string what = too_much();
  if (!what.empty()) {
    Fail("resources", absl::StrCat("after ", ToSeconds(kIdleLimit), " s without clients ", what));
  }
  ++probes_["resources-checked"];
}

void Run::RebuildStates() {
  if (!experiment_.Checks("state-digest")) return;
  RecordPhase("states are rebuilt");
  RecordCheck("state-digest");
  std::vector<const ServerHost*> rebuilt;
  for (const auto& server : cluster_.servers()) {
    if (!server->serving() || server->damaged()) continue;
    server->Rebuild(oracles_.digests);
    rebuilt.push_back(server.get());
  }
  const auto over = [](const ServerHost* server) { return !server->host().running(); };
  const bool ended = world_.RunUntilTrue(
      [&] { return failed() || std::all_of(rebuilt.begin(), rebuilt.end(), over); }, kRebuildLimit);
  for (const ServerHost* server : rebuilt) {
    if (failed() || (ended && server->rebuild_failure().ok())) continue;
    Fail("state-digest", absl::StrCat(server->name(), "'s state cannot be rebuilt: ",
                                      ended ? server->rebuild_failure().ToString() : "no end"));
  }
  probes_["states-rebuilt"] = rebuilt.size();
}

void Run::IgnoreOracles() {
  for (const std::string& name : chaos::InvariantNames()) {
    if (!experiment_.Checks(name)) oracles_.findings.Ignore(name);
  }
  // Damage to any copy explains these.
  for (const char* name : {"liveness", "durability", "no-lost-acked-writes", "watch-completeness",
                           "stream-completeness", "lock-exclusion", "session-expiry",
                           "txn-atomicity", "restore-safety"}) {
    if (experiment_.blast_radius.damage_anywhere) oracles_.findings.Ignore(name);
  }
}

}  // namespace konsul::cluster
