// The tables of the state machine in LMDB: read in place from the map, ordered, MVCC. What lies in
// the file: docs/formats/tables.md.
//
// The store is rebuildable, and that is why it is opened without any sync: after a crash of the
// process the kernel still holds every page; after a power loss the boot id stored inside is not
// the one of this boot, the directory is wiped, and the log is applied again. No promise to a
// client rests on it.
//
// One thread. Nothing here suspends.
#ifndef KONSUL_STORAGE_LMDB_STORE_H_
#define KONSUL_STORAGE_LMDB_STORE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/log.h"
#include "core/state/table_store.h"
#include "storage/lmdb/handles.h"

namespace konsul::lmdb {

struct Options {
  // Address space, and the most that the tables can grow to. The file takes only what is used.
  uint64_t map_bytes = 64ull << 30;
  // The directory is on a memory file system: pages are written in the map itself. Elsewhere a full
  // disk would end the process with SIGBUS instead of an error, and a stray pointer could write
  // into the tables.
  bool in_memory_directory = false;
};

class Store final : public state::TableStore {
 public:
  // Opens the tables in directory `path`, which is made when it is missing. They begin empty when
  // they are not from this boot (`boot_id` differs; an empty one never matches), from another
  // format version, or damaged as far as can be seen; the log line says why. PermissionDenied,
  // ResourceExhausted and so on name the path. The same path must not be open twice in a process.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path,
                                                     const Options& options,
                                                     absl::string_view boot_id, Logger& logger);
  // Every transaction must have ended.
  ~Store() override;

  // Cheap: reuses the last one that ended. When the tables turn out to be damaged, here or in a
  // transaction, the process aborts, after it has seen to it that they begin empty next time.
  std::unique_ptr<state::ReadTxn> Read() override;
  std::unique_ptr<state::ReadTxn> Freeze() override { return Read(); }
  std::unique_ptr<state::WriteTxn> Write() override;
  absl::StatusOr<std::unique_ptr<state::Replacement>> Replace() override;

  // Of the file; grows only.
  uint64_t file_bytes() const;

 private:
  friend class StoreReadTxn;
  friend class StoreReplacement;
  friend class StoreWriteTxn;
  using Databases = std::array<MDB_dbi, state::kTableCount>;

  Store(std::string path, const Options& options) : path_(std::move(path)), options_(options) {}

  // Opens what is there. OK with a reason in `unfit` when it is of no use.
  absl::Status OpenExisting(absl::string_view boot_id, std::string& unfit);
  absl::Status CreateEmpty(absl::string_view boot_id);
  absl::Status OpenDatabases(MDB_txn* txn, unsigned flags);
  const Databases& databases() const { return sets_[current_]; }

  void EndRead(Txn txn);
  [[noreturn]] void Damaged(int rc) const;

  const std::string path_;
  const Options options_;
  Env env_;
  MDB_dbi own_ = 0;
  // Two sets of tables: the one that is read and written, and one to make anew (Replace).
  std::array<Databases, 2> sets_{};
  size_t current_ = 0;
  Txn idle_read_;  // reset, to be renewed
  size_t open_reads_ = 0;
  bool writing_ = false;
  bool replacing_ = false;
};

}  // namespace konsul::lmdb

#endif  // KONSUL_STORAGE_LMDB_STORE_H_
