// The log against a plain vector, and the queue of writes against a disk.
#include "core/raft/raft_log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/persist_queue.h"

namespace konsul::raft {
namespace {

Entry MakeEntry(uint64_t index, uint64_t term, std::string text = "") {
  return Entry{.index = Index(index),
               .term = Term(term),
               .kind = EntryKind::kCommand,
               .payload = MakePayload(std::move(text))};
}

// terms[i] is the term at i+1.
RaftLog LogOf(const std::vector<uint64_t>& terms) {
  RaftLog log;
  for (size_t i = 0; i < terms.size(); ++i) log.Append(MakeEntry(i + 1, terms[i]));
  return log;
}

rc::Gen<std::vector<uint64_t>> Terms() {
  return rc::gen::map(rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(1, 6)),
                      [](std::vector<uint64_t> terms) {
                        std::sort(terms.begin(), terms.end());
                        return terms;
                      });
}

RC_GTEST_PROP(RaftLogTest, AnswersLikeAVector, ()) {
  const std::vector<uint64_t> terms = *Terms();
  const RaftLog log = LogOf(terms);
  const Index last(terms.size());
  RC_ASSERT(log.last_index() == last);
  RC_ASSERT(log.last_term() == Term(terms.empty() ? 0 : terms.back()));
  const uint64_t index = *rc::gen::inRange<uint64_t>(0, terms.size() + 3);
  const uint64_t term = *rc::gen::inRange<uint64_t>(0, 7);
  // TermAt, Matches and At.
  const uint64_t here = index == 0 || index > terms.size() ? 0 : terms[index - 1];
  RC_ASSERT((log.At(Index(index)) != nullptr) == (here != 0));
  RC_ASSERT(log.TermAt(Index(index)).has_value() == (index <= terms.size()));
  RC_ASSERT(log.Matches(Index(index), Term(term)) == (index <= terms.size() && here == term));
  // LastAtMost, by walking back.
  uint64_t walk = std::min<uint64_t>(index, terms.size());
  while (walk > 0 && terms[walk - 1] > term) --walk;
  RC_ASSERT(log.LastAtMost(Index(index), Term(term)) == Index(walk));
  // 5.4.1: as pairs, the term first.
  const auto own = std::make_pair(log.last_term(), last);
  RC_ASSERT(log.IsUpToDate(Index(index), Term(term)) ==
            (std::make_pair(Term(term), Index(index)) >= own));
}

RC_GTEST_PROP(RaftLogTest, SliceKeepsToItsLimits, ()) {
  RaftLog log;
  const auto sizes = *rc::gen::container<std::vector<uint8_t>>(rc::gen::inRange<uint8_t>(0, 9));
  for (size_t i = 0; i < sizes.size(); ++i) {
    log.Append(MakeEntry(i + 1, 1, std::string(sizes[i], 'x')));
  }
  const uint64_t from = *rc::gen::inRange<uint64_t>(1, sizes.size() + 3);
  const size_t count = *rc::gen::inRange<size_t>(1, 8);
  const size_t bytes = *rc::gen::inRange<size_t>(0, 30);
  const std::vector<Entry> slice = log.Slice(Index(from), count, bytes);
  size_t expected = 0;
  size_t taken = 0;
  while (from + expected <= sizes.size() && expected < count) {
    taken += sizes[from + expected - 1];
    if (expected > 0 && taken > bytes) break;
    ++expected;
  }
  RC_ASSERT(slice.size() == expected);
  for (size_t i = 0; i < slice.size(); ++i) RC_ASSERT(slice[i].index == Index(from + i));
}

// What a follower does with any append that matches: afterwards it holds the message's entries,
// and has lost something only if there was a conflict.
RC_GTEST_PROP(RaftLogTest, FirstNewIsTheFirstDifference, ()) {
  const std::vector<uint64_t> own = *Terms();
  const std::vector<uint64_t> other = *Terms();
  const uint64_t prev = *rc::gen::inRange<uint64_t>(0, std::min(own.size(), other.size()) + 1);
  const RaftLog log = LogOf(own);
  std::vector<Entry> entries;
  for (size_t i = prev; i < other.size(); ++i) entries.push_back(MakeEntry(i + 1, other[i]));
  std::optional<Index> expected;
  for (size_t i = prev; i < other.size() && !expected; ++i) {
    if (i >= own.size() || own[i] != other[i]) expected = Index(i + 1);
  }
  RC_ASSERT(log.FirstNew(entries) == expected);
}

// A log that begins at `base` answers like the end of one that was never cut.
RC_GTEST_PROP(RaftLogTest, ACompactedLogIsTheEndOfTheWholeOne, ()) {
  const std::vector<uint64_t> terms = *Terms();
  const RaftLog whole = LogOf(terms);
  RaftLog log = whole;
  Index base;
  for (int cuts = 0; cuts < 3; ++cuts) {
    const Index upto(*rc::gen::inRange<uint64_t>(0, terms.size() + 1));
    if (upto >= base) log.CompactTo(upto);
    base = std::max(base, upto);
  }
  RC_ASSERT(log.base() == base && log.first_index() == base + 1);
  RC_ASSERT(log.last_index() == whole.last_index() && log.last_term() == whole.last_term());
  RC_ASSERT(log.empty() == terms.empty());
  for (Index i; i <= whole.last_index() + 1; ++i) {
    RC_ASSERT((log.At(i) != nullptr) == (i > base && i <= whole.last_index()));
    if (i >= base) RC_ASSERT(log.TermAt(i) == whole.TermAt(i));
    if (i < base) RC_ASSERT(!log.TermAt(i).has_value());
    for (uint64_t term = 0; term < 7; ++term) {
      RC_ASSERT(log.LastAtMost(i, Term(term)) == std::max(base, whole.LastAtMost(i, Term(term))));
      RC_ASSERT(log.IsUpToDate(i, Term(term)) == whole.IsUpToDate(i, Term(term)));
    }
  }
  // Entries that were compacted are known, whatever an old message says about them.
  std::vector<Entry> entries;
  for (Index i(1); i <= whole.last_index(); ++i) entries.push_back(*whole.At(i));
  RC_ASSERT(!log.FirstNew(entries).has_value());
  entries.push_back(MakeEntry(terms.size() + 1, 9));
  RC_ASSERT(log.FirstNew(entries) == Index(terms.size() + 1));
}

// The disk: a log behind `base`.
struct Disk {
  uint64_t base = 0;
  std::vector<Entry> entries;
  HardState hard_state;
};

struct Batch {
  std::optional<HardState> hard_state;
  std::optional<LogPosition> restore;
  std::vector<Entry> entries;

