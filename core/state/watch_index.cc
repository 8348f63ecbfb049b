#include "core/state/watch_index.h"

#include "core/base/check.h"

namespace konsul::state {

WatchIndex::~WatchIndex() { KONSUL_CHECK(size() == 0, "somebody still watches"); }

void WatchIndex::Add(const WatchSet& set, fiber::Continuation& continuation,
                     std::vector<Watch>& watches) {
  watches.reserve(watches.size() + set.items().size());
  for (const WatchSet::Item& item : set.items()) {
    Part& part = parts_[static_cast<size_t>(item.table)];
    const auto [it, fresh] = (item.prefix ? part.prefixes : part.keys)
                                 .try_emplace(item.key, scheduler_, part, item.prefix);
    if (fresh && item.prefix) ++part.lengths[item.key.size()];
    ++it->second.watches;
    continuation.WaitIn(it->second.waiting);
    watches.push_back(Watch(this, &*it));
  }
}

void WatchIndex::Drop(Map::value_type* dropped) {
  Entry& entry = dropped->second;
  if (--entry.watches > 0) return;
  KONSUL_CHECK(!entry.noted, "a change is being published");
  // Whoever waits without a watch of his own would never be told.
  entry.waiting.WakeAll();
  Part& part = entry.part;
  if (!entry.prefix) {
    part.keys.erase(part.keys.find(dropped->first));
    return;
  }
  const auto length = part.lengths.find(dropped->first.size());
  if (--length->second == 0) part.lengths.erase(length);
  part.prefixes.erase(part.prefixes.find(dropped->first));
}

void WatchIndex::Follow(Table table, std::function<void(absl::string_view key)> changed,
                        std::function<void()> replaced) {
  followers_[table] = {std::move(changed), std::move(replaced), {}};
}

void WatchIndex::Note(Table table, absl::string_view key) {
  if (const auto it = followers_.find(table); it != followers_.end()) {
    it->second.keys.emplace_back(key);
  }
  Part& part = parts_[static_cast<size_t>(table)];
  if (!part.keys.empty()) Note(part.keys, key);
  for (const auto& [length, count] : part.lengths) {
    if (length > key.size()) break;
    Note(part.prefixes, key.substr(0, length));
  }
}

void WatchIndex::Note(Map& map, absl::string_view key) {
  const auto it = map.find(key);
  if (it == map.end() || it->second.noted) return;
  it->second.noted = true;
  noted_.push_back(&it->second);
}

void WatchIndex::Publish() {
  for (Entry* entry : noted_) {
    entry->noted = false;
    entry->waiting.WakeAll();
  }
  noted_.clear();
  for (auto& [table, follower] : followers_) {
    for (const std::string& key : follower.keys) follower.changed(key);
    follower.keys.clear();
  }
}

void WatchIndex::Discard() {
  for (auto& [table, follower] : followers_) follower.keys.clear();
  for (Entry* entry : noted_) entry->noted = false;
  noted_.clear();
}

void WatchIndex::PublishAll() {
  Discard();
  ++replaced_;
  for (Part& part : parts_) {
    for (Map* map : {&part.keys, &part.prefixes}) {
      for (auto& [key, entry] : *map) entry.waiting.WakeAll();
    }
  }
  for (auto& [table, follower] : followers_) follower.replaced();
}

size_t WatchIndex::size() const {
  size_t sum = 0;
  for (const Part& part : parts_) sum += part.keys.size() + part.prefixes.size();
  return sum;
}

}  // namespace konsul::state
