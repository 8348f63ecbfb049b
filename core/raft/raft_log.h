// The log in memory: every entry from first_index() on, durable or not (paper 5.3).
//
//      base          durable           handed_out         last
//     (first-1)         |                  |                |
//        . [ e e e e e e e | e e e e e e e e | e e e e e e ]
//            safe on disk    being written     not taken yet
//
// A snapshot lets `base` move forward (paper 7): what is at and before it is known to be committed,
// and only its term is kept.
#ifndef KONSUL_CORE_RAFT_RAFT_LOG_H_
#define KONSUL_CORE_RAFT_RAFT_LOG_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/raft/types.h"

namespace konsul::raft {

class RaftLog {
 public:
  RaftLog() = default;
  explicit RaftLog(LogPosition base) { Reset(base); }

  Index base() const { return base_; }
  Index first_index() const { return base_ + 1; }
  Index last_index() const { return base_ + entries_.size(); }
  Term last_term() const { return entries_.empty() ? base_term_ : entries_.back().term; }
  bool empty() const { return last_index() == Index(0); }

  // nullptr outside of the log.
  const Entry* At(Index index) const;
  // Known from base() to last_index(). The term at 0 is 0: all logs match before their start.
  std::optional<Term> TermAt(Index index) const;
  // The consistency check of AppendEntries (paper 5.3).
  bool Matches(Index index, Term term) const { return TermAt(index) == term; }
  // "At least as up-to-date": the later term wins, then the longer log (paper 5.4.1).
  bool IsUpToDate(Index last_index, Term last_term) const;

  // The first of `entries` (contiguous, beginning at most one beyond the end) that the log lacks or
  // holds with another term; nullopt when it has them all.
  std::optional<Index> FirstNew(absl::Span<const Entry> entries) const;
  // The last index up to `index` whose term is at most `term`: where two logs may still agree
  // (paper 5.3, end). At least base().
  Index LastAtMost(Index index, Term term) const;
  // Entries from `from` on: at most `count`, and no more than `bytes` of payload beyond the first.
  std::vector<Entry> Slice(Index from, size_t count, size_t bytes) const;

  // The entry is the next one and its term not below the last one's.
  void Append(Entry entry);
  // Drops `from` and everything after it. Both marks fall back with it.
  void TruncateFrom(Index from);
  // Drops everything up to and including `upto`, which is in the log, or its base.
  void CompactTo(Index upto);
  // Empty, and begins behind `base`; that place counts as durable (a snapshot is).
  void Reset(LogPosition base);

  // ---- Where the log is on its way to the disk.

  // Durable here and not to be overwritten by anything under way.
  Index durable() const { return durable_; }
  Index handed_out() const { return handed_out_; }
  // Everything that was not handed out yet.
  std::vector<Entry> HandOut();
  // Marks only move forward here.
  void MarkDurable(Index index);

 private:
  Index base_;
  Term base_term_;
  std::deque<Entry> entries_;  // entries_[i] has index base_ + 1 + i
  Index durable_;
  Index handed_out_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_RAFT_LOG_H_
