#include "chaos/schedule_bytes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace konsul::chaos {
namespace {

constexpr Duration kLasts = 4s;
constexpr uint32_t kServers[] = {3, 3, 4, 5};

struct Record {
  ScheduleAction action;
  Duration at{};
  uint8_t whom = 0;
  uint8_t others = 0;
  Duration lasts{};
  uint8_t amount = 0;
  uint8_t how = 0;
};

Record Read(absl::Span<const uint8_t> bytes) {
  const int64_t fraction = int64_t{bytes[1]} << 8 | bytes[2];
  return {static_cast<ScheduleAction>(bytes[0] % static_cast<uint8_t>(ScheduleAction::kCount)),
          kLasts * fraction / 65536,
          bytes[3],
          bytes[4],
          10ms * (1 + bytes[5]),
          bytes[6],
          bytes[7]};
}

std::vector<std::string> NamesOf(uint8_t mask, uint32_t servers) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < servers; ++i) {
    if ((mask >> i & 1) != 0) names.push_back(absl::StrCat("n", i + 1));
  }
  return names;
}

TargetSet Whom(uint8_t mask, uint32_t servers) {
  TargetSet set;
  set.nodes = NamesOf(mask, servers);
  set.mode = set.nodes.empty() ? Mode::kOne : Mode::kAll;
  if (set.nodes.empty()) set.labels = {{"raft", "leader"}};
  return set;
}

TargetSet Others(uint8_t mask, uint32_t servers) {
  TargetSet set;
  set.nodes = NamesOf(mask, servers);
  set.mode = Mode::kAll;
  if (set.nodes.empty()) set.labels = {{"component", "server"}};
  return set;
}

NetworkChaos Network(const Record& record, uint32_t servers) {
  NetworkChaos network;
  network.targets = Whom(record.whom, servers);
  network.others = Others(record.others, servers);
  constexpr Direction kDirections[] = {Direction::kBoth, Direction::kTo, Direction::kFrom,
                                       Direction::kBoth};
  network.direction = kDirections[record.how & 3];
  network.keep_group = (record.how & 4) != 0;
  if (record.action == ScheduleAction::kSlowLinks) {
    network.action = NetworkChaos::Action::kNetem;
    network.latency = 1ms * record.amount;
    network.jitter = network.latency / 2;
  }
  if (record.action == ScheduleAction::kReset) network.action = NetworkChaos::Action::kReset;
  if (record.action == ScheduleAction::kClog) network.action = NetworkChaos::Action::kClog;
  if (record.action == ScheduleAction::kHalfOpen) network.action = NetworkChaos::Action::kHalfOpen;
  return network;
}

TimeChaos Time(const Record& record, uint32_t servers) {
  TimeChaos time;
  time.targets = Whom(record.whom, servers);
  time.monotonic = (record.how & 1) != 0;
  time.wall = !time.monotonic;
  switch (record.action) {
    case ScheduleAction::kClockDrift:
      time.monotonic = time.wall = true;
      // Within what leases allow for.
      time.drift_ppm = 1 + record.amount * 190u;
      break;
    case ScheduleAction::kClockFreeze:
      time.monotonic = true;
      time.wall = false;
      time.freeze = true;
      break;
    default:
      time.offset = 10ms * record.amount;
  }
  return time;
}

IoChaos Io(const Record& record, uint32_t servers) {
  IoChaos io;
  io.targets = Whom(record.whom, servers);
  if (record.action == ScheduleAction::kIoStall) io.action = IoChaos::Action::kStall;
  if (record.action == ScheduleAction::kSlowSyncs) {
    io.action = IoChaos::Action::kLatency;
    io.methods = {"fsync"};
    io.delay = 1ms * record.amount;
  }
  if (record.action == ScheduleAction::kIoError) {
    constexpr const char* kMethods[] = {"fsync", "write", "read", "rename"};
    io.methods = {kMethods[record.how & 3]};
    io.error = (record.how & 4) != 0 ? 28 : 5;
    io.percent_ppm = 1 + record.amount * 3900u;
  }
  return io;
}

FaultBody BodyOf(const Record& record, uint32_t servers) {
  switch (record.action) {
    case ScheduleAction::kCut:
    case ScheduleAction::kSlowLinks:
    case ScheduleAction::kReset:
    case ScheduleAction::kClog:
    case ScheduleAction::kHalfOpen:
      return Network(record, servers);
    case ScheduleAction::kPause:
      return ProcessChaos{.targets = Whom(record.whom, servers)};
    case ScheduleAction::kSlowProcess:
      return ProcessChaos{.action = ProcessChaos::Action::kSlow,
                          .targets = Whom(record.whom, servers),
                          .delay = 1ms * record.amount};
    case ScheduleAction::kClockStep:
    case ScheduleAction::kClockDrift:
    case ScheduleAction::kClockFreeze:
      return Time(record, servers);
    case ScheduleAction::kIoError:
    case ScheduleAction::kIoStall:
    case ScheduleAction::kSlowSyncs:
      return Io(record, servers);
    default:
      return PodChaos{.targets = Whom(record.whom, servers),
                      .restart_after = DurationRange{record.lasts, record.lasts},
                      .lose_unsynced = record.action == ScheduleAction::kPowerLoss};
  }
}

Experiment Base(uint8_t cluster, uint8_t seed) {
  Experiment out;
  out.name = "bytes";
  out.seed = seed;
  out.duration = kLasts;
  out.datacenter.servers = kServers[cluster & 3];
  out.datacenter.clients = 3;
  Workload workload;
  workload.name = "reg";
  workload.keys = 2;
  workload.interval = 10ms;
  workload.read = 3;
  workload.write = 4;
  workload.cas = 1;
  out.workloads.push_back(workload);
  // Figure 8 of the paper, and snapshots all the time.
  out.pins.append_entries_max = 1;
  out.pins.inflight_max = 1;
  out.pins.snapshot_entries = 40;
  out.pins.trailing_entries = 10;
  if ((cluster & 4) != 0) {
    out.datacenter.spares = 1;
    out.op.interval = 1s;
    out.op.transfer = out.op.remove = out.op.add = out.op.snapshot = 1;
    out.op.turns.emplace();
  }
  out.blast_radius.minority_only = false;
  out.invariants = InvariantNames();
  return out;
}

}  // namespace

Experiment ScheduleFromBytes(absl::Span<const uint8_t> bytes) {
  const uint8_t cluster = bytes.empty() ? 0 : bytes[0];
  Experiment out = Base(cluster, bytes.size() < kScheduleHeaderBytes ? 0 : bytes[1]);
  bytes.remove_prefix(std::min(bytes.size(), kScheduleHeaderBytes));
  const uint32_t servers = out.datacenter.servers;
  for (size_t i = 0; i < kScheduleRecordsMax && bytes.size() >= kScheduleRecordBytes; ++i) {
    const Record record = Read(bytes.first(kScheduleRecordBytes));
    bytes.remove_prefix(kScheduleRecordBytes);
    if (record.action == ScheduleAction::kTurn) {
      if (out.op.turns.has_value()) out.op.turns->push_back({1u + record.amount, 1s + record.at});
      continue;
    }
    Fault fault;
    fault.name = absl::StrCat("fault-", i);
    fault.trigger.at = record.at;
    fault.body = BodyOf(record, servers);
    if (!std::holds_alternative<PodChaos>(fault.body)) fault.duration = record.lasts;
    out.faults.push_back(std::move(fault));
  }
  if (out.op.turns.has_value()) {
    std::stable_sort(out.op.turns->begin(), out.op.turns->end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
  }
  return out;
}

}  // namespace konsul::chaos
