#include "cmd/node/storage.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "storage/snapshot/store.h"

namespace konsul::node {
namespace {

std::string Show(const raft::LogPosition& position) {
  return absl::StrCat("entry ", position.index.value, " of term ", position.term.value);
}

}  // namespace

// Notes with the identity that the log holds something, after the first call that makes it so and
// before anybody is told of it.
class Storage::MarkedLog final : public raft::LogStorage {
 public:
  MarkedLog(Storage& storage, raft::LogStorage& log) : storage_(storage), log_(log) {}

  absl::Status Append(const raft::LogBatch& batch) override { return Mark(log_.Append(batch)); }
  absl::Status Compact(Index upto) override {
    KONSUL_RETURN_IF_ERROR(poison_);
    return log_.Compact(upto);
  }
  absl::Status Reset(raft::LogPosition base) override { return Mark(log_.Reset(base)); }

 private:
  absl::Status Mark(const absl::Status& written) {
    KONSUL_RETURN_IF_ERROR(poison_);
    poison_ = written;
    if (poison_.ok() && !storage_.identity_.has_log) poison_ = storage_.MarkLog();
    return poison_;
  }

  Storage& storage_;
  raft::LogStorage& log_;
  absl::Status poison_;
};

absl::Status Storage::Open(const env::Env& env, const StorageOptions& options) {
  disk_ = &env.disk;
  env::Random random = env.random.Fork("identity");
  KONSUL_ASSIGN_OR_RETURN(identity_, wal::LoadOrCreateIdentity(env.disk, options.name, random));
  KONSUL_RETURN_IF_ERROR(OpenLog(env, options));
  KONSUL_ASSIGN_OR_RETURN(snapshots_,
                          snapshot::Open(env.disk, snapshot::Options(), env.logger, env.scheduler));
  KONSUL_RETURN_IF_ERROR(OpenTables(env, options));
  KONSUL_RETURN_IF_ERROR(MatchLog(env));
  KONSUL_RETURN_IF_ERROR(MatchTables(env, options));

  const raft::LogPosition end = LogEnd();
  recovered_.hard_state = opened_log_.hard_state;
  if (snapshots_->latest()) recovered_.snapshot = snapshots_->latest()->point;
  recovered_.entries = std::move(opened_log_.entries);
  recovered_.applied = machine_->applied();
  env.logger.Info("server", "storage recovered",
                  {{"node", ToHex(identity_.id.value)},
                   {"term", recovered_.hard_state.term.value},
                   {"snapshot", recovered_.snapshot.last.index.value},
                   {"last_index", end.index.value},
                   {"applied", recovered_.applied.value}});
  return absl::OkStatus();
}

absl::Status Storage::OpenLog(const env::Env& env, const StorageOptions& options) {
  const wal::Options wal_options{.segment_bytes = options.wal_segment_bytes};
  KONSUL_ASSIGN_OR_RETURN(
      opened_log_, wal::Wal::Open(env.disk, wal_options, identity_.id, env.logger, background_));
  if (opened_log_.torn_bytes > 0) {
    env.logger.Info("wal", "cut an append that a crash had interrupted; nobody was told of it",
                    {{"bytes", opened_log_.torn_bytes}});
  }
  log_ = std::make_unique<MarkedLog>(*this, *opened_log_.wal);
  const bool empty = opened_log_.hard_state == raft::HardState() && LogEnd() == raft::LogPosition();
  if (!identity_.has_log) return empty ? absl::OkStatus() : MarkLog();
  if (!empty) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the log was lost: data directory ", env.disk.root(), " belongs to server ",
      ToHex(identity_.id.value),
      ", which has voted and stored entries, but its log holds nothing. ",
      "Going on could undo what it has promised to others. Wipe the whole data directory and join ",
      "as a new server"));
}

