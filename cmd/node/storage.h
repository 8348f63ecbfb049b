// What a server's data directory holds, opened and checked against each other: who it belongs to,
// the log, the latest snapshot, and the tables.
//
// Each of these was written at its own pace, and the process or the machine may have ended between
// any two. docs/formats/recovery.md says which combinations a crash leaves and what becomes of
// each; whatever no crash leaves is an error, because something that was promised is gone.
#ifndef KONSUL_CMD_NODE_STORAGE_H_
#define KONSUL_CMD_NODE_STORAGE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/raft/log_storage.h"
#include "core/raft/raft.h"
#include "core/server/snapshot_store.h"
#include "core/state/table_machine.h"
#include "storage/lmdb/store.h"
#include "storage/wal/identity.h"
#include "storage/wal/wal.h"

namespace konsul::node {

struct StorageOptions {
  std::string name;  // of the node
  uint64_t wal_segment_bytes = 64 << 20;
  // As node::Options has them.
  std::string tables_path;
  bool tables_in_memory = false;
  std::string boot_id;
};

// Lives on a fiber: its background fibers end with it.
class Storage {
 public:
  explicit Storage(fiber::Scheduler& scheduler)
      : identity_lock_(scheduler), background_(scheduler) {}

  // Once, before anything else. Suspends. DataLoss when durable bytes are missing or damaged,
  // FailedPrecondition when the directory belongs to another server or has lost its log; every text
  // says what, where and what to do.
  absl::Status Open(const env::Env& env, const StorageOptions& options);

  const wal::Identity& identity() const { return identity_; }
  // Makes the cluster id durable. Suspends.
  absl::Status StoreCluster(ClusterId cluster);

  raft::LogStorage& log() { return *log_; }
  server::SnapshotStore& snapshots() { return *snapshots_; }
  lmdb::Store& tables() { return *tables_; }
  state::TableMachine& machine() { return *machine_; }
  // What consensus begins with; once.
  raft::Recovered TakeRecovered() { return std::move(recovered_); }

 private:
  class MarkedLog;

  absl::Status OpenLog(const env::Env& env, const StorageOptions& options);
  absl::Status OpenTables(const env::Env& env, const StorageOptions& options);
  // The log takes the snapshot's place up to its end, where it does not have it.
  absl::Status MatchLog(const env::Env& env);
  absl::Status MatchTables(const env::Env& env, const StorageOptions& options);
  absl::Status MarkLog();
  absl::Status StoreIdentity();
  raft::LogPosition LogEnd() const;

  env::Disk* disk_ = nullptr;
  wal::Identity identity_;
  fiber::Mutex identity_lock_;
  wal::Wal::Opened opened_log_;
  std::unique_ptr<raft::LogStorage> log_;
  std::unique_ptr<server::SnapshotStore> snapshots_;
  std::unique_ptr<lmdb::Store> tables_;
  std::unique_ptr<state::TableMachine> machine_;
  raft::Recovered recovered_;
  fiber::Group background_;  // last: its fibers use the log
};

}  // namespace konsul::node

#endif  // KONSUL_CMD_NODE_STORAGE_H_
