#include "core/state/restoration.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/meta.h"
#include "core/wire/catalog.h"

namespace konsul::state {
namespace {

constexpr int kRowsPerBreath = 512;

// The rows of one table as they are, some at a time.
class Present {
 public:
  Present(const ReadTxn& txn, Table table) : txn_(txn), table_(table) { Fill(); }
  bool done() const { return next_ == rows_.size(); }
  absl::string_view key() const { return rows_[next_].first; }
  absl::string_view value() const { return rows_[next_].second; }
  void Advance() {
    if (++next_ == rows_.size()) Fill();
  }

 private:
  void Fill() {
    if (!rows_.empty()) from_ = absl::StrCat(rows_.back().first, absl::string_view("\0", 1));
    rows_.clear();
    next_ = 0;
    txn_.Scan(table_, from_, [&](absl::string_view key, absl::string_view value) {
      rows_.emplace_back(key, value);
      return rows_.size() < kRowsPerBreath;
    });
  }

  const ReadTxn& txn_;
  const Table table_;
  std::string from_;
  std::vector<std::pair<absl::string_view, absl::string_view>> rows_;
  size_t next_ = 0;
};

}  // namespace

bool IsRestored(Table table) {
  switch (table) {
    case Table::kKv:
    case Table::kSessions:
    case Table::kLockDelays:
    case Table::kNodes:
    case Table::kChecks:
      return true;
    case Table::kMeta:
    case Table::kTombstones:
    case Table::kSessionKeys:
    case Table::kNodeSessions:
    case Table::kCheckSessions:
    case Table::kRenewals:
    case Table::kEvents:
    case Table::kStaged:
      return false;
  }
  return false;
}

// The rows of a snapshot, one read ahead, those that are not taken over left out.
class Restoration::Wanted {
 public:
  explicit Wanted(RowSource& rows) : rows_(rows) {}

  absl::Status Advance() {
    do {
      KONSUL_ASSIGN_OR_RETURN(const bool more, rows_.Next(row_));
      if (!more) {
        done_ = true;
        return absl::OkStatus();
      }
      if (row_.key.empty() || row_.key.size() > TableStore::kMaxKeySize) {
        return Senseless(row_.table, row_.key, "a key of 1 to 511 bytes is wanted");
      }
      if (before_ &&
          std::pair(row_.table, row_.key) <= std::pair(table_, absl::string_view(key_))) {
        return Senseless(row_.table, row_.key, "not in ascending order");
      }
      before_ = true;
      table_ = row_.table;
      key_.assign(row_.key.data(), row_.key.size());
    } while (!IsRestored(row_.table));
    return absl::OkStatus();
  }
  bool Has(Table table) const { return !done_ && row_.table == table; }
  absl::string_view key() const { return row_.key; }
  absl::string_view value() const { return row_.value; }

