// What remains of deleted keys, so that the index of a query never goes back: a deletion leaves
// key -> index of the deletion in table kTombstones, until the key is written again.
//
// A cluster that creates and deletes for ever must not grow for ever, so only a fixed number of
// tombstones is kept: the oldest go first, by (index, key), and the highest index that went is
// remembered in kMeta ("kv.dropped"). A query that finds no key answers at least that index: it may
// be higher than needed, never too low. Dropping depends on the applied commands alone, so all
// replicas drop the same.
#ifndef KONSUL_CORE_STATE_TOMBSTONES_H_
#define KONSUL_CORE_STATE_TOMBSTONES_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/table_store.h"

namespace konsul::state {

// Owned by the state machine. Holds the age order in memory; the table is the truth.
class Tombstones {
 public:
  // `limit` must be the same on every server of a cluster.
  explicit Tombstones(size_t limit) : limit_(limit) {}

  // Reads the table anew: at the start, and after a write transaction was given up. DataLoss.
  absl::Status Load(const ReadTxn& txn);

  // `key` was deleted by the command at `index`.
  absl::Status Add(Effects& effects, absl::string_view key, Index index);
  // As Add, one after the other; `keys` ascend.
  absl::Status AddAll(Effects& effects, absl::Span<const std::string> keys, Index index);
  // `key` exists again.
  absl::Status Remove(Effects& effects, absl::string_view key);

  size_t size() const { return by_age_.size(); }
  // Counts calls that changed it.
  uint64_t changes() const { return changes_; }

 private:
  absl::Status DropOldest(Effects& effects);

  size_t limit_;
  uint64_t changes_ = 0;
  std::set<std::pair<uint64_t, std::string>> by_age_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_TOMBSTONES_H_
