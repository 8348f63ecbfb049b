#include "core/server/snapshot_taker.h"

#include <algorithm>
#include <utility>

#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::server {
namespace {

// A full disk may have room again later. Nothing is lost meanwhile: the log stays as it is.
constexpr Duration kAfterFailure = 5s;
constexpr Duration kWorkSlice = 1ms;
constexpr uint64_t kLateness = 1024;
// How many snapshots' worth of log are kept for a follower that is getting one.
constexpr uint64_t kPatience = 2;
// Besides, for thresholds so small that entries in flight reach beyond them.
constexpr uint64_t kSlack = 1000;
// A follower that was silent for longer is not waited for.
constexpr Duration kRecently = 1s;
// Entries forgotten at a time: their memory is given back on the thread that everything else waits
// for.
constexpr uint64_t kEntriesPerStep = 4096;

Index LatestIndex(const SnapshotStore& store) {
  const std::optional<SnapshotMeta> latest = store.latest();
  return latest ? latest->point.last.index : Index(0);
}

}  // namespace

SnapshotTaker::SnapshotTaker(const env::Env& env, const SnapshotOptions& options,
                             state::StateMachine& machine, SnapshotStore& store, RaftDriver& driver,
                             Applier& applier, LogWriter& log)
    : env_(env),
      options_(options),
      machine_(machine),
      store_(store),
      driver_(driver),
      applier_(applier),
      log_(log),
      one_at_a_time_(env.scheduler) {}

bool SnapshotTaker::IsDue() const {
  const Index latest = LatestIndex(store_);
  const Index applied = applier_.applied();
  if (applied <= latest) return false;
  if (env_.scheduler.Fires(BuggifySite::kForcedSnapshot)) return true;
  // Up to a quarter later, by id: a majority should not be busy with snapshots at the same time.
  const uint64_t id = driver_.raft().status().id.value;
  const uint64_t late = options_.entries_max / 4 * (id % kLateness) / kLateness;
  return applied - latest >= options_.entries_max + late ||
         applier_.bytes_applied() - bytes_at_last_ >= options_.bytes_max;
}

bool SnapshotTaker::IsCovered(Index index) const {
  const Index latest = LatestIndex(store_);
  return store_.latest_is_damaged() ? latest > index : latest >= index;
}

absl::Status SnapshotTaker::Run() {
  while (true) {
    while (!IsDue()) KONSUL_RETURN_IF_ERROR(applier_.AwaitMore(applier_.applied()));
    const absl::Status status = Take(Instant::Never()).status();
    if (absl::IsCancelled(status)) return status;
    if (!status.ok()) {
      env_.logger.Error("snapshot", "could not be written; the log goes on growing",
                        {{"error", status.ToString()}});
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kAfterFailure));
    }
  }
}

absl::StatusOr<Index> SnapshotTaker::Take(Instant deadline) {
  KONSUL_RETURN_IF_ERROR(one_at_a_time_.Lock(deadline));
  const fiber::MutexLock lock(one_at_a_time_);
  KONSUL_RETURN_IF_ERROR(applier_.AwaitRestored(deadline));
  if (!IsCovered(applier_.applied())) {
    const Instant begin = env_.clock.Now();
    KONSUL_RETURN_IF_ERROR(Write());
    time_.Add(env_.clock.Now() - begin);
  }
  KONSUL_RETURN_IF_ERROR(CompactLog());
  return LatestIndex(store_);
}

absl::Status SnapshotTaker::Write() {
  bytes_at_last_ = applier_.bytes_applied();
  KONSUL_ASSIGN_OR_RETURN(const state::StateMachine::Frozen frozen, machine_.Freeze());
  SnapshotMeta meta;
  meta.point = driver_.raft().PointAt(frozen.applied);
  meta.digest = frozen.digest;
  if (mutation::On(Mutation::kCompactBeforeSnapshot)) {
    driver_.Compact(frozen.applied);
    log_.Compact(frozen.applied);
  }
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotWriter> writer, store_.Create(meta));
  state::Row row;
  Instant began = env_.clock.Now();
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, frozen.rows->Next(row));
    if (!more) break;
    KONSUL_RETURN_IF_ERROR(writer->Add(row));
    // Half of the time is for everybody else, however many rows there are.
    const Duration worked = env_.clock.Now() - began;
    if (worked < kWorkSlice) continue;
    KONSUL_RETURN_IF_ERROR(env_.Sleep(worked));
    began = env_.clock.Now();
  }
  // The leader may have sent a later one meanwhile.
  if (IsCovered(frozen.applied)) return absl::OkStatus();
  KONSUL_ASSIGN_OR_RETURN(meta, writer->Finish());
  env_.logger.Info("snapshot", "written",
                   {{"index", meta.point.last.index.value}, {"bytes", meta.bytes}});
  return absl::OkStatus();
}

absl::Status SnapshotTaker::CompactLog() {
  const Index upto = CompactTo(LatestIndex(store_));
  while (driver_.raft().status().log_base < upto) {
    const Index step = std::min(upto, driver_.raft().status().log_base + kEntriesPerStep);
    driver_.Compact(step);
    KONSUL_RETURN_IF_ERROR(env_.scheduler.Yield());
  }
  log_.Compact(upto);
  return absl::OkStatus();
}

// Up to the snapshot, except for what followers that are a little late are likely to need.
Index SnapshotTaker::CompactTo(Index snapshot) const {
  const raft::Raft& raft = driver_.raft();
  const Index base = raft.status().log_base;
  Index upto = std::min(snapshot, raft.status().applied);
  uint64_t bytes = 0;
  for (uint64_t entries = 1; upto > base; ++entries, upto = upto - 1) {
    bytes += raft.EntryAt(upto)->payload->size();
    if (entries > options_.trailing_entries || bytes > options_.trailing_bytes) break;
  }
  // A follower that gets a snapshot needs all that comes behind it, and one that is getting the log
  // needs the rest of that. But if it takes for ever, it has to begin anew with a later snapshot
  // rather than fill this server's memory.
  const auto patient = [&](Index index, uint64_t bytes_then) {
    return applier_.bytes_applied() - bytes_then <= kPatience * options_.bytes_max &&
           raft.status().last_index - index <= kPatience * options_.entries_max + kSlack;
  };
  for (const Held& held : holds_) {
    if (held.index < upto && patient(held.index, held.bytes_applied)) upto = held.index;
  }
  const Instant recently = env_.clock.Now() - kRecently;
  for (const raft::FollowerStatus& follower : raft.followers()) {
    const bool replicates = !follower.snapshot && follower.heard >= recently;
    if (replicates && follower.match < upto && patient(follower.match, bytes_at_last_)) {
      upto = follower.match;
    }
  }
  return std::max(base, upto);
}

}  // namespace konsul::server
