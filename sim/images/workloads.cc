#include "sim/images/workloads.h"

#include "core/base/status.h"
#include "core/fiber/scheduler.h"

namespace konsul::images {
namespace {

absl::Status AppendAndAwait(Recording& r, const std::vector<size_t>& value_bytes) {
  r.Append(value_bytes);
  return r.AwaitAcknowledged();
}

// Segments have 4096 bytes: two of the bigger batches fill one.
absl::Status Appends(Recording& r) {
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {20}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {300, 900}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1500}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1200}));
  KONSUL_RETURN_IF_ERROR(r.Commit(4));
  // Written together, as far as they arrive while a sync is under way.
  r.Append({400});
  r.Append({40});
  r.Append({700, 10});
  KONSUL_RETURN_IF_ERROR(r.AwaitAcknowledged());
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {5200}));  // bigger than a segment
  return AppendAndAwait(r, {30});
}

absl::Status Truncation(Recording& r) {
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {100, 1200}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {900, 50, 700}));
  KONSUL_RETURN_IF_ERROR(r.Commit(3));
  r.Lead(2, 4);
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {60}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1500, 1500}));
  r.Lead(4, 5);
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1100}));
  return r.Commit(6);
}

absl::Status Votes(Recording& r) {
  KONSUL_RETURN_IF_ERROR(r.Vote(2));
  KONSUL_RETURN_IF_ERROR(r.Vote(3));
  r.Lead(3, 1);
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {900}));
  KONSUL_RETURN_IF_ERROR(r.Vote(5));
  r.Lead(6, 2);
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {2400}));
  return r.Vote(7);
}

absl::Status Compaction(Recording& r) {
  for (int round = 0; round < 2; ++round) {
    KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1700}));
    KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1600}));
    KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {900, 800}));
    KONSUL_RETURN_IF_ERROR(r.Commit(r.last()));
    KONSUL_RETURN_IF_ERROR(r.TakeSnapshot());
  }
  return AppendAndAwait(r, {700});
}

// The log goes on while a snapshot is written.
absl::Status Concurrent(Recording& r) {
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1500, 1400}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1700}));
  KONSUL_RETURN_IF_ERROR(r.Commit(r.last()));
  absl::Status taken;
  fiber::Group group(r.scheduler());
  group.Spawn("snapshot", [&] { taken = r.TakeSnapshot(); });
  for (int i = 0; i < 3; ++i) KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1300}));
  group.Join();
  return taken;
}

// A snapshot comes from the leader and replaces the log, once behind its end, once over a suffix
// that the leader does not have.
absl::Status Installation(Recording& r) {
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {600}));
  KONSUL_RETURN_IF_ERROR(r.Install(6, 200));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {1800}));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {900, 900}));
  r.Lead(2, r.last() - 2);
  KONSUL_RETURN_IF_ERROR(r.Install(5, 4096));
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {300}));
  return r.Commit(r.last());
}

absl::Status AfterRestart(Recording& r) {
  KONSUL_RETURN_IF_ERROR(AppendAndAwait(r, {800}));
  KONSUL_RETURN_IF_ERROR(r.Commit(r.last()));
  return r.TakeSnapshot();
}

}  // namespace

const std::vector<Workload>& Workloads() {
  static const auto* const all = new std::vector<Workload>{
      {"appends", "a new server: its identity, then batches over several segments", {Appends}},
      {"truncation", "leaders replace suffixes of the log", {Truncation}},
      {"votes", "terms and votes", {Votes}},
      {"compaction", "snapshots, and the segments that they make superfluous", {Compaction}},
      {"concurrent", "a snapshot is written while the log goes on", {Concurrent}},
      {"installation", "the leader's snapshot replaces the log", {Installation}},
      {"restart",
       "the process ends, and recovery itself may be cut off",
       {Appends, AfterRestart, AfterRestart}},
  };
  return *all;
}

}  // namespace konsul::images
