#include "sim/cluster/tunables.h"

#include <initializer_list>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "chaos/values.h"

namespace konsul::cluster {
namespace {

template <typename T>
T OneOf(std::initializer_list<T> choices, env::Random& random) {
  return *(choices.begin() + random.Below(choices.size()));
}

// Half of the runs cut their logs all the time, and what is behind is behind the log's start.
server::SnapshotOptions DrawSnapshots(Duration latency, env::Random random) {
  server::SnapshotOptions options;
  if (random.Chance(1, 4)) return options;
  options.entries_max = OneOf<uint64_t>({1, 10, 50, 200, 1000}, random);
  options.bytes_max = OneOf<uint64_t>({1 << 10, 64 << 10, 256 << 20}, random);
  options.trailing_entries = OneOf<uint64_t>({0, 0, 5, 50, 20'000}, random);
  // Else the log may be gone again whenever a follower has its snapshot.
  if (options.entries_max < 1000 || options.bytes_max <= 64 << 10) {
    options.trailing_entries += 20;
    options.trailing_bytes += 512 << 10;
  }
  options.trailing_bytes = OneOf<uint64_t>({0, 64 << 10, 32 << 20}, random);
  // A piece takes a round trip.
  options.chunk_bytes = OneOf<size_t>({64, 1000, 4096, 256 << 10}, random);
  if (latency >= 1ms) options.chunk_bytes += 1000;
  options.send_bytes_per_second = OneOf<uint64_t>({100 << 10, 64 << 20, 64 << 20}, random);
  options.chunk_timeout = OneOf<Duration>({200ms, 1s, 10s}, random);
  options.retry_pause = OneOf<Duration>({10ms, 100ms, 500ms}, random);
  return options;
}

void DrawLeases(std::optional<bool> asked, env::Random random, raft::Options& options) {
  const bool on = asked.has_value() ? *asked : random.Chance(2, 3);
  if (!on) options.lease_promise = Duration::zero();
  if (on) options.lease_promise = options.election_timeout / OneOf<int>({1, 1, 2, 4}, random);
}

// In some runs a handful of writes is too many.
void DrawLimits(env::Random random, raft::Options& options) {
  if (random.Chance(1, 8)) options.uncommitted_entries_max = 1 + random.Below(4);
}

raft::Options DrawRaft(Duration election_timeout, env::Random& random) {
  raft::Options options;
  options.election_timeout = election_timeout;
  options.heartbeat_interval = election_timeout / OneOf<int>({3, 5, 10}, random);
  if (random.Chance(1, 3)) {
    // One entry per round trip: followers stay between two entries for long (paper, figure 8).
    options.append_entries_max = 1;
    options.inflight_max = 1;
    return options;
  }
  options.append_entries_max = OneOf<size_t>({1, 2, 1024, 1024}, random);
  options.append_bytes_max = OneOf<size_t>({1, 4096, 1 << 20}, random);
  options.inflight_max = OneOf<size_t>({1, 2, 256}, random);
  return options;
}

template <typename T, typename U>
void Set(T& value, const std::optional<U>& pinned) {
  if (pinned.has_value()) value = static_cast<T>(*pinned);
}

void Pin(const chaos::Pins& pins, Tunables& out) {
  Set(out.network.latency.base, pins.latency);
  Set(out.network.latency.jitter, pins.latency);
  if (pins.fsync.has_value()) out.disk.sync.base = *pins.fsync / 2;
  Set(out.disk.sync.jitter, pins.fsync);
  for (raft::Options& options : out.raft) {
    Set(options.election_timeout, pins.election_timeout);
    Set(options.heartbeat_interval, pins.heartbeat_interval);
    Set(options.lease_promise, pins.lease_promise);
    Set(options.append_entries_max, pins.append_entries_max);
    Set(options.inflight_max, pins.inflight_max);
  }
  Set(out.network.dial_timeout, pins.dial_timeout);
  Set(out.network.stall_timeout, pins.stall_timeout);
  Set(out.network.accept_failure_ppm, pins.accept_failure);
  Set(out.network.kill_fin_ppm, pins.kill_fin);
  Set(out.network.short_read_ppm, pins.short_read);
  Set(out.network.short_segment_ppm, pins.short_segment);
  Set(out.wal_segment_bytes, pins.segment_bytes);
  Set(out.snapshots.entries_max, pins.snapshot_entries);
  Set(out.snapshots.trailing_entries, pins.trailing_entries);
  Set(out.snapshots.chunk_bytes, pins.chunk_bytes);
}

// Half of the runs do without; in the others a quarter of the sites is armed.
void DrawBuggify(const chaos::Experiment& experiment, env::Random random, Tunables& out) {
  const bool on = experiment.buggify.value_or(experiment.swarm && random.Chance(1, 2));
  for (size_t i = 0; i < kBuggifySites; ++i) {
    const char* name = BuggifyName(static_cast<BuggifySite>(i));
    env::Random draw = random.Fork(name);
    const bool armed = draw.Chance(1, 4);
    const auto ppm = OneOf<uint32_t>({1'000, 10'000, 100'000, 500'000}, draw);
    if (on && armed) out.buggify[i] = ppm;
    const auto pinned = experiment.buggify_sites.find(name);
    if (pinned != experiment.buggify_sites.end()) out.buggify[i] = pinned->second;
  }
}

// As patient as an impatient caller's own time-outs, or as Linux is.
void DrawNetwork(env::Random random, sim::NetworkOptions& out) {
  out.dial_timeout = OneOf<Duration>({1s, 5s, 15s}, random);
  out.short_read_ppm = OneOf<uint32_t>({0, 50'000, 500'000}, random);
  out.short_segment_ppm = OneOf<uint32_t>({0, 50'000, 500'000}, random);
}

void Draw(const chaos::Experiment& experiment, env::Random random, Tunables& out) {
  const Duration latency = OneOf<Duration>({50us, 300us, 1ms, 5ms, 15ms}, random);
  out.network.latency.base = latency;
  out.network.latency.jitter = latency * static_cast<int64_t>(random.Below(3));
  out.network.latency.tail_max = OneOf<Duration>({1ms, 20ms, 200ms}, random);
  const Duration sync = OneOf<Duration>({100us, 1ms, 5ms, 20ms}, random);
  out.disk.sync.base = sync / 4;
  out.disk.sync.jitter = sync;
  out.disk.sync.tail_max = OneOf<Duration>({5ms, 50ms, 300ms}, random);
  out.network.kill_fin_ppm = OneOf<uint32_t>({0, 500'000, 1'000'000}, random);
  out.network.stall_timeout = OneOf<Duration>({1s, 4s, 15s}, random);
  out.network.accept_failure_ppm = OneOf<uint32_t>({0, 0, 20'000}, random);

  // An election needs some round trips with a sync each to come to its end.
  const Duration floor = (latency * 3 + sync) * 4;
  Duration election = OneOf<Duration>({60ms, 150ms, 200ms, 400ms}, random);
  if (election < floor) election = floor;
  raft::Options common = DrawRaft(election, random);
  DrawLeases(experiment.leases, random.Fork("leases"), common);
  DrawLimits(random.Fork("limits"), common);
  common.disk_stall_timeout = OneOf<Duration>({500ms, 1s, 3s}, random);
  out.snapshots = DrawSnapshots(latency, random.Fork("snapshots"));
  const bool uneven = random.Chance(1, 3);
  for (raft::Options& options : out.raft) {
    options = common;
    // A server configured unlike the others may cost availability, never safety.
    // What a server promises to leaders is no part of that: leases rely on it being the same.
    if (uneven) options.election_timeout = election * OneOf<int>({1, 1, 2, 4}, random);
  }
  out.wal_segment_bytes = OneOf<uint64_t>({8 << 10, 64 << 10, 1 << 20}, random);
  out.client_timeout = OneOf<Duration>({500ms, 2s, 5s}, random);
  out.faults_from_the_start = random.Chance(1, 5);
}

}  // namespace

Tunables DrawTunables(const chaos::Experiment& experiment, env::Random random) {
  Tunables out;
  const uint32_t servers = experiment.datacenter.servers + experiment.datacenter.spares;
  out.network.latency.base = experiment.defaults.latency;
  out.network.latency.jitter = experiment.defaults.jitter;
  out.disk.capacity = experiment.defaults.disk_size;
  out.disk.sync.base = experiment.defaults.fsync / 4;
  out.disk.sync.jitter = experiment.defaults.fsync;
  out.raft.resize(servers);
  for (raft::Options& options : out.raft) {
    if (experiment.leases == false) options.lease_promise = Duration::zero();
  }
  if (experiment.swarm) {
    Draw(experiment, random, out);
    DrawNetwork(random.Fork("network"), out.network);
  }
  DrawBuggify(experiment, random.Fork("buggify"), out);
  Pin(experiment.pins, out);
  return out;
}

std::string Tunables::ToString() const {
  const raft::Options& first = raft.front();
  std::string armed;
  for (size_t i = 0; i < kBuggifySites; ++i) {
    if (buggify[i] == 0) continue;
    absl::StrAppend(&armed, armed.empty() ? ", buggify " : " ",
                    BuggifyName(static_cast<BuggifySite>(i)), "=", buggify[i], "ppm");
  }
  return absl::StrCat(
      "latency ", chaos::FormatDuration(network.latency.base), "+",
      chaos::FormatDuration(network.latency.jitter), " (tail ",
      chaos::FormatDuration(network.latency.tail_max), "), sync ",
      chaos::FormatDuration(disk.sync.base), "+", chaos::FormatDuration(disk.sync.jitter),
      " (tail ", chaos::FormatDuration(disk.sync.tail_max), "), election ",
      chaos::FormatDuration(first.election_timeout), ", heartbeat ",
      chaos::FormatDuration(first.heartbeat_interval), ", append max ", first.append_entries_max,
      " entries ", first.append_bytes_max, " bytes, in flight ", first.inflight_max,
      ", segments of ", wal_segment_bytes, " bytes, client time-out ",
      chaos::FormatDuration(client_timeout), ", lease promise ",
      chaos::FormatDuration(first.lease_promise), ", disk stall ",
      chaos::FormatDuration(first.disk_stall_timeout), ", a snapshot every ", snapshots.entries_max,
      " entries or ", snapshots.bytes_max, " bytes, keeping ", snapshots.trailing_entries,
      " entries and ", snapshots.trailing_bytes, " bytes, chunks of ", snapshots.chunk_bytes,
      ", dial time-out ", chaos::FormatDuration(network.dial_timeout), ", short reads ",
      network.short_read_ppm, "ppm", armed);
}

}  // namespace konsul::cluster
