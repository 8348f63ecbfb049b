#include "sim/cluster/tunables.h"

#include <algorithm>
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

void PinRaft(const chaos::Pins& pins, Tunables& out) {
  for (size_t i = 0; i < out.raft.size(); ++i) {
    raft::Options& options = out.raft[i];
    if (i < pins.election_timeouts.size()) options.election_timeout = pins.election_timeouts[i];
    Set(options.election_timeout, pins.election_timeout);
    Set(options.heartbeat_interval, pins.heartbeat_interval);
    Set(options.lease_promise, pins.lease_promise);
    Set(options.disk_stall_timeout, pins.disk_stall_timeout);
    Set(options.append_entries_max, pins.append_entries_max);
    Set(options.append_bytes_max, pins.append_bytes_max);
    Set(options.inflight_max, pins.inflight_max);
    Set(options.uncommitted_entries_max, pins.uncommitted_max);
  }
}

void Pin(const chaos::Pins& pins, Tunables& out) {
  Set(out.network.latency.base, pins.latency);
  Set(out.network.latency.jitter, pins.latency);
  Set(out.network.latency.jitter, pins.latency_jitter);
  Set(out.network.latency.tail_max, pins.latency_tail);
  if (pins.fsync.has_value()) out.disk.sync.base = *pins.fsync / 2;
  Set(out.disk.sync.jitter, pins.fsync);
  Set(out.disk.sync.jitter, pins.fsync_jitter);
  Set(out.disk.sync.tail_max, pins.fsync_tail);
  PinRaft(pins, out);
  Set(out.network.dial_timeout, pins.dial_timeout);
  Set(out.network.stall_timeout, pins.stall_timeout);
  Set(out.network.accept_failure_ppm, pins.accept_failure);
  Set(out.network.kill_fin_ppm, pins.kill_fin);
  Set(out.network.short_read_ppm, pins.short_read);
  Set(out.network.short_segment_ppm, pins.short_segment);
  Set(out.wal_segment_bytes, pins.segment_bytes);
  Set(out.snapshots.entries_max, pins.snapshot_entries);
  Set(out.snapshots.bytes_max, pins.snapshot_bytes);
  Set(out.snapshots.trailing_entries, pins.trailing_entries);
  Set(out.snapshots.trailing_bytes, pins.trailing_bytes);
  Set(out.snapshots.chunk_bytes, pins.chunk_bytes);
  Set(out.snapshots.send_bytes_per_second, pins.chunk_bytes_per_second);
  Set(out.snapshots.chunk_timeout, pins.chunk_timeout);
  Set(out.snapshots.retry_pause, pins.chunk_retry);
  Set(out.client_timeout, pins.client_timeout);
  Set(out.faults_from_the_start, pins.faults_from_the_start);
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

void PinTunables(const Tunables& drawn, chaos::Experiment& experiment) {
  experiment.swarm = false;
  experiment.leases.reset();
  experiment.buggify = false;
  experiment.buggify_sites.clear();
  for (size_t i = 0; i < kBuggifySites; ++i) {
    const char* name = BuggifyName(static_cast<BuggifySite>(i));
    if (drawn.buggify[i] > 0) experiment.buggify_sites[name] = drawn.buggify[i];
  }
  chaos::Pins& pins = experiment.pins = chaos::Pins{};
  const Tunables usual = DrawTunables(experiment, env::Random(0));
  const auto pin = [](auto& pinned, auto value, auto other) {
    if (value != other) pinned = value;
  };
  const sim::LatencyModel& network = drawn.network.latency;
  if (network.base != usual.network.latency.base ||
      network.jitter != usual.network.latency.jitter) {
    pins.latency = network.base;
    pin(pins.latency_jitter, network.jitter, network.base);
  }
  pin(pins.latency_tail, network.tail_max, usual.network.latency.tail_max);
  const sim::LatencyModel& sync = drawn.disk.sync;
  if (sync.base != usual.disk.sync.base || sync.jitter != usual.disk.sync.jitter) {
    pins.fsync = sync.base * 2;
    pin(pins.fsync_jitter, sync.jitter, sync.base * 2);
  }
  pin(pins.fsync_tail, sync.tail_max, usual.disk.sync.tail_max);

  const raft::Options& raft = drawn.raft.front();
  const raft::Options& raft_usual = usual.raft.front();
  const bool even = std::all_of(drawn.raft.begin(), drawn.raft.end(), [&](const auto& options) {
    return options.election_timeout == raft.election_timeout;
  });
  for (const raft::Options& options : drawn.raft) {
    if (!even) pins.election_timeouts.push_back(options.election_timeout);
  }
  if (even) pin(pins.election_timeout, raft.election_timeout, raft_usual.election_timeout);
  pin(pins.heartbeat_interval, raft.heartbeat_interval, raft_usual.heartbeat_interval);
  pin(pins.lease_promise, raft.lease_promise, raft_usual.lease_promise);
  pin(pins.disk_stall_timeout, raft.disk_stall_timeout, raft_usual.disk_stall_timeout);
  pin(pins.append_entries_max, raft.append_entries_max, raft_usual.append_entries_max);
  pin(pins.append_bytes_max, raft.append_bytes_max, raft_usual.append_bytes_max);
  pin(pins.inflight_max, raft.inflight_max, raft_usual.inflight_max);
  pin(pins.uncommitted_max, raft.uncommitted_entries_max, raft_usual.uncommitted_entries_max);

  pin(pins.segment_bytes, drawn.wal_segment_bytes, usual.wal_segment_bytes);
  const server::SnapshotOptions& snapshots = drawn.snapshots;
  pin(pins.snapshot_entries, snapshots.entries_max, usual.snapshots.entries_max);
  pin(pins.snapshot_bytes, snapshots.bytes_max, usual.snapshots.bytes_max);
  pin(pins.trailing_entries, snapshots.trailing_entries, usual.snapshots.trailing_entries);
  pin(pins.trailing_bytes, snapshots.trailing_bytes, usual.snapshots.trailing_bytes);
  pin(pins.chunk_bytes, snapshots.chunk_bytes, usual.snapshots.chunk_bytes);
  pin(pins.chunk_bytes_per_second, snapshots.send_bytes_per_second,
      usual.snapshots.send_bytes_per_second);
  pin(pins.chunk_timeout, snapshots.chunk_timeout, usual.snapshots.chunk_timeout);
  pin(pins.chunk_retry, snapshots.retry_pause, usual.snapshots.retry_pause);
  pin(pins.client_timeout, drawn.client_timeout, usual.client_timeout);
  pin(pins.dial_timeout, drawn.network.dial_timeout, usual.network.dial_timeout);
  pin(pins.stall_timeout, drawn.network.stall_timeout, usual.network.stall_timeout);
  pin(pins.accept_failure, drawn.network.accept_failure_ppm, usual.network.accept_failure_ppm);
  pin(pins.kill_fin, drawn.network.kill_fin_ppm, usual.network.kill_fin_ppm);
  pin(pins.short_read, drawn.network.short_read_ppm, usual.network.short_read_ppm);
  pin(pins.short_segment, drawn.network.short_segment_ppm, usual.network.short_segment_ppm);
  pin(pins.faults_from_the_start, drawn.faults_from_the_start, usual.faults_from_the_start);
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

StreamTunables DrawStreamTunables(env::Random random) {
  StreamTunables out;
  out.changes.changes_max = OneOf<size_t>({20, 200, 2000}, random);
  out.streams.piece_bytes = OneOf<size_t>({1, 100, 64 << 10}, random);
  out.streams.states_max = OneOf<size_t>({1, 16}, random);
  out.streams.progress_interval = OneOf<Duration>({200ms, 1s, 5s}, random);
  return out;
}

}  // namespace konsul::cluster
