#include "core/state/change_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "core/base/check.h"
#include "core/base/mutation.h"

namespace konsul::state {
namespace {

// Groups that are looked at in one call: well below a millisecond.
constexpr size_t kGroupsInARow = 4096;

size_t BytesOf(const ChangeLog::Change& change) {
  return change.key.size() + (change.row ? change.row->size() : 0);
}

}  // namespace

std::vector<std::string> DistinctPrefixes(std::vector<std::string> prefixes) {
  if (prefixes.empty()) prefixes.emplace_back();
  std::sort(prefixes.begin(), prefixes.end());
  std::vector<std::string> distinct;
  for (std::string& prefix : prefixes) {
    // Whatever begins with the last one follows right behind it.
    if (!distinct.empty() && absl::StartsWith(prefix, distinct.back())) continue;
    distinct.push_back(std::move(prefix));
  }
  return distinct;
}

ChangeReader::ChangeReader(ChangeLog& log, Table table, std::vector<std::string> prefixes,
                           Index position)
    : log_(log),
      table_(table),
      prefixes_(std::move(prefixes)),
      generation_(log.generation()),
      position_(position),
      changed_(log.scheduler_) {
  ++log_.readers_;
}

ChangeReader::~ChangeReader() {
  StopWaiting();
  --log_.readers_;
}

bool ChangeReader::TooLate() const {
  return generation_ != log_.generation() || position() < log_.floor();
}

Index ChangeReader::position() const {
  const bool at_the_end = !places_.empty() && !concerned_;
  return at_the_end ? std::max(position_, log_.end()) : position_;
}

bool ChangeReader::Matches(const ChangeLog::Change& change) const {
  // The last prefix that is not behind the key; no other one can be the beginning of it.
  const auto it = std::upper_bound(prefixes_.begin(), prefixes_.end(), change.key);
  return change.table == table_ && it != prefixes_.begin() &&
         absl::StartsWith(change.key, *std::prev(it));
}

size_t ChangeReader::NextIn(const ChangeLog::Group& group, size_t offset) const {
  while (offset < group.changes.size() && !Matches(group.changes[offset])) ++offset;
  return offset;
}

ChangeReader::Found ChangeReader::Next(size_t bytes_max, Batch& batch) {
  KONSUL_CHECK(places_.empty(), "it waits");
  batch = {};
  if (TooLate()) return Found::kTooLate;
  const auto& groups = log_.groups();
  size_t at = log_.FirstAfter(position_);
  for (size_t looked = 0; at < groups.size(); ++at, ++looked) {
    if (looked == kGroupsInARow) return Found::kLookOn;
    const ChangeLog::Group& group = groups[at];
    size_t bytes = 0;
    size_t next = NextIn(group, offset_);
    while (next < group.changes.size() && (bytes == 0 || bytes < bytes_max)) {
      bytes += BytesOf(group.changes[next]);
      batch.changes.push_back({group.index, &group.changes[next]});
      next = NextIn(group, next + 1);
    }
    batch.index = group.index;
    batch.more = next < group.changes.size();
    if (batch.more) {
      offset_ = next;
      return Found::kChanges;
    }
    position_ = group.index;
    offset_ = 0;
    if (!batch.changes.empty()) return Found::kChanges;
  }
  position_ = std::max(position_, log_.end());
  return Found::kNothing;
}

ChangeReader::Found ChangeReader::NextCoalesced(size_t bytes_max, Batch& batch) {
  // One by one, so that whatever is too large for one batch goes out in pieces as ever.
  const bool in_the_middle = offset_ > 0;
  const Found found = Next(bytes_max, batch);
  if (found != Found::kChanges || in_the_middle || batch.more) return found;
  std::map<absl::string_view, Change> last;
  size_t bytes = 0;
  const auto add = [&](const Batch& some) {
    for (const Change& change : some.changes) {
      last.insert_or_assign(change.change->key, change);
      bytes += BytesOf(*change.change);
    }
  };
  add(batch);
  const auto& groups = log_.groups();
  for (size_t at = log_.FirstAfter(position_), looked = 0;
       at < groups.size() && looked < kGroupsInARow && bytes < bytes_max; ++at, ++looked) {
    const ChangeLog::Group& group = groups[at];
    if (group.bytes > bytes_max) break;
    Batch more{group.index, false, {}};
    for (size_t i = NextIn(group, 0); i < group.changes.size(); i = NextIn(group, i + 1)) {
      more.changes.push_back({group.index, &group.changes[i]});
    }
    add(more);
    position_ = group.index;
    if (!more.changes.empty()) batch.index = group.index;
  }
  batch.changes.clear();
  for (const auto& [key, change] : last) batch.changes.push_back(change);
  std::stable_sort(batch.changes.begin(), batch.changes.end(),
                   [](const Change& a, const Change& b) { return a.index < b.index; });
  return Found::kChanges;
}

void ChangeReader::Wait(fiber::Continuation& continuation) {
  KONSUL_CHECK(places_.empty(), "it waits already");
  concerned_ = false;
  ChangeLog::Part& part = log_.waiting_[table_];
  for (const std::string& prefix : prefixes_) {
    places_.push_back(part.prefixes.emplace(prefix, this));
    ++part.lengths[prefix.size()];
  }
  continuation.WaitIn(changed_);
}

void ChangeReader::StopWaiting() {
  if (places_.empty()) return;
  position_ = position();
  ChangeLog::Part& part = log_.waiting_[table_];
  for (const auto place : places_) {
    const auto length = part.lengths.find(place->first.size());
    if (--length->second == 0) part.lengths.erase(length);
    part.prefixes.erase(place);
  }
  places_.clear();
  changed_.WakeAll();
}

void ChangeReader::Concern(Index index) {
  // What was read before it was even applied here is no news.
  if (concerned_ || index <= position_) return;
  position_ = index - 1;
  concerned_ = true;
  changed_.WakeAll();
}

void ChangeReader::Restarting(Index applied) {
  position_ = position();
  concerned_ = true;
  if (mutation::On(Mutation::kStreamReplaysAfterSnapshot)) {
    position_ = std::min(position_, applied);
  }
  changed_.WakeAll();
}

}  // namespace konsul::state
