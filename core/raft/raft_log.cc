#include "core/raft/raft_log.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutation.h"

namespace konsul::raft {

const Entry* RaftLog::At(Index index) const {
  if (index <= base_ || index > last_index()) return nullptr;
  return &entries_[index - first_index()];
}

std::optional<Term> RaftLog::TermAt(Index index) const {
  if (index == base_) return base_term_;
  const Entry* entry = At(index);
  if (entry == nullptr) return std::nullopt;
  return entry->term;
}

bool RaftLog::IsUpToDate(Index index, Term term) const {
  if (mutation::On(Mutation::kCompareLengthOnly)) return index >= last_index();
  return term > last_term() || (term == last_term() && index >= last_index());
}

std::optional<Index> RaftLog::FirstNew(absl::Span<const Entry> entries) const {
  for (const Entry& entry : entries) {
    // What was compacted was committed, and therefore equal.
    if (entry.index > base_ && !Matches(entry.index, entry.term)) return entry.index;
  }
  return std::nullopt;
}

Index RaftLog::LastAtMost(Index index, Term term) const {
  const Index end = std::min(index, last_index());
  if (end <= base_) return base_;
  // Terms never fall along a log, so the ones beyond `term` are all at the end.
  auto first = entries_.begin();
  auto beyond = std::upper_bound(first, first + (end - base_), term,
                                 [](Term t, const Entry& e) { return t < e.term; });
  return base_ + static_cast<uint64_t>(beyond - first);
}

std::vector<Entry> RaftLog::Slice(Index from, size_t count, size_t bytes) const {
  std::vector<Entry> slice;
  if (from > last_index()) return slice;
  KONSUL_CHECK(from > base_, "slice from ", from.value, ", the log begins after ", base_.value);
  const size_t begin = from - first_index();
  const size_t end = begin + std::min(count, entries_.size() - begin);
  slice.reserve(end - begin);
  size_t taken = 0;
  for (size_t i = begin; i < end; ++i) {
    taken += entries_[i].payload->size();
    if (taken > bytes && !slice.empty()) break;
    slice.push_back(entries_[i]);
  }
  return slice;
}

void RaftLog::Append(Entry entry) {
  KONSUL_CHECK(entry.index == last_index() + 1, "append of ", entry.index.value, " after ",
               last_index().value);
  KONSUL_CHECK(entry.term >= last_term(), "append of term ", entry.term.value, " after ",
               last_term().value);
  KONSUL_CHECK(entry.payload != nullptr);
  entries_.push_back(std::move(entry));
}

void RaftLog::TruncateFrom(Index from) {
  KONSUL_CHECK(from > base_ && from <= last_index(), "truncate from ", from.value);
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(from - first_index()), entries_.end());
  handed_out_ = std::min(handed_out_, from - 1);
  durable_ = std::min(durable_, from - 1);
}

void RaftLog::CompactTo(Index upto) {
  if (upto <= base_) return;
  const std::optional<Term> term = TermAt(upto);
  KONSUL_CHECK(term.has_value(), "compact up to ", upto.value, " of ", last_index().value);
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(upto - base_));
  base_ = upto;
  base_term_ = *term;
}

void RaftLog::Reset(LogPosition base) {
  entries_.clear();
  base_ = durable_ = handed_out_ = base.index;
  base_term_ = base.term;
}

std::vector<Entry> RaftLog::HandOut() {
  constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
  std::vector<Entry> entries = Slice(handed_out_ + 1, kNoLimit, kNoLimit);
  handed_out_ = last_index();
  return entries;
}

void RaftLog::MarkDurable(Index index) {
  KONSUL_CHECK(index <= handed_out_, "durable up to ", index.value, ", handed out up to ",
               handed_out_.value);
  durable_ = std::max(durable_, index);
}

}  // namespace konsul::raft
