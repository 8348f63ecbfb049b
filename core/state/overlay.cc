#include "core/state/overlay.h"

#include <algorithm>

#include "core/base/status.h"

namespace konsul::state {
namespace {

// absl's string_view is not one that std::less<> compares with std::string.
std::string Owned(absl::string_view text) { return std::string(text); }

}  // namespace

std::optional<absl::string_view> Overlay::Get(Table table, absl::string_view key) const {
  const auto it = Of(table).find(Owned(key));
  if (it == Of(table).end()) return base_.Get(table, key);
  if (!it->second) return std::nullopt;
  return absl::string_view(*it->second);
}

void Overlay::Scan(Table table, absl::string_view from,
                   const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  auto next = Of(table).lower_bound(Owned(from));
  const auto end = Of(table).end();
  bool more = true;
  // Those of the changes before `key`, and whether `key` itself is among them.
  const auto visit_changes = [&](const absl::string_view* key) {
    for (; more && next != end && (key == nullptr || next->first <= *key); ++next) {
      const bool same = key != nullptr && next->first == *key;
      if (next->second) more = visit(next->first, *next->second);
      if (same) {
        ++next;
        return true;
      }
    }
    return false;
  };
  base_.Scan(table, from, [&](absl::string_view key, absl::string_view value) {
    if (!visit_changes(&key) && more) more = visit(key, value);
    return more;
  });
  visit_changes(nullptr);
}

absl::Status Overlay::Put(Table table, absl::string_view key, absl::string_view value) {
  changes_[static_cast<size_t>(table)][Owned(key)] = std::string(value);
  return absl::OkStatus();
}

absl::Status Overlay::Delete(Table table, absl::string_view key) {
  changes_[static_cast<size_t>(table)][Owned(key)] = std::nullopt;
  return absl::OkStatus();
}

absl::Status Overlay::Commit() {
  return absl::FailedPreconditionError("changes on top of a read transaction have no store");
}

bool Overlay::empty() const {
  return std::all_of(changes_.begin(), changes_.end(),
                     [](const Changes& changes) { return changes.empty(); });
}

absl::Status Overlay::ApplyTo(Effects& effects) const {
  for (size_t table = 0; table < changes_.size(); ++table) {
    for (const auto& [key, value] : changes_[table]) {
      KONSUL_RETURN_IF_ERROR(value ? effects.Put(static_cast<Table>(table), key, *value)
                                   : effects.Delete(static_cast<Table>(table), key));
    }
  }
  return absl::OkStatus();
}

}  // namespace konsul::state
