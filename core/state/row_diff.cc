#include "core/state/row_diff.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/status.h"
#include "core/wire/catalog.h"
#include "core/wire/kv.h"
#include "core/wire/session.h"

namespace konsul::state {
namespace {

using Change = RowDifference::Change;
using Fields = std::vector<absl::string_view>;

// Adds the names of what differs.
class Comparison {
 public:
  template <typename T>
  void Field(const T& before, const T& after, absl::string_view name) {
    const bool known = !fields_.empty() && fields_.back() == name;
    if (!known && !(before == after)) fields_.push_back(name);
  }
  // Also where the bytes differ and no field does.
  template <typename T>
  void Indexes(const T& before, const T& after) {
    Field(before.create_index, after.create_index, "indexes");
    Field(before.modify_index, after.modify_index, "indexes");
    if (fields_.empty()) fields_.push_back("indexes");
  }
  Fields Take() { return std::move(fields_); }

 private:
  Fields fields_;
};

Fields FieldsOf(const wire::KvEntry& before, const wire::KvEntry& after) {
  Comparison compare;
  compare.Field(before.value, after.value, "value");
  compare.Field(before.flags, after.flags, "flags");
  compare.Field(before.session, after.session, "session");
  compare.Field(before.lock_index, after.lock_index, "indexes");
  compare.Indexes(before, after);
  return compare.Take();
}

Fields FieldsOf(const wire::Session& before, const wire::Session& after) {
  Comparison compare;
  compare.Field(before.name, after.name, "name");
  compare.Field(before.node, after.node, "node");
  compare.Field(before.checks, after.checks, "checks");
  compare.Field(before.service_checks, after.service_checks, "checks");
  compare.Field(before.old_checks, after.old_checks, "checks");
  compare.Field(before.lock_delay, after.lock_delay, "lock delay");
  compare.Field(before.ttl, after.ttl, "TTL");
  compare.Field(before.ttl_text, after.ttl_text, "TTL");
  compare.Field(before.delete_keys, after.delete_keys, "behavior");
  compare.Indexes(before, after);
  return compare.Take();
}

Fields FieldsOf(const wire::Node& before, const wire::Node& after) {
  Comparison compare;
  compare.Field(before.id, after.id, "id");
  compare.Field(before.name, after.name, "name");
  compare.Field(before.address, after.address, "address");
  compare.Field(before.tagged_addresses, after.tagged_addresses, "address");
  compare.Field(before.datacenter, after.datacenter, "datacenter");
  compare.Field(before.meta, after.meta, "meta");
  compare.Indexes(before, after);
  return compare.Take();
}

Fields FieldsOf(const wire::Check& before, const wire::Check& after) {
  Comparison compare;
  compare.Field(before.name, after.name, "name");
  compare.Field(before.status, after.status, "status");
  compare.Field(before.notes, after.notes, "notes");
  compare.Field(before.output, after.output, "output");
  compare.Field(before.type, after.type, "type");
  compare.Indexes(before, after);
  return compare.Take();
}

// Events never change, so these are two that happened in two histories.
Fields FieldsOf(const wire::Event&, const wire::Event&) { return {"event"}; }

template <typename T>
absl::StatusOr<Fields> Decoded(const absl::StatusOr<T>& before, const absl::StatusOr<T>& after) {
  KONSUL_RETURN_IF_ERROR(before.status());
  KONSUL_RETURN_IF_ERROR(after.status());
  return FieldsOf(*before, *after);
}

absl::StatusOr<Fields> FieldsThatDiffer(const Row& before, const Row& after) {
  switch (before.table) {
    case Table::kKv:
      return Decoded(wire::DecodeKvEntry(before.value), wire::DecodeKvEntry(after.value));
    case Table::kSessions:
      return Decoded(wire::DecodeSession(before.value), wire::DecodeSession(after.value));
    case Table::kNodes:
      return Decoded(wire::DecodeNode(before.value), wire::DecodeNode(after.value));
    case Table::kChecks:
      return Decoded(wire::DecodeCheck(before.value), wire::DecodeCheck(after.value));
    case Table::kEvents:
      return Decoded(wire::DecodeEvent(before.value), wire::DecodeEvent(after.value));
    default:
      return Fields();
  }
}

// A source with the row that it stands at.
class Side {
 public:
  explicit Side(RowSource& source) : source_(source) {}

