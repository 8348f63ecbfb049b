#include "core/raft/progress.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutation.h"

namespace konsul::raft {

bool Progress::CanSend(const Window& window) const {
  switch (state_) {
    case State::kProbe:
      return !probe_sent_;
    case State::kReplicate:
      return inflight_.size() < window.appends && inflight_bytes_ < window.bytes;
    case State::kSnapshot:
      break;
  }
  return false;
}

void Progress::Sent(Index last, size_t bytes) {
  KONSUL_CHECK(last >= next_, "sent up to ", last.value, " of ", next_.value);
  KONSUL_CHECK(state_ != State::kSnapshot, "entries instead of a snapshot");
  if (state_ == State::kProbe) {
    probe_sent_ = true;
    return;
  }
  next_ = last + 1;
  inflight_.push_back({last, bytes});
  inflight_bytes_ += bytes;
}

bool Progress::Acknowledged(Index match) {
  // Replies may come late and out of order; match never goes back.
  const bool news = match > match_;
  match_ = std::max(match_, match);
  while (!inflight_.empty() && inflight_.front().last <= match_) {
    inflight_bytes_ -= inflight_.front().bytes;
    inflight_.pop_front();
  }
  // A probe is answered when the logs are known to match right before `next`. An older answer
  // proves less and does not end it. A follower has its snapshot when it has what the log begins
  // behind.
  if ((state_ == State::kProbe && match_ + 1 >= next_) ||
      (state_ == State::kSnapshot && match_ >= snapshot_base_)) {
    state_ = State::kReplicate;
    probe_sent_ = false;
  }
  next_ = std::max(next_, match_ + 1);
  if (mutation::On(Mutation::kNextBehindMatch) && match < match_) next_ = match + 1;
  return news;
}

bool Progress::Rejected(Index rejected, Index retry) {
  if (state_ == State::kSnapshot) return false;  // it is being helped already
  // What once matched matches forever, so this was sent before we knew.
  if (rejected <= match_) return false;
  // Nothing beyond next-1 was asked since `next` was last taken back, and a probe asks about
  // next-1 only. Anything else answers an earlier question.
  if (rejected >= next_ || (state_ == State::kProbe && rejected + 1 != next_)) return false;
  Probe(std::max(match_ + 1, std::min(rejected, retry + 1)));
  return true;
}

void Progress::Lost() {
  // A probe's question stays the same: nothing was learnt yet.
  if (state_ == State::kProbe) Probe(next_);
  if (state_ == State::kReplicate) Probe(match_ + 1);
}

void Progress::Compacted(Index base) {
  if (state_ != State::kSnapshot && next_ <= base) Probe(base + 1);
}

void Progress::NeedsSnapshot(Index base) {
  Probe(next_);
  state_ = State::kSnapshot;
  snapshot_base_ = base;
}

void Progress::SnapshotEnded(Index base) {
  if (state_ == State::kSnapshot) Probe(std::max(match_, base) + 1);
}

void Progress::Probe(Index next) {
  state_ = State::kProbe;
  next_ = next;
  probe_sent_ = false;
  inflight_.clear();
  inflight_bytes_ = 0;
}

}  // namespace konsul::raft
