// Readers of the change log against a history that is never shortened.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/state/change_log.h"
#include "core/state/change_reader.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

using Found = ChangeReader::Found;

// What one index left of each key; "": deleted.
using Step = std::map<std::string, std::string>;

const std::vector<std::string> kKeys = {"a", "a/", "a/b", "a/b/c", "ab", "b", "b/a", "c"};
const std::vector<std::string> kPrefixes = {"", "a", "a/", "a/b", "b", "b/", "c", "d"};

struct Reader {
  std::set<std::string> prefixes;
  uint64_t position = 0;
  uint64_t generation = 0;  // of the log, when it began
  bool coalesce = false;
  size_t bytes_max = 1;
  std::unique_ptr<ChangeReader> reader;
  std::unique_ptr<fiber::Continuation> wakes;  // while it waits
  bool restarted = false;                      // since it waits
  Step pieces;                                 // of an index that it is in the middle of
};

class Model {
 public:
  explicit Model(ChangeLog::Options bounds) : bounds_(bounds), log_(scheduler_, bounds) {}
  ~Model() { readers_.clear(); }

  void Commit() {
    const int commands = *rc::gen::inRange(1, 4);
    for (int i = 0; i < commands; ++i) {
      log_.Begin(Index(++end_));
      Step& step = history_[end_];
      for (int n = *rc::gen::inRange(0, 5); n > 0; --n) {
        const std::string key = *rc::gen::elementOf(kKeys);
        const bool deletes = *rc::gen::inRange(0, 3) == 0;
        const std::string row = deletes ? "" : absl::StrCat("v", end_, "-", n);
        log_.Note(Table::kKv, key, deletes ? std::nullopt : std::make_optional(row));
        step[key] = row;
      }
    }
    log_.Publish(Index(end_));
    for (Reader& r : readers_) {
      if (r.wakes == nullptr) continue;
      const bool expected = r.restarted || NextConcern(r) != 0;
      RC_ASSERT(r.wakes->woken() == expected);
    }
    CheckBounds();
  }

  void Restart() {
    const bool back = end_ > 3 && *rc::gen::inRange(0, 3) == 0;
    if (back) ++generation_;
    end_ =
        back ? end_ - *rc::gen::inRange<uint64_t>(1, 4) : end_ + *rc::gen::inRange<uint64_t>(0, 4);
    restarted_ = end_;
    history_.clear();
    log_.Restart(Index(end_));
    RC_ASSERT(log_.floor() == Index(end_));
    for (Reader& r : readers_) {
      RC_ASSERT(Woken(r));
      r.restarted = true;
    }
  }

  void Arrive() {
    Reader r;
    for (int n = *rc::gen::inRange(1, 4); n > 0; --n)
      r.prefixes.insert(*rc::gen::elementOf(kPrefixes));
    r.position = *rc::gen::inRange<uint64_t>(end_ < 12 ? 0 : end_ - 12, end_ + 4);
    r.generation = generation_;
    r.coalesce = *rc::gen::arbitrary<bool>();
    r.bytes_max = *rc::gen::element<size_t>(1, 8, 300, 1 << 20);
    r.reader = std::make_unique<ChangeReader>(
        log_, Table::kKv, DistinctPrefixes({r.prefixes.begin(), r.prefixes.end()}),
        Index(r.position));
    readers_.push_back(std::move(r));
  }

  void Read() {
    if (readers_.empty()) return;
    const size_t which = *rc::gen::inRange<size_t>(0, readers_.size());
    Reader& r = readers_[which];
    if (r.wakes != nullptr) {
      const bool woken = r.wakes->woken();
      r.reader->StopWaiting();
      r.wakes.reset();
      // Who waited at the end is late only when the history was replaced.
      const bool late = r.reader->TooLate();
      if (!woken) RC_ASSERT(!late);
    }
    ChangeReader::Batch batch;
    const Found found = r.coalesce ? r.reader->NextCoalesced(r.bytes_max, batch)
                                   : r.reader->Next(r.bytes_max, batch);
    if (found == Found::kTooLate) {
      const bool lost = generation_ != r.generation || Known(r) < log_.floor().value;
      RC_ASSERT(lost);
      readers_.erase(readers_.begin() + static_cast<ptrdiff_t>(which));
      return;
    }
    RC_ASSERT(generation_ == r.generation);
    if (found == Found::kNothing) {
      RC_ASSERT(NextConcern(r) == 0u);
      RC_ASSERT(r.pieces.empty());
      r.position = std::max(r.position, end_);
      RC_ASSERT(r.reader->position() == Index(r.position));
      r.wakes = std::make_unique<fiber::Continuation>(scheduler_);
      r.restarted = false;
      r.reader->Wait(*r.wakes);
      return;
    }
    RC_ASSERT(found == Found::kChanges);
    Check(r, batch);
  }

