#include "storage/lmdb/txn.h"

#include "core/base/check.h"

namespace konsul::lmdb {
namespace {

void CheckKey(absl::string_view key) {
  KONSUL_CHECK(!key.empty() && key.size() <= state::TableStore::kMaxKeySize, "key of ", key.size(),
               " bytes");
}

}  // namespace

std::optional<absl::string_view> StoreReadTxn::GetIn(const Store& store, MDB_txn* txn,
                                                     MDB_dbi database, absl::string_view key) {
  CheckKey(key);
  MDB_val wanted = ToVal(key);
  MDB_val value;
  const int rc = mdb_get(txn, database, &wanted, &value);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  if (rc != 0) store.Damaged(rc);
  return FromVal(value);
}

void StoreReadTxn::ScanIn(const Store& store, MDB_txn* txn, MDB_dbi database,
                          absl::string_view from, const Visitor& visit) {
  MDB_cursor* raw = nullptr;
  int rc = mdb_cursor_open(txn, database, &raw);
  if (rc != 0) store.Damaged(rc);
  const Cursor cursor(raw);
  MDB_val key = ToVal(from);
  MDB_val value;
  rc = mdb_cursor_get(raw, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (rc == 0 && visit(FromVal(key), FromVal(value))) {
    rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT);
  }
  if (rc != 0 && rc != MDB_NOTFOUND) store.Damaged(rc);
}

StoreWriteTxn::StoreWriteTxn(Store& store, absl::StatusOr<Txn> txn)
    : store_(store), databases_(store.databases()) {
  store_.writing_ = true;
  if (txn.ok()) {
    txn_ = *std::move(txn);
  } else {
    error_ = txn.status();
  }
}

std::optional<absl::string_view> StoreWriteTxn::Get(state::Table table,
                                                    absl::string_view key) const {
  if (!error_.ok()) return std::nullopt;
  return StoreReadTxn::GetIn(store_, txn_.get(), DatabaseOf(table), key);
}

void StoreWriteTxn::Scan(state::Table table, absl::string_view from, const Visitor& visit) const {
  if (error_.ok()) StoreReadTxn::ScanIn(store_, txn_.get(), DatabaseOf(table), from, visit);
}

absl::Status StoreWriteTxn::Put(state::Table table, absl::string_view key,
                                absl::string_view value) {
  CheckKey(key);
  if (!error_.ok()) return error_;
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  const int rc = mdb_put(txn_.get(), DatabaseOf(table), &k, &v, 0);
  return rc == 0 ? absl::OkStatus() : Fail(rc, "cannot write");
}

absl::Status StoreWriteTxn::Delete(state::Table table, absl::string_view key) {
  CheckKey(key);
  if (!error_.ok()) return error_;
  MDB_val k = ToVal(key);
  const int rc = mdb_del(txn_.get(), DatabaseOf(table), &k, nullptr);
  return rc == 0 || rc == MDB_NOTFOUND ? absl::OkStatus() : Fail(rc, "cannot delete");
}

absl::Status StoreWriteTxn::Commit() {
  if (!error_.ok()) return error_;
  KONSUL_CHECK(txn_ != nullptr, "a transaction is committed once");
  const int rc = mdb_txn_commit(txn_.release());
  error_ = absl::FailedPreconditionError("the transaction has ended");
  return rc == 0 ? absl::OkStatus() : Fail(rc, "cannot commit");
}

absl::Status StoreWriteTxn::Fail(int rc, absl::string_view what) {
  if (IsDamage(rc)) store_.Damaged(rc);
  error_ = ToStatus(rc, store_.path_, what);
  txn_.reset();
  return error_;
}

}  // namespace konsul::lmdb