 private:
  RowSource& rows_;
  Row row_;
  bool done_ = false;
  bool before_ = false;
  Table table_ = Table::kMeta;
  std::string key_;
};

Restoration::Restoration(const ReadTxn& present, Index index, size_t max_tombstones)
    : present_(present), index_(index.value), max_tombstones_(max_tombstones) {}

absl::Status Restoration::Merge(Table table, Wanted& wanted, Merger merger,
                                absl::FunctionRef<absl::Status()> breathe) {
  Present present(present_, table);
  for (int rows = 1; !present.done() || wanted.Has(table); ++rows) {
    if (rows % kRowsPerBreath == 0) KONSUL_RETURN_IF_ERROR(breathe());
    const bool is_wanted = wanted.Has(table) && (present.done() || wanted.key() <= present.key());
    const bool is_there = !present.done() && (!wanted.Has(table) || present.key() <= wanted.key());
    KONSUL_RETURN_IF_ERROR(merger(is_there ? present.key() : wanted.key(),
                                  is_there ? std::optional(present.value()) : std::nullopt,
                                  is_wanted ? std::optional(wanted.value()) : std::nullopt));
    if (is_there) present.Advance();
    if (is_wanted) KONSUL_RETURN_IF_ERROR(wanted.Advance());
  }
  return absl::OkStatus();
}

void Restoration::Note(Counts& counts, Table table, absl::string_view key, bool is_there,
                       bool is_wanted, bool same) {
  if (same) {
    ++counts.unchanged;
    return;
  }
  ++(!is_there ? counts.added : !is_wanted ? counts.removed : counts.changed);
  if (!on_change_) return;
  on_change_(!is_there    ? Change::kAdded
             : !is_wanted ? Change::kRemoved
                          : Change::kChanged,
             table, key);
}

absl::Status Restoration::Run(RowSource& rows, Emit emit,
                              absl::FunctionRef<absl::Status()> breathe) {
  const auto into = [&](Table table) {
    return [&emit, table](absl::string_view key, absl::string_view value) {
      return emit(table, key, value);
    };
  };
  const auto emit_all = [&](Table table, const auto& keys, const std::string& value) {
    for (const auto& key : keys) KONSUL_RETURN_IF_ERROR(emit(table, key, value));
    return absl::OkStatus();
  };
  Wanted wanted(rows);
  KONSUL_RETURN_IF_ERROR(wanted.Advance());
  KONSUL_RETURN_IF_ERROR(LoadTombstones());
  KONSUL_RETURN_IF_ERROR(Merge(
      Table::kKv, wanted,
      [&](auto key, auto now, auto want) { return MergeKey(key, now, want, into(Table::kKv)); },
      breathe));
  // All that are new are of one age, so none of them can be dropped before another.
  if (tombstones_dropped_ > 0) tombstones_.clear();
  for (const auto& [key, index] : tombstones_) {
    KONSUL_RETURN_IF_ERROR(emit(Table::kTombstones, key, EncodeU64(index)));
  }
  KONSUL_RETURN_IF_ERROR(Merge(
      Table::kSessions, wanted,
      [&](auto id, auto now, auto want) {
        return MergeSession(id, now, want, into(Table::kSessions));
      },
      breathe));
  for (const auto& [row, key] : held_) {
    if (!sessions_.contains(row.substr(0, kSessionIdSize))) {
      return Senseless(Table::kKv, key, "held by a session that is not there");
    }
    KONSUL_RETURN_IF_ERROR(emit(Table::kSessionKeys, row, key));
  }
  KONSUL_RETURN_IF_ERROR(emit_all(Table::kNodeSessions, node_sessions_, ""));
  KONSUL_RETURN_IF_ERROR(emit_all(Table::kCheckSessions, check_sessions_, ""));
  KONSUL_RETURN_IF_ERROR(emit_all(Table::kRenewals, with_ttl_, EncodeU64(index_)));
  KONSUL_RETURN_IF_ERROR(Merge(
      Table::kLockDelays, wanted,
      [&](auto key, auto now, auto want) { return MergeDelay(key, now, want); }, breathe));
  for (const auto& [key, delay] : lost_delays_) delays_[key] = delay;
  for (const auto& [key, delay] : delays_) {
    KONSUL_RETURN_IF_ERROR(emit(Table::kLockDelays, key, delay));
  }
  KONSUL_RETURN_IF_ERROR(Merge(
      Table::kNodes, wanted,
      [&](auto key, auto now, auto want) {
        return MergeRecord<wire::Node>(Table::kNodes, key, now, want, summary_.nodes,
                                       into(Table::kNodes));
      },
      breathe));
  KONSUL_RETURN_IF_ERROR(Merge(
      Table::kChecks, wanted,
      [&](auto key, auto now, auto want) {
        return MergeRecord<wire::Check>(Table::kChecks, key, now, want, summary_.checks,
                                        into(Table::kChecks));
      },
      breathe));
  if (!needed_nodes_.empty() || !needed_checks_.empty()) {
    return Senseless(needed_nodes_.empty() ? Table::kChecks : Table::kNodes,
                     needed_nodes_.empty() ? *needed_checks_.begin() : *needed_nodes_.begin(),
                     "missing, though a session depends on it");
  }
  return Merge(
      Table::kEvents, wanted,
      [&](auto key, auto now, auto) { return emit(Table::kEvents, key, *now); }, breathe);
}

std::map<std::string, std::string> Restoration::MetaRows() const {
  std::map<std::string, std::string> rows;
  present_.Scan(Table::kMeta, "", [&](absl::string_view key, absl::string_view value) {
    rows.emplace(key, value);
    return true;
  });
  rows.erase(std::string(kMetaStaged));
  rows.erase(std::string(kMetaApplied));
  rows.erase(std::string(kMetaDigest));
  const auto changed = [&](const Counts& counts, std::initializer_list<absl::string_view> names) {
    if (!counts.any()) return;
    for (const absl::string_view name : names) rows[std::string(name)] = EncodeU64(index_);
  };
  changed(summary_.sessions, {kMetaSessions, kMetaSessionsEnded});
  changed(summary_.nodes, {kMetaNodes, kMetaNodesGone});
  changed(summary_.checks, {kMetaChecks});
  if (tombstones_dropped_ > 0) rows[std::string(kMetaKvDropped)] = EncodeU64(tombstones_dropped_);
  return rows;
}

}  // namespace konsul::state
