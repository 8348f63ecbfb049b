// In what two states differ, as people see it: keys, sessions, nodes, checks and events that are in
// one and not in the other, or not the same.
// For two snapshots, indexes included; what a restore would change is said by restoration.h.
#ifndef KONSUL_CORE_STATE_ROW_DIFF_H_
#define KONSUL_CORE_STATE_ROW_DIFF_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/state/snapshot_rows.h"
#include "core/state/table_store.h"

namespace konsul::state {

// Tables whose rows people know. What the others hold follows from these, or is bookkeeping.
inline constexpr std::array kVisibleTables = {Table::kKv, Table::kSessions, Table::kNodes,
                                              Table::kChecks, Table::kEvents};

struct RowDifference {
  enum class Change : uint8_t { kAdded, kRemoved, kChanged };
  Table table = Table::kKv;
  // A key, the id of a session, the name of a node, "NODE/CHECK", "NUMBER NAME" of an event.
  std::string name;
  Change change = Change::kAdded;
  // Of one that changed, what did: "value", "flags". "indexes" where it is the same as before for
  // those who do not look at these.
  std::vector<absl::string_view> fields;
};

struct RowDiff {
  struct Counts {
    uint64_t added = 0;
    uint64_t removed = 0;
    uint64_t changed = 0;
    uint64_t all() const { return added + removed + changed; }
    friend bool operator==(const Counts&, const Counts&) = default;
  };
  std::array<Counts, kTableCount> tables;  // by number; those that are not visible stay at 0
  std::vector<RowDifference> first;        // as many as were asked for, by (table, key)

  const Counts& of(Table table) const { return tables[static_cast<size_t>(table)]; }
  uint64_t all() const;
};

// From `before` to `after`, both read to their ends, side by side; nothing is kept but what is
// returned. Suspends as the sources do. Their errors, and DataLoss for a row that makes no sense.
absl::StatusOr<RowDiff> Compare(RowSource& before, RowSource& after, size_t first_max);

// What the row is called in a RowDifference. DataLoss when it makes no sense.
absl::StatusOr<std::string> NameOf(const Row& row);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_ROW_DIFF_H_