absl::Status Storage::OpenTables(const env::Env& env, const StorageOptions& options) {
  lmdb::Options table_options;
  table_options.in_memory_directory = options.tables_in_memory;
  if (options.tables_in_memory) table_options.map_bytes = 256 << 20;
  KONSUL_ASSIGN_OR_RETURN(
      tables_, lmdb::Store::Open(options.tables_path, table_options, options.boot_id, env.logger));
  KONSUL_ASSIGN_OR_RETURN(machine_, state::TableMachine::Open(*tables_));
  return absl::OkStatus();
}

raft::LogPosition Storage::LogEnd() const {
  const std::vector<raft::Entry>& entries = opened_log_.entries;
  if (entries.empty()) return opened_log_.base;
  return {entries.back().index, entries.back().term};
}

absl::Status Storage::MatchLog(const env::Env& env) {
  raft::LogPosition last;
  if (snapshots_->latest()) last = snapshots_->latest()->point.last;
  const raft::LogPosition& base = opened_log_.base;
  if (base.index > last.index) {
    return absl::DataLossError(absl::StrCat(
        "the log in ", env.disk.root(), " begins behind ", Show(base),
        last.index == Index() ? absl::StrCat(", but there is no snapshot")
                              : absl::StrCat(", but the latest snapshot ends with ", Show(last)),
        ": a snapshot was lost. Wipe the whole data directory and join as a new server"));
  }
  if (last.index == Index()) return absl::OkStatus();
  // The snapshot is the leader's, and this process ended before the log followed it.
  bool fits = last.index <= LogEnd().index;
  if (fits && last.index > base.index) {
    fits = opened_log_.entries[last.index - base.index - 1].term == last.term;
  } else if (fits) {
    fits = base.term == last.term;
  }
  if (fits) return absl::OkStatus();
  env.logger.Info("server", "the log goes on behind the snapshot, which it does not reach",
                  {{"log_end", LogEnd().index.value}, {"snapshot", last.index.value}});
  KONSUL_RETURN_IF_ERROR(log_->Reset(last));
  opened_log_.entries.clear();
  opened_log_.base = last;
  return absl::OkStatus();
}

absl::Status Storage::MatchTables(const env::Env& env, const StorageOptions& options) {
  const Index applied = machine_->applied();
  const Index end = LogEnd().index;
  if (applied > end) {
    return absl::DataLossError(
        absl::StrCat("the tables in ", options.tables_path, " hold entries up to ", applied.value,
                     " but the log in ", env.disk.root(), " ends at ", end.value,
                     ": the log lost entries, or one of the two was copied from elsewhere"));
  }
  if (!snapshots_->latest() || applied >= snapshots_->latest()->point.last.index) {
    return absl::OkStatus();
  }
  KONSUL_ASSIGN_OR_RETURN(const auto file, snapshots_->OpenLatest());
  const server::SnapshotMeta& meta = file->meta();
  env.logger.Info("tables", "loading the latest snapshot",
                  {{"applied", applied.value}, {"snapshot", meta.point.last.index.value}});
  const auto rows = file->Rows();
  KONSUL_RETURN_IF_ERROR(machine_->Restore(*rows));
  if (machine_->applied() != meta.point.last.index || machine_->digest() != meta.digest) {
    return absl::DataLossError(absl::StrCat(
        "the snapshot in ", env.disk.root(), " does not hold the state at ", Show(meta.point.last),
        " that it says: got ", machine_->applied().value, " with digest ",
        machine_->digest().ToHex(), ", expected ", meta.digest.ToHex()));
  }
  return absl::OkStatus();
}

absl::Status Storage::MarkLog() {
  identity_.has_log = true;
  return StoreIdentity();
}

absl::Status Storage::StoreCluster(ClusterId cluster) {
  identity_.cluster = cluster;
  return StoreIdentity();
}

absl::Status Storage::StoreIdentity() {
  // Two fibers may want to at once; each writes what is known then.
  KONSUL_RETURN_IF_ERROR(identity_lock_.Lock());
  fiber::MutexLock lock(identity_lock_);
  return wal::UpdateIdentity(*disk_, identity_);
}

}  // namespace konsul::node
