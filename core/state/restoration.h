// What a restore makes of the state: the rows of a snapshot take the place of the present ones, and
// every promise to clients holds across it (docs/api/snapshot.md).
//
// A restore is a change like any other. What is in the snapshot as it is in the tables keeps its
// indexes; what differs has the index of the restore; what the snapshot does not have is deleted at
// that index. So no index goes back, whatever history the snapshot is of, and a key that changed
// has another ModifyIndex than before. A lock that has another holder afterwards has a higher
// LockIndex than ever, and whoever lost one leaves its lock delay behind. The TTLs of sessions
// begin anew. Events are not part of a restore.
//
// Rows that follow from others (who holds what, which session is of which node) are computed, not
// taken over.
#ifndef KONSUL_CORE_STATE_RESTORATION_H_
#define KONSUL_CORE_STATE_RESTORATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/state/snapshot_rows.h"
#include "core/state/table_store.h"
#include "core/wire/kv.h"
#include "core/wire/session.h"

namespace konsul::state {

// Whether a restore takes over rows of this table of a snapshot.
bool IsRestored(Table table);

// One pass over both; made anew for another. Deterministic.
class Restoration {
 public:
  struct Counts {
    uint64_t added = 0, changed = 0, removed = 0, unchanged = 0;
    bool any() const { return added + changed + removed > 0; }
  };
  struct Summary {
    Counts keys, sessions, nodes, checks;
    uint64_t locks_lost = 0;  // by sessions that hold them now
  };
  enum class Change { kAdded, kChanged, kRemoved };

  // `present` are the tables as they are, at a moment that stays. `index` is that of the restore.
  Restoration(const ReadTxn& present, Index index, size_t max_tombstones);

  // Told of each key, session, node and check that will differ. Optional.
  using OnChange = std::function<void(Change, Table, absl::string_view key)>;
  void OnEachChange(OnChange on_change) { on_change_ = std::move(on_change); }

  // Reads `wanted`, the rows of a snapshot, and gives out the rows of all tables but kMeta in
  // ascending order. Calls `breathe`, which may suspend, every now and then. InvalidArgument when
  // the rows make no sense: says which and why. Other errors are those of its arguments.
  using Emit =
      absl::FunctionRef<absl::Status(Table, absl::string_view key, absl::string_view value)>;
  absl::Status Run(RowSource& wanted, Emit emit, absl::FunctionRef<absl::Status()> breathe);

  // After Run: the rows of kMeta, without those that say where the state machine stands.
  std::map<std::string, std::string> MetaRows() const;
  const Summary& summary() const { return summary_; }

 private:
  class Wanted;
  using Emitter = absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)>;
  // One key of a table: what is there now, what the snapshot has; one of both at least.
  using Merger =
      absl::FunctionRef<absl::Status(absl::string_view key, std::optional<absl::string_view> now,
                                     std::optional<absl::string_view> wanted)>;

  absl::Status Merge(Table table, Wanted& wanted, Merger merger,
                     absl::FunctionRef<absl::Status()> breathe);
  absl::Status MergeKey(absl::string_view key, std::optional<absl::string_view> now,
                        std::optional<absl::string_view> wanted, Emitter emit);
  absl::Status MergeSession(absl::string_view id, std::optional<absl::string_view> now,
                            std::optional<absl::string_view> wanted, Emitter emit);
  absl::Status MergeDelay(absl::string_view key, std::optional<absl::string_view> now,
                          std::optional<absl::string_view> wanted);
  // kNodes and kChecks.
  template <typename Record>
  absl::Status MergeRecord(Table table, absl::string_view key, std::optional<absl::string_view> now,
                           std::optional<absl::string_view> wanted, Counts& counts, Emitter emit);
  absl::Status LoadTombstones();
  absl::Status LoseLock(absl::string_view key, absl::string_view session);
  // Counts, and tells.
  void Note(Counts& counts, Table table, absl::string_view key, bool is_there, bool is_wanted,
            bool same);

  const ReadTxn& present_;
  const uint64_t index_;
  const size_t max_tombstones_;
  OnChange on_change_;
  Summary summary_;
  uint64_t slot_;
  uint64_t tombstones_dropped_ = 0;
  std::map<std::string, uint64_t> tombstones_;
  std::map<std::string, std::string> held_;         // rows of kSessionKeys
  std::map<std::string, std::string> lost_delays_;  // rows of kLockDelays
  std::map<std::string, std::string> delays_;
  std::set<std::string> sessions_;
  std::set<std::string> with_ttl_;
  std::set<std::string> node_sessions_;
  std::set<std::string> check_sessions_;
  std::set<std::string> needed_nodes_;   // by sessions
  std::set<std::string> needed_checks_;  // likewise
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_RESTORATION_H_
