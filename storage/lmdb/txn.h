// The two kinds of transaction that a Store hands out. Used by store.cc only.
#ifndef KONSUL_STORAGE_LMDB_TXN_H_
#define KONSUL_STORAGE_LMDB_TXN_H_

#include <functional>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/state/table_store.h"
#include "storage/lmdb/handles.h"
#include "storage/lmdb/store.h"

namespace konsul::lmdb {

using Visitor = std::function<bool(absl::string_view, absl::string_view)>;

class StoreReadTxn final : public state::ReadTxn {
 public:
  StoreReadTxn(Store& store, Txn txn)
      : store_(store), databases_(store.databases()), txn_(std::move(txn)) {}
  ~StoreReadTxn() override { store_.EndRead(std::move(txn_)); }

  std::optional<absl::string_view> Get(state::Table table, absl::string_view key) const override {
    return GetIn(store_, txn_.get(), DatabaseOf(table), key);
  }
  void Scan(state::Table table, absl::string_view from, const Visitor& visit) const override {
    ScanIn(store_, txn_.get(), DatabaseOf(table), from, visit);
  }

  // Shared with StoreWriteTxn.
  static std::optional<absl::string_view> GetIn(const Store& store, MDB_txn* txn, MDB_dbi database,
                                                absl::string_view key);
  static void ScanIn(const Store& store, MDB_txn* txn, MDB_dbi database, absl::string_view from,
                     const Visitor& visit);

 private:
  MDB_dbi DatabaseOf(state::Table table) const { return databases_[static_cast<size_t>(table)]; }

  Store& store_;
  const Store::Databases databases_;  // the set that was current when this began
  Txn txn_;
};

// The first error sticks: LMDB's transaction is unusable after it, so Commit returns it too.
class StoreWriteTxn final : public state::WriteTxn {
 public:
  StoreWriteTxn(Store& store, absl::StatusOr<Txn> txn);
  ~StoreWriteTxn() override { store_.writing_ = false; }

  std::optional<absl::string_view> Get(state::Table table, absl::string_view key) const override;
  void Scan(state::Table table, absl::string_view from, const Visitor& visit) const override;
  absl::Status Put(state::Table table, absl::string_view key, absl::string_view value) override;
  absl::Status Delete(state::Table table, absl::string_view key) override;
  absl::Status Commit() override;

 private:
  MDB_dbi DatabaseOf(state::Table table) const { return databases_[static_cast<size_t>(table)]; }
  absl::Status Fail(int rc, absl::string_view what);

  Store& store_;
  const Store::Databases databases_;
  Txn txn_;
  absl::Status error_;
};

}  // namespace konsul::lmdb

#endif  // KONSUL_STORAGE_LMDB_TXN_H_
