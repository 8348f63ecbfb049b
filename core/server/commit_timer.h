// How long proposals take to be committed, measured on the leader: one proposal at a time is
// followed, which is as good a sample as any and costs nothing.
#ifndef KONSUL_CORE_SERVER_COMMIT_TIMER_H_
#define KONSUL_CORE_SERVER_COMMIT_TIMER_H_

#include <optional>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/raft.h"
#include "core/server/operator.h"

namespace konsul::server {

class CommitTimer {
 public:
  void Proposed(const raft::Raft::Proposed& proposed, Instant now) {
    if (!followed_) followed_ = Followed{proposed, now};
  }
  // The commit index is now `commit`, in `term`. What a change of leadership overtook is dropped.
  void Committed(Index commit, Term term, Instant now) {
    if (!followed_) return;
    if (followed_->proposed.term != term) {
      followed_.reset();
    } else if (followed_->proposed.index <= commit) {
      timing_.Add(now - followed_->began);
      followed_.reset();
    }
  }
  const Timing& timing() const { return timing_; }

 private:
  struct Followed {
    raft::Raft::Proposed proposed;
    Instant began;
  };
  std::optional<Followed> followed_;
  Timing timing_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_COMMIT_TIMER_H_
