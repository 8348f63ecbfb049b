// What comes out, what must be durable before it, and what durability sets free.
//
// A server behaves as if it did every step only when its write is on disk: whatever binds it leaves
// after the write, in the order of the writes. What may leave earlier are a leader's appends and
// heartbeats, since nobody counts the sender by them, and answers that promise nothing new
// (thesis 10.2.1).
#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/base/mutation.h"
#include "core/raft/core.h"

namespace konsul::raft {

void Raft::Core::Send(NodeId to, Term term, Body body) {
  const bool at_once = HardStateIsDurable() || (mutation::On(Mutation::kVoteBeforeSync) &&
                                                std::holds_alternative<VoteReply>(body));
  std::vector<Message>& queue = at_once ? out.messages : out.messages_after_persist;
  queue.push_back(Message{id, to, term, std::move(body)});
}

void Raft::Core::SendAfterPersist(NodeId to, Term term, Body body) {
  out.messages_after_persist.push_back(Message{id, to, term, std::move(body)});
}

bool Raft::Core::HasReady() const {
  if (!out.empty() || hard_state != writes.handed_out()) return true;
  if (log.handed_out() < log.last_index() || MayApply()) return true;
  if (role != Role::kLeader) return false;
  if (CanStartReadRound()) return true;
  const auto& followers = leadership->followers;
  return std::any_of(followers.begin(), followers.end(), [this](const auto& follower) {
    return OwesEntries(follower.second) || OwesNews(follower.second);
  });
}

Ready Raft::Core::TakeReady(const Moment& moment) {
  // Appends and read rounds are made here and not where they arise, so that what came in since the
  // last Ready travels together.
  if (role == Role::kLeader) {
    if (CanStartReadRound()) StartReadRound();
    SendWhatIsOwed(moment.now);
  }
  Ready ready = std::exchange(out, Ready{});
  if (hard_state != writes.handed_out()) ready.hard_state = hard_state;
  ready.entries = log.HandOut();
  if (ready.NeedsPersist()) {
    const LogPosition last = ready.LastPersisted();
    writes.HandOut(moment.now, ready.hard_state, last.index, last.term);
  }
  if (MayApply()) {
    const Index upto = std::min(ApplicableUpTo(), applied + options.apply_entries_max);
    ready.committed = log.Slice(applied + 1, upto - applied, SIZE_MAX);
    applied = upto;
  }
  return ready;
}

void Raft::Core::Persisted(const Moment& moment, Index last_index, Term last_term) {
  log.MarkDurable(writes.Persisted(last_index, last_term));
  if (role == Role::kCandidate && HardStateIsDurable()) OwnVoteIsDurable(moment);
  if (role != Role::kLeader) return;
  AdvanceCommit(moment);
}

}  // namespace konsul::raft
