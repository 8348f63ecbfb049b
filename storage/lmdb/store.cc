#include "storage/lmdb/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/lmdb/format.h"
#include "storage/lmdb/replacement.h"
#include "storage/lmdb/txn.h"

namespace konsul::lmdb {
namespace {

constexpr unsigned kDatabases = 1 + 2 * state::kTableCount;

std::string DataFile(const std::string& path) { return path + "/data.mdb"; }

std::string DatabaseName(size_t set, int table) { return absl::StrCat(kSetNames[set], table); }

unsigned Flags(const Options& options) {
  // Without thread-local slots, so that a reset read transaction can be kept and several be open.
  // Always with lock file, although there is one process: only by it does the writer know of
  // readers, and leaves their pages alone. On a memory file system it costs 15 us per opening.
  unsigned flags = MDB_NOSYNC | MDB_NOMETASYNC | MDB_NOTLS;
  if (options.in_memory_directory) flags |= MDB_WRITEMAP;
  return flags;
}

// Reading a page behind the file's end would end the process with SIGBUS. LMDB itself may leave the
// last pages unwritten, when they were free; so a file that was cut short cannot be told from a
// good one, but its missing pages can be made zeros, which LMDB reports as damage when it needs
// one.
absl::Status CoverLastPage(MDB_env* env, const std::string& path, uint64_t file_bytes) {
  MDB_envinfo info;
  MDB_stat stat;
  int rc = mdb_env_info(env, &info);
  if (rc == 0) rc = mdb_env_stat(env, &stat);
  if (rc != 0) return ToStatus(rc, path, "cannot look at the tables");
  const uint64_t needed = (info.me_last_pgno + 1) * stat.ms_psize;
  if (needed <= file_bytes) return absl::OkStatus();
  if (needed > info.me_mapsize) return absl::DataLossError("the file claims more pages than fit");
  if (::truncate(DataFile(path).c_str(), static_cast<off_t>(needed)) == 0) return absl::OkStatus();
  return ToStatus(errno, path, "cannot lengthen the file");
}

// The value under `key` of the store's own database; empty when there is none.
std::string OwnValue(MDB_txn* txn, MDB_dbi own, absl::string_view key) {
  MDB_val k = ToVal(key);
  MDB_val value;
  if (mdb_get(txn, own, &k, &value) != 0) return "";
  return std::string(FromVal(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path, const Options& options,
                                                   absl::string_view boot_id, Logger& logger) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ToStatus(error.value(), path, "cannot make the directory");

  std::unique_ptr<Store> store(new Store(path, options));
  if (::access(DataFile(path).c_str(), F_OK) == 0) {
    std::string unfit;
    KONSUL_RETURN_IF_ERROR(store->OpenExisting(boot_id, unfit));
    if (unfit.empty()) return store;
    logger.Info("tables", "beginning with empty tables, to be rebuilt from the log",
                {{"path", path}, {"reason", unfit}});
  }
  store->env_.reset();
  KONSUL_RETURN_IF_ERROR(RemoveFiles(path));
  KONSUL_RETURN_IF_ERROR(store->CreateEmpty(boot_id));
  return store;
}

absl::Status Store::OpenExisting(absl::string_view boot_id, std::string& unfit) {
  absl::StatusOr<Env> env = OpenEnv(path_, options_.map_bytes, kDatabases, Flags(options_));
  if (!env.ok()) {
    // Whatever stands in the way of opening, but not of reading the file, is its content.
    if (absl::IsPermissionDenied(env.status()) || absl::IsResourceExhausted(env.status()) ||
        absl::IsUnavailable(env.status())) {
      return env.status();
    }
    unfit = std::string(env.status().message());
    return absl::OkStatus();
  }
  env_ = *std::move(env);
  if (absl::Status status = CoverLastPage(env_.get(), path_, file_bytes()); !status.ok()) {
    unfit = std::string(status.message());
    return absl::OkStatus();
  }
  KONSUL_ASSIGN_OR_RETURN(Txn txn, BeginTxn(env_.get(), path_, MDB_RDONLY));
  if (mdb_dbi_open(txn.get(), kOwnDatabase, 0, &own_) != 0) {
    unfit = "the tables were never finished";
  } else if (OwnValue(txn.get(), own_, kVersionKey) != kFormatVersion) {
    unfit = "another format version";
  } else if (boot_id.empty() || OwnValue(txn.get(), own_, kBootKey) != boot_id) {
    unfit = "the machine was started anew since";
  } else if (absl::Status status = OpenDatabases(txn.get(), 0); !status.ok()) {
    unfit = std::string(status.message());
  } else {
    current_ = OwnValue(txn.get(), own_, kCurrentKey) == kSetNames[0] ? 0 : 1;
    // A handle opened in a transaction is for all when it commits.
    const int rc = mdb_txn_commit(txn.release());
    if (rc != 0) unfit = mdb_strerror(rc);
  }
  return absl::OkStatus();
}

absl::Status Store::CreateEmpty(absl::string_view boot_id) {
  KONSUL_ASSIGN_OR_RETURN(env_, OpenEnv(path_, options_.map_bytes, kDatabases, Flags(options_)));
  KONSUL_ASSIGN_OR_RETURN(Txn txn, BeginTxn(env_.get(), path_, 0));
  int rc = mdb_dbi_open(txn.get(), kOwnDatabase, MDB_CREATE, &own_);
  for (auto [key, value] : {std::pair(kBootKey, boot_id), std::pair(kVersionKey, kFormatVersion),
                            std::pair(kCurrentKey, kSetNames[0])}) {
    MDB_val k = ToVal(key);
    MDB_val v = ToVal(value);
    if (rc == 0) rc = mdb_put(txn.get(), own_, &k, &v, 0);
  }
  if (rc != 0) return ToStatus(rc, path_, "cannot make the tables");
  KONSUL_RETURN_IF_ERROR(OpenDatabases(txn.get(), MDB_CREATE));
  rc = mdb_txn_commit(txn.release());
  return rc == 0 ? absl::OkStatus() : ToStatus(rc, path_, "cannot make the tables");
}

absl::Status Store::OpenDatabases(MDB_txn* txn, unsigned flags) {
  for (size_t set = 0; set < sets_.size(); ++set) {
    for (int table = 0; table < state::kTableCount; ++table) {
      const std::string name = DatabaseName(set, table);
      const int rc =
          mdb_dbi_open(txn, name.c_str(), flags, &sets_[set][static_cast<size_t>(table)]);
      if (rc != 0) return ToStatus(rc, path_, absl::StrCat("cannot open table ", name));
    }
  }
  return absl::OkStatus();
}

Store::~Store() {
  KONSUL_CHECK(open_reads_ == 0 && !writing_ && !replacing_, "a transaction outlives its store");
  idle_read_.reset();
}

std::unique_ptr<state::ReadTxn> Store::Read() {
  Txn txn = std::move(idle_read_);
  if (txn != nullptr) {
    const int rc = mdb_txn_renew(txn.get());
    if (rc != 0) Damaged(rc);
  } else {
    absl::StatusOr<Txn> begun = BeginTxn(env_.get(), path_, MDB_RDONLY);
    KONSUL_CHECK(begun.ok(), begun.status().ToString());
    txn = *std::move(begun);
  }
  ++open_reads_;
  return std::make_unique<StoreReadTxn>(*this, std::move(txn));
}

void Store::EndRead(Txn txn) {
  --open_reads_;
  if (idle_read_ != nullptr) return;
  mdb_txn_reset(txn.get());
  idle_read_ = std::move(txn);
}

std::unique_ptr<state::WriteTxn> Store::Write() {
  KONSUL_CHECK(!writing_, "two write transactions at once");
  return std::make_unique<StoreWriteTxn>(*this, BeginTxn(env_.get(), path_, 0));
}

absl::StatusOr<std::unique_ptr<state::Replacement>> Store::Replace() {
  auto replacement = std::make_unique<StoreReplacement>(*this);
  KONSUL_RETURN_IF_ERROR(replacement->Begin());
  return replacement;
}

uint64_t Store::file_bytes() const {
  struct stat info;
  return ::stat(DataFile(path_).c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

void Store::Damaged(int rc) const { DieOfDamage(path_, mdb_strerror(rc)); }

}  // namespace konsul::lmdb
