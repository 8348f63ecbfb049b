// How a Store is filled anew beside its present tables. Used by store.cc only.
#ifndef KONSUL_STORAGE_LMDB_REPLACEMENT_H_
#define KONSUL_STORAGE_LMDB_REPLACEMENT_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/state/table_store.h"
#include "storage/lmdb/store.h"

namespace konsul::lmdb {

// Fills the set of databases that is not current, then makes it current. What it leaves when it is
// given up is emptied by the next one.
class StoreReplacement final : public state::Replacement {
 public:
  explicit StoreReplacement(Store& store);
  ~StoreReplacement() override { store_.replacing_ = false; }

  // Empties the set to be filled.
  absl::Status Begin();
  absl::Status Add(absl::Span<const Row> rows) override;
  absl::Status Finish() override;

 private:
  absl::Status AddIn(MDB_txn* txn, absl::Span<const Row> rows);
  absl::Status EmptyIn(MDB_txn* txn, const Store::Databases& databases);
  // Runs `body` in a write transaction and commits it; keeps the first error.
  template <typename Body>
  absl::Status InTransaction(Body body);
  absl::Status Fail(int rc, absl::string_view what);

  Store& store_;
  const size_t set_;  // the one to be filled
  absl::Status error_;
};

}  // namespace konsul::lmdb

#endif  // KONSUL_STORAGE_LMDB_REPLACEMENT_H_
