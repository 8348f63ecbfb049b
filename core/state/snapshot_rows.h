// The contents of all tables as a stream of rows, in the order (table, key): what a snapshot holds.
#ifndef KONSUL_CORE_STATE_SNAPSHOT_ROWS_H_
#define KONSUL_CORE_STATE_SNAPSHOT_ROWS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/state/table_store.h"

namespace konsul::state {

struct Row {
  Table table = Table::kMeta;
  absl::string_view key;
  absl::string_view value;
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  // False at the end. `row` is valid until the next call. May suspend.
  virtual absl::StatusOr<bool> Next(Row& row) = 0;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_SNAPSHOT_ROWS_H_
