#include "storage/lmdb/replacement.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/lmdb/format.h"

namespace konsul::lmdb {

StoreReplacement::StoreReplacement(Store& store) : store_(store), set_(1 - store.current_) {
  KONSUL_CHECK(!store_.replacing_, "two replacements at once");
  store_.replacing_ = true;
}

absl::Status StoreReplacement::Fail(int rc, absl::string_view what) {
  if (IsDamage(rc)) store_.Damaged(rc);
  return ToStatus(rc, store_.path_, what);
}

template <typename Body>
absl::Status StoreReplacement::InTransaction(Body body) {
  KONSUL_RETURN_IF_ERROR(error_);
  KONSUL_CHECK(!store_.writing_, "two write transactions at once");
  absl::StatusOr<Txn> txn = BeginTxn(store_.env_.get(), store_.path_, 0);
  error_ = txn.status();
  if (error_.ok()) error_ = body(txn->get());
  if (!error_.ok()) return error_;
  const int rc = mdb_txn_commit(txn->release());
  if (rc != 0) error_ = Fail(rc, "cannot commit");
  return error_;
}

absl::Status StoreReplacement::EmptyIn(MDB_txn* txn, const Store::Databases& databases) {
  for (const MDB_dbi database : databases) {
    const int rc = mdb_drop(txn, database, 0);
    if (rc != 0) return Fail(rc, "cannot empty a table");
  }
  return absl::OkStatus();
}

absl::Status StoreReplacement::Begin() {
  return InTransaction([this](MDB_txn* txn) { return EmptyIn(txn, store_.sets_[set_]); });
}

absl::Status StoreReplacement::Add(absl::Span<const Row> rows) {
  return InTransaction([&](MDB_txn* txn) { return AddIn(txn, rows); });
}

absl::Status StoreReplacement::AddIn(MDB_txn* txn, absl::Span<const Row> rows) {
  for (const Row& row : rows) {
    KONSUL_CHECK(!row.key.empty() && row.key.size() <= state::TableStore::kMaxKeySize, "key of ",
                 row.key.size(), " bytes");
    MDB_val key = ToVal(row.key);
    MDB_val value = ToVal(row.value);
    // Ascending, so that pages are filled one after the other, and wholly.
    const int rc =
        mdb_put(txn, store_.sets_[set_][static_cast<size_t>(row.table)], &key, &value, MDB_APPEND);
    if (rc == MDB_KEYEXIST) return absl::InvalidArgumentError("rows out of order");
    if (rc != 0) return Fail(rc, "cannot write");
  }
  return absl::OkStatus();
}

absl::Status StoreReplacement::Finish() {
  KONSUL_RETURN_IF_ERROR(InTransaction([this](MDB_txn* txn) {
    MDB_val key = ToVal(kCurrentKey);
    MDB_val value = ToVal(kSetNames[set_]);
    const int rc = mdb_put(txn, store_.own_, &key, &value, 0);
    if (rc != 0) return Fail(rc, "cannot write");
    return EmptyIn(txn, store_.databases());
  }));
  store_.current_ = set_;
  error_ = absl::FailedPreconditionError("the replacement is finished");
  return absl::OkStatus();
}

}  // namespace konsul::lmdb
