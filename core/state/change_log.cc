#include "core/state/change_log.h"

#include <algorithm>
#include <tuple>

#include "core/base/check.h"
#include "core/state/change_reader.h"

namespace konsul::state {
namespace {

// Of a change, beside its bytes: the strings, their memory's own overhead, its share of a group.
constexpr size_t kOverhead = 128;

size_t BytesOf(const ChangeLog::Change& change) {
  return kOverhead + change.key.size() + (change.row ? change.row->size() : 0);
}

}  // namespace

ChangeLog::~ChangeLog() { KONSUL_CHECK(readers_ == 0, "somebody still reads"); }

bool ChangeLog::Keeps(Table table) {
  return std::find(std::begin(kStreamed), std::end(kStreamed), table) != std::end(kStreamed);
}

void ChangeLog::Begin(Index index) {
  Close();
  noted_.push_back({index, {}, 0});
}

void ChangeLog::Note(Table table, absl::string_view key, std::optional<absl::string_view> row) {
  if (!Keeps(table)) return;
  KONSUL_CHECK(!noted_.empty(), "a change outside of any command");
  Change change{table, std::string(key), std::nullopt};
  if (row) change.row.emplace(*row);
  noted_.back().changes.push_back(std::move(change));
}

void ChangeLog::Close() {
  if (noted_.empty()) return;
  Group& group = noted_.back();
  if (group.changes.empty()) {
    noted_.pop_back();
    return;
  }
  auto& changes = group.changes;
  const auto place = [](const Change& c) { return std::tie(c.table, c.key); };
  const auto is_behind = [&](const Change& a, const Change& b) { return place(a) >= place(b); };
  // The many of a tree that is deleted are in order.
  if (std::adjacent_find(changes.begin(), changes.end(), is_behind) != changes.end()) {
    std::stable_sort(changes.begin(), changes.end(),
                     [&](const Change& a, const Change& b) { return place(a) < place(b); });
    // Of the same key, the last one stays.
    const auto first = std::unique(
        changes.rbegin(), changes.rend(),
        [&](const Change& later, const Change& earlier) { return place(later) == place(earlier); });
    changes.erase(changes.begin(), first.base());
  }
  changes.shrink_to_fit();
  for (const Change& change : changes) group.bytes += BytesOf(change);
}

void ChangeLog::Publish(Index applied) {
  Close();
  for (Group& group : noted_) {
    KONSUL_CHECK(group.index > end_ && group.index <= applied, "a change out of order");
    Tell(group);
    end_ = group.index;
    bytes_ += group.bytes;
    changes_ += group.changes.size();
    groups_.push_back(std::move(group));
  }
  noted_.clear();
  end_ = applied;
  PushOut();
}

void ChangeLog::Tell(const Group& group) {
  for (const Change& change : group.changes) {
    const auto part = waiting_.find(change.table);
    if (part == waiting_.end()) continue;
    for (const auto& [length, count] : part->second.lengths) {
      if (length > change.key.size()) break;
      const auto [first, last] =
          part->second.prefixes.equal_range(absl::string_view(change.key).substr(0, length));
      for (auto it = first; it != last; ++it) it->second->Concern(group.index);
    }
  }
}

void ChangeLog::PushOut() {
  while (bytes_ > options_.bytes_max || changes_ > options_.changes_max) {
    const Group& oldest = groups_.front();
    bytes_ -= oldest.bytes;
    changes_ -= oldest.changes.size();
    floor_ = oldest.index;
    groups_.pop_front();
  }
}

void ChangeLog::Discard() { noted_.clear(); }

void ChangeLog::Restart(Index applied) {
  Discard();
  // They know everything up to where it ended, which matters only now.
  for (auto& [table, part] : waiting_) {
    for (auto& [prefix, reader] : part.prefixes) reader->Restarting(applied);
  }
  if (applied < end_) ++generation_;
  end_ = applied;
  floor_ = applied;
  groups_.clear();
  bytes_ = 0;
  changes_ = 0;
}

size_t ChangeLog::FirstAfter(Index index) const {
  const auto it = std::upper_bound(groups_.begin(), groups_.end(), index,
                                   [](Index i, const Group& group) { return i < group.index; });
  return static_cast<size_t>(it - groups_.begin());
}

}  // namespace konsul::state
