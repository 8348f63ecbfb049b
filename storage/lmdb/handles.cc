#include "storage/lmdb/handles.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::lmdb {
namespace {

absl::Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ToStatus(errno, path, "cannot remove");
}

void OnAssertion(MDB_env* env, const char* text) {
  const char* path = "";
  mdb_env_get_path(env, &path);
  DieOfDamage(path, text);
}

}  // namespace

bool IsDamage(int rc) {
  switch (rc) {
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_DBI:
      return true;
    default:
      return false;
  }
}

absl::Status ToStatus(int rc, absl::string_view path, absl::string_view what) {
  const std::string text = absl::StrCat(path, ": ", what, ": ", mdb_strerror(rc));
  switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
      return absl::ResourceExhaustedError(text);
    case EIO:
      return absl::UnavailableError(text);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(text);
    case ENOENT:
      return absl::NotFoundError(text);
    default:
      return IsDamage(rc) ? absl::DataLossError(text) : absl::InternalError(text);
  }
}

absl::Status RemoveFiles(const std::string& path) {
  KONSUL_RETURN_IF_ERROR(RemoveFile(path + "/data.mdb"));
  return RemoveFile(path + "/lock.mdb");
}

void DieOfDamage(const std::string& path, absl::string_view what) {
  RemoveFiles(path).IgnoreError();
  KONSUL_CHECK(false, "the tables in ", path, " are damaged (", what,
               "); they were removed, and are rebuilt from the log at the next start");
  std::abort();
}

absl::StatusOr<Env> OpenEnv(const std::string& path, uint64_t map_bytes, unsigned databases,
                            unsigned flags) {
  MDB_env* raw = nullptr;
  int rc = mdb_env_create(&raw);
  if (rc != 0) return ToStatus(rc, path, "cannot make an environment");
  Env env(raw);
  rc = mdb_env_set_maxdbs(raw, databases);
  if (rc == 0) rc = mdb_env_set_mapsize(raw, map_bytes);
  if (rc == 0) rc = mdb_env_set_assert(raw, &OnAssertion);
  if (rc == 0) rc = mdb_env_open(raw, path.c_str(), flags, 0600);
  if (rc != 0) return ToStatus(rc, path, "cannot open the tables");
  return env;
}

absl::StatusOr<Txn> BeginTxn(MDB_env* env, const std::string& path, unsigned flags) {
  MDB_txn* raw = nullptr;
  const int rc = mdb_txn_begin(env, nullptr, flags, &raw);
  if (rc != 0) return ToStatus(rc, path, "cannot begin a transaction");
  return Txn(raw);
}

}  // namespace konsul::lmdb
