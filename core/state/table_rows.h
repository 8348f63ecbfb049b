// The rows of all tables, from one read transaction.
#ifndef KONSUL_CORE_STATE_TABLE_ROWS_H_
#define KONSUL_CORE_STATE_TABLE_ROWS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/state/snapshot_rows.h"
#include "core/state/table_store.h"

namespace konsul::state {

// Never suspends and never fails. Must not outlive the store.
class TableRows final : public RowSource {
 public:
  explicit TableRows(std::unique_ptr<ReadTxn> txn) : txn_(std::move(txn)) {}

  absl::StatusOr<bool> Next(Row& row) override;

 private:
  // Reads ahead; false when every table has ended.
  bool Fill();

  const std::unique_ptr<ReadTxn> txn_;
  std::vector<Row> ahead_;  // in the store, valid as long as the transaction
  size_t next_ = 0;
  int table_ = 0;
  std::string from_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_TABLE_ROWS_H_
