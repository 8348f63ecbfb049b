#include "core/raft/progress.h"

#include <algorithm>

#include "core/base/check.h"

namespace konsul::raft {

bool Progress::CanSend(size_t inflight_max) const {
  return state_ == State::kProbe ? !probe_sent_ : inflight_.size() < inflight_max;
}

void Progress::Sent(Index last) {
  KONSUL_CHECK(last >= next_, "sent up to ", last.value, " of ", next_.value);
  if (state_ == State::kProbe) {
    probe_sent_ = true;
    return;
  }
  next_ = last + 1;
  inflight_.push_back(last);
}

bool Progress::Acknowledged(Index match) {
  // Replies may come late and out of order; match never goes back.
  const bool news = match > match_;
  match_ = std::max(match_, match);
  while (!inflight_.empty() && inflight_.front() <= match_) inflight_.pop_front();
  // A probe is answered when the logs are known to match right before `next`. An older answer
  // proves less and does not end it.
  if (state_ == State::kProbe && match_ + 1 >= next_) {
    state_ = State::kReplicate;
    probe_sent_ = false;
  }
  next_ = std::max(next_, match_ + 1);
  return news;
}

bool Progress::Rejected(Index rejected, Index retry) {
  // What once matched matches forever, so this was sent before we knew.
  if (rejected <= match_) return false;
  // Nothing beyond next-1 was asked since `next` was last taken back, and a probe asks about
  // next-1 only. Anything else answers an earlier question.
  if (rejected >= next_ || (state_ == State::kProbe && rejected + 1 != next_)) return false;
  Probe(std::max(match_ + 1, std::min(rejected, retry + 1)));
  return true;
}

void Progress::Lost() { Probe(match_ + 1); }

void Progress::Probe(Index next) {
  state_ = State::kProbe;
  next_ = next;
  probe_sent_ = false;
  inflight_.clear();
}

}  // namespace konsul::raft