  // To the next row of a visible table.
  absl::Status Advance() {
    do {
      KONSUL_ASSIGN_OR_RETURN(there_, source_.Next(row_));
    } while (there_ && !IsVisible(row_.table));
    return absl::OkStatus();
  }
  bool there() const { return there_; }
  const Row& row() const { return row_; }
  // It has a row, and `other` is further.
  bool Before(const Side& other) const {
    if (!there_ || !other.there_) return there_;
    if (row_.table != other.row_.table) return row_.table < other.row_.table;
    return row_.key < other.row_.key;
  }

 private:
  static bool IsVisible(Table table) {
    return std::find(kVisibleTables.begin(), kVisibleTables.end(), table) != kVisibleTables.end();
  }

  RowSource& source_;
  Row row_;
  bool there_ = false;
};

class Comparer {
 public:
  explicit Comparer(size_t first_max) : first_max_(first_max) {}

  absl::Status OneSided(const Row& row, Change change) {
    RowDiff::Counts& counts = diff_.tables[static_cast<size_t>(row.table)];
    ++(change == Change::kAdded ? counts.added : counts.removed);
    return Keep(row, change, {});
  }
  absl::Status Both(const Row& before, const Row& after) {
    if (before.value == after.value) return absl::OkStatus();
    KONSUL_ASSIGN_OR_RETURN(Fields fields, FieldsThatDiffer(before, after));
    ++diff_.tables[static_cast<size_t>(before.table)].changed;
    return Keep(after, Change::kChanged, std::move(fields));
  }
  RowDiff Take() { return std::move(diff_); }

 private:
  absl::Status Keep(const Row& row, Change change, Fields fields) {
    if (diff_.first.size() >= first_max_) return absl::OkStatus();
    KONSUL_ASSIGN_OR_RETURN(std::string name, NameOf(row));
    diff_.first.push_back({row.table, std::move(name), change, std::move(fields)});
    return absl::OkStatus();
  }

  const size_t first_max_;
  RowDiff diff_;
};

}  // namespace

uint64_t RowDiff::all() const {
  uint64_t sum = 0;
  for (const Counts& counts : tables) sum += counts.all();
  return sum;
}

absl::StatusOr<std::string> NameOf(const Row& row) {
  if (row.table == Table::kChecks) return absl::StrReplaceAll(row.key, {{{"\0", 1}, "/"}});
  if (row.table == Table::kNodes) {
    // The key is in lower case.
    KONSUL_ASSIGN_OR_RETURN(const wire::Node node, wire::DecodeNode(row.value));
    return std::string(node.name);
  }
  if (row.table == Table::kEvents) {
    KONSUL_ASSIGN_OR_RETURN(const wire::Event event, wire::DecodeEvent(row.value));
    return absl::StrCat(event.ltime, " ", event.name);
  }
  return std::string(row.key);
}

absl::StatusOr<RowDiff> Compare(RowSource& before, RowSource& after, size_t first_max) {
  Side a(before);
  Side b(after);
  Comparer comparer(first_max);
  KONSUL_RETURN_IF_ERROR(a.Advance());
  KONSUL_RETURN_IF_ERROR(b.Advance());
  while (a.there() || b.there()) {
    if (a.Before(b)) {
      KONSUL_RETURN_IF_ERROR(comparer.OneSided(a.row(), Change::kRemoved));
      KONSUL_RETURN_IF_ERROR(a.Advance());
    } else if (b.Before(a)) {
      KONSUL_RETURN_IF_ERROR(comparer.OneSided(b.row(), Change::kAdded));
      KONSUL_RETURN_IF_ERROR(b.Advance());
    } else {
      KONSUL_RETURN_IF_ERROR(comparer.Both(a.row(), b.row()));
      KONSUL_RETURN_IF_ERROR(a.Advance());
      KONSUL_RETURN_IF_ERROR(b.Advance());
    }
  }
  return comparer.Take();
}

}  // namespace konsul::state