  LogPosition last() const {
    if (!entries.empty()) return {entries.back().index, entries.back().term};
    return restore.value_or(LogPosition{});
  }
  void Write(Disk& to) const {
    if (hard_state) to.hard_state = *hard_state;
    if (restore) to = {restore->index.value, {}, to.hard_state};
    if (entries.empty()) return;
    to.entries.resize(entries.front().index.value - to.base - 1);
    to.entries.insert(to.entries.end(), entries.begin(), entries.end());
  }
};

// Any mixture of appends, truncations, snapshots in place of the log, batches handed out and
// batches written: whatever the log calls durable stands on the disk, and stays there through all
// that is still under way; so does the hard state that the queue calls durable.
RC_GTEST_PROP(PersistQueueTest, DurableIsOnDiskWhateverIsUnderWay, ()) {
  RaftLog log;
  PersistQueue writes{HardState{}};
  std::deque<Batch> under_way;
  Disk disk;
  uint64_t term = 1;
  int64_t now = 0;
  std::deque<int64_t> handed_out_at;
  std::optional<LogPosition> restore;
  const auto written = [&] {
    const Batch batch = under_way.front();
    batch.Write(disk);
    under_way.pop_front();
    handed_out_at.pop_front();
    log.MarkDurable(writes.Persisted(batch.last().index, batch.last().term));
  };
  const auto hand_out = [&](bool hard_state) {
    Batch batch{.restore = std::exchange(restore, std::nullopt), .entries = log.HandOut()};
    if (hard_state) batch.hard_state = HardState{Term(term), NodeId(term % 3)};
    if (!batch.hard_state && !batch.restore && batch.entries.empty()) return;
    under_way.push_back(batch);
    handed_out_at.push_back(++now);
    writes.HandOut(Instant{now}, batch.hard_state, batch.last().index, batch.last().term);
  };
  const auto steps = *rc::gen::container<std::vector<uint8_t>>(rc::gen::inRange<uint8_t>(0, 100));
  for (uint8_t step : steps) {
    if (step < 40) {
      term += step % 2;
      // A term may come back after a truncation, as with a newer leader's older entries.
      const uint64_t floor = log.last_term().value;
      log.Append(MakeEntry(log.last_index().value + 1, std::max(floor, term - step % 3 / 2)));
    } else if (step < 55 && log.last_index() > log.base()) {
      const Index from(log.first_index() + step % (log.last_index() - log.base()));
      log.TruncateFrom(from);
      writes.Truncate(from);
      log.Append(MakeEntry(from.value, std::max<uint64_t>(log.last_term().value, term - step % 2)));
    } else if (step < 58) {
      // A snapshot from the leader, of what this log lacks or contradicts.
      const LogPosition base{log.base() + 1 + step % 5,
                             Term(std::max(term, log.last_term().value))};
      writes.Truncate(Index(1));
      log.Reset(base);
      restore = base;
    } else if (step < 75) {
      hand_out(step % 3 == 0);
    } else if (!under_way.empty()) {
      written();
    }
    RC_ASSERT(writes.empty() == under_way.empty());
    RC_ASSERT(writes.oldest() ==
              (under_way.empty() ? Instant::Never() : Instant{handed_out_at.front()}));
    RC_ASSERT(writes.durable() == disk.hard_state);
    // Now, and after any number of the writes to come. While a restore is to come, what is durable
    // may as well be the snapshot, which is.
    Disk later = disk;
    for (size_t i = 0; i <= under_way.size(); ++i) {
      for (Index at(log.base() + 1); at <= log.durable(); ++at) {
        RC_ASSERT(later.base == log.base().value);
        RC_ASSERT(later.entries.size() >= at - log.base());
        RC_ASSERT(later.entries[at - log.base() - 1] == *log.At(at));
      }
      if (i < under_way.size()) under_way[i].Write(later);
    }
    RC_ASSERT(writes.handed_out() == later.hard_state);
  }
  // Nothing is forgotten: with everything written, all of it is durable.
  hand_out(false);
  while (!under_way.empty()) written();
  RC_ASSERT(log.durable() == log.last_index());
}

TEST(RaftLogDeathTest, KeepsItsOrder) {
  RaftLog log = LogOf({1, 2});
  EXPECT_DEATH(log.Append(MakeEntry(4, 2)), "append of 4 after 2");
  EXPECT_DEATH(log.Append(MakeEntry(3, 1)), "append of term 1 after 2");
  EXPECT_DEATH(log.TruncateFrom(Index(3)), "truncate from 3");
}

TEST(PersistQueueDeathTest, IsToldInOrder) {
  PersistQueue writes{HardState{}};
  EXPECT_DEATH(writes.Persisted(Index(1), Term(1)), "no batch");
  writes.HandOut(Instant{}, std::nullopt, Index(1), Term(1));
  EXPECT_DEATH(writes.Persisted(Index(2), Term(1)), "the oldest batch ends at 1/1");
}

}  // namespace
}  // namespace konsul::raft