 private:
  static bool Woken(const Reader& r) { return r.wakes == nullptr || r.wakes->woken(); }
  // Everything up to here that concerns the reader it has seen.
  uint64_t Known(const Reader& r) const {
    const uint64_t next = NextConcern(r);
    return r.reader->position() > Index(r.position) && next == 0 ? r.reader->position().value
                                                                 : r.position;
  }

  bool Concerns(const Reader& r, const std::string& key) const {
    return std::any_of(r.prefixes.begin(), r.prefixes.end(),
                       [&](const std::string& p) { return absl::StartsWith(key, p); });
  }

  Step Of(const Reader& r, uint64_t index) const {
    Step step;
    const auto it = history_.find(index);
    if (it == history_.end()) return step;
    for (const auto& [key, row] : it->second) {
      if (Concerns(r, key)) step[key] = row;
    }
    return step;
  }

  uint64_t NextConcern(const Reader& r) const {
    for (auto it = history_.upper_bound(r.position); it != history_.end(); ++it) {
      if (!Of(r, it->first).empty()) return it->first;
    }
    return 0;
  }

  void Check(Reader& r, const ChangeReader::Batch& batch) {
    RC_ASSERT(!batch.changes.empty());
    RC_ASSERT(batch.index.value > r.position);
    Step got = r.pieces;
    Index last;
    for (const ChangeReader::Change& change : batch.changes) {
      RC_ASSERT(change.index >= last);
      last = change.index;
      const bool fresh = got.emplace(change.change->key, change.change->row.value_or("")).second;
      RC_ASSERT(fresh);
      RC_ASSERT(Of(r, change.index.value).contains(change.change->key));
    }
    if (batch.more) {
      RC_ASSERT(NextConcern(r) == batch.index.value);
      RC_ASSERT(got.size() < Of(r, batch.index.value).size());
      r.pieces = got;
      return;
    }
    Step expected;
    size_t indexes = 0;
    for (uint64_t i = r.position + 1; i <= batch.index.value; ++i) {
      const Step step = Of(r, i);
      indexes += step.empty() ? 0 : 1;
      for (const auto& [key, row] : step) expected[key] = row;
    }
    RC_ASSERT(got == expected);
    if (!r.coalesce) RC_ASSERT(indexes == 1u);
    r.pieces.clear();
    r.position = batch.index.value;
  }

  // Within the bounds, and no shorter than they ask for.
  void CheckBounds() {
    RC_ASSERT(log_.bytes() <= bounds_.bytes_max);
    size_t changes = 0;
    for (const auto& group : log_.groups()) {
      RC_ASSERT(group.index > log_.floor());
      changes += group.changes.size();
    }
    RC_ASSERT(changes <= bounds_.changes_max);
    const uint64_t floor = log_.floor().value;
    if (floor == restarted_) return;
    RC_ASSERT(floor > restarted_);
    RC_ASSERT(!history_.at(floor).empty());
    size_t bytes = log_.bytes();
    for (const auto& [key, row] : history_.at(floor)) bytes += 128 + key.size() + row.size();
    changes += history_.at(floor).size();
    const bool needed = bytes > bounds_.bytes_max || changes > bounds_.changes_max;
    RC_ASSERT(needed);
  }

  const ChangeLog::Options bounds_;
  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_{stacks_};
  ChangeLog log_;
  std::vector<Reader> readers_;
  std::map<uint64_t, Step> history_;
  uint64_t end_ = 0;
  uint64_t restarted_ = 0;
  uint64_t generation_ = 0;
};

RC_GTEST_PROP(ChangeReaderProperty, TellsEveryChangeOnceAndInOrder, ()) {
  Model model({.bytes_max = *rc::gen::element<size_t>(600, 2000, 1 << 20),
               .changes_max = *rc::gen::element<size_t>(3, 20, 1000)});
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) {
    const int what = *rc::gen::inRange(0, 40);
    if (what == 0) {
      model.Restart();
    } else if (what < 12) {
      model.Commit();
    } else if (what < 16) {
      model.Arrive();
    } else {
      model.Read();
    }
  }
}

}  // namespace
}  // namespace konsul::state
