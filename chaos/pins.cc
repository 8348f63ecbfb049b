#include "chaos/pins.h"

namespace konsul::chaos {
namespace {

using Kind = PinField::Kind;

PinField Time(const char* name, std::optional<Duration> Pins::* field) {
  return {.name = name, .kind = Kind::kDuration, .duration = field};
}

PinField Count(const char* name, std::optional<uint64_t> Pins::* field, uint64_t least = 1) {
  return {.name = name, .kind = Kind::kCount, .number = field, .least = least};
}

PinField Share(const char* name, std::optional<uint64_t> Pins::* field) {
  return {.name = name, .kind = Kind::kShare, .number = field};
}

}  // namespace

const std::vector<PinField>& PinFields() {
  static const auto* const fields = new std::vector<PinField>{
      Time("latency", &Pins::latency),
      Time("latencyJitter", &Pins::latency_jitter),
      Time("latencyTail", &Pins::latency_tail),
      Time("fsync", &Pins::fsync),
      Time("fsyncJitter", &Pins::fsync_jitter),
      Time("fsyncTail", &Pins::fsync_tail),
      Time("electionTimeout", &Pins::election_timeout),
      Time("heartbeatInterval", &Pins::heartbeat_interval),
      Time("leasePromise", &Pins::lease_promise),
      Time("diskStallTimeout", &Pins::disk_stall_timeout),
      Count("appendEntriesMax", &Pins::append_entries_max),
      Count("appendBytesMax", &Pins::append_bytes_max),
      Count("inflightMax", &Pins::inflight_max),
      Count("uncommittedMax", &Pins::uncommitted_max),
      Count("segmentBytes", &Pins::segment_bytes),
      Count("snapshotEntries", &Pins::snapshot_entries),
      Count("snapshotBytes", &Pins::snapshot_bytes),
      Count("trailingEntries", &Pins::trailing_entries, 0),
      Count("trailingBytes", &Pins::trailing_bytes, 0),
      Count("chunkBytes", &Pins::chunk_bytes),
      Count("chunkBytesPerSecond", &Pins::chunk_bytes_per_second),
      Time("chunkTimeout", &Pins::chunk_timeout),
      Time("chunkRetry", &Pins::chunk_retry),
      Time("clientTimeout", &Pins::client_timeout),
      Time("dialTimeout", &Pins::dial_timeout),
      Time("stallTimeout", &Pins::stall_timeout),
      Share("acceptFailure", &Pins::accept_failure),
      Share("killFin", &Pins::kill_fin),
      Share("shortRead", &Pins::short_read),
      Share("shortSegment", &Pins::short_segment),
      {.name = "faultsFromTheStart", .kind = Kind::kFlag, .number = &Pins::faults_from_the_start}};
  return *fields;
}

}  // namespace konsul::chaos
