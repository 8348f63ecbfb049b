// RAII over the C interface of LMDB: environment, transaction, cursor. Thin on purpose; what an
// error means is decided by the caller, with ToStatus. Used by store.cc only.
#ifndef KONSUL_STORAGE_LMDB_HANDLES_H_
#define KONSUL_STORAGE_LMDB_HANDLES_H_

#include <lmdb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::lmdb {

struct EnvClose {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct TxnAbort {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
struct CursorClose {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

// Closed when it goes; every transaction must have ended.
using Env = std::unique_ptr<MDB_env, EnvClose>;
// Aborted when it goes, unless it was released to mdb_txn_commit, which ends it in any case.
using Txn = std::unique_ptr<MDB_txn, TxnAbort>;
// Must go before its transaction.
using Cursor = std::unique_ptr<MDB_cursor, CursorClose>;

// ResourceExhausted for a full map or disk, Unavailable for an I/O error, PermissionDenied,
// NotFound, else DataLoss for what says that the file is damaged, else Internal. `rc` is not 0.
absl::Status ToStatus(int rc, absl::string_view path, absl::string_view what);
// True for the errors that say that the file is not one of ours, or damaged.
bool IsDamage(int rc);

inline MDB_val ToVal(absl::string_view bytes) {
  return MDB_val{bytes.size(), const_cast<char*>(bytes.data())};
}
inline absl::string_view FromVal(const MDB_val& val) {
  return absl::string_view(static_cast<const char*>(val.mv_data), val.mv_size);
}

// Removes what OpenEnv makes in directory `path`. OK when nothing is there.
absl::Status RemoveFiles(const std::string& path);
// Removes the files and aborts the process: damaged tables must not be built upon, and the next
// start shall begin with empty ones.
[[noreturn]] void DieOfDamage(const std::string& path, absl::string_view what);

// When LMDB stumbles over the file's content later on, DieOfDamage is what happens.
absl::StatusOr<Env> OpenEnv(const std::string& path, uint64_t map_bytes, unsigned databases,
                            unsigned flags);
absl::StatusOr<Txn> BeginTxn(MDB_env* env, const std::string& path, unsigned flags);

}  // namespace konsul::lmdb

#endif  // KONSUL_STORAGE_LMDB_HANDLES_H_
