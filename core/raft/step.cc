// The gate: which messages reach the rules, and what terms do to a server (paper 5.1).
#include <utility>

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {
namespace {

// A pre-vote binds nobody and teaches nobody a term: neither the question, nor the answer that
// grants it, which echoes the term asked about (thesis 9.6).
bool IsAboutALaterTermOnly(const Message& message) {
  if (mutation::On(Mutation::kPreVoteTeachesNoTerm)) {
    if (auto* reply = std::get_if<VoteReply>(&message.body)) return reply->pre;
  }
  if (auto* request = std::get_if<VoteRequest>(&message.body)) return request->pre;
  if (auto* reply = std::get_if<VoteReply>(&message.body)) return reply->pre && reply->granted;
  return false;
}

bool AreContiguous(const AppendRequest& append, Term sender_term) {
  Index index = append.prev_index;
  Term term = append.prev_term;
  for (const Entry& entry : append.entries) {
    if (entry.index != index + 1 || entry.term < term || entry.payload == nullptr) return false;
    if (entry.kind == EntryKind::kConfiguration && !Configuration::Decode(*entry.payload).ok()) {
      return false;
    }
    ++index;
    term = entry.term;
  }
  return term <= sender_term;
}

}  // namespace

void Raft::Core::Step(const Moment& moment, Message message) {
  if (!IsWellFormed(message)) return;
  if (message.term < hard_state.term) {
    AnswerFromThePast(message);
    return;
  }
  // Thesis 4.2.3: while a leader is alive, nobody else is helped to depose it, not even by taking
  // over the term.
  const auto* request = std::get_if<VoteRequest>(&message.body);
  if (request != nullptr && !request->transfer && IsLoyal(moment.now, message.term)) {
    probe::Reached(moment.now < promised_until ? Probe::kLoyalByPromise : Probe::kLoyalToLeader);
    return;
  }
  // All servers: "if RPC request or response contains term T > currentTerm: set currentTerm = T,
  // convert to follower".
  if (message.term > hard_state.term && !IsAboutALaterTermOnly(message)) {
    if (role == Role::kLeader) probe::Reached(Probe::kLeaderDeposed);
    BecomeFollower(moment, message.term, NodeId(0));
  }
  if (auto* vote = std::get_if<VoteRequest>(&message.body)) {
    HandleVoteRequest(moment, message, *vote);
  } else if (auto* vote_reply = std::get_if<VoteReply>(&message.body)) {
    HandleVoteReply(moment, message, *vote_reply);
  } else if (auto* append = std::get_if<AppendRequest>(&message.body)) {
    AppendRequest request = std::move(*append);
    HandleAppendRequest(moment, message, std::move(request));
  } else if (auto* append_reply = std::get_if<AppendReply>(&message.body)) {
    HandleAppendReply(moment, message, *append_reply);
  } else if (std::holds_alternative<TimeoutNow>(message.body)) {
    HandleTimeoutNow(moment, message);
  }
}

bool Raft::Core::IsWellFormed(const Message& message) const {
  if (message.to != id || message.from == id || message.from == NodeId(0)) return false;
  auto* append = std::get_if<AppendRequest>(&message.body);
  return append == nullptr || AreContiguous(*append, message.term);
}

// The promise of a lease holds whatever happened to the leader since. Beyond it, only check-quorum
// makes a leader that lost its quorum go away by itself; without it, whoever still hears such a
// leader would hold up everybody else.
bool Raft::Core::IsLoyal(Instant now, Term asked) const {
  if (mutation::On(Mutation::kLeaderGrantsVote) && role == Role::kLeader &&
      asked == hard_state.term) {
    return false;
  }
  if (now < promised_until) return true;
  if (!options.check_quorum) return false;
  if (role == Role::kLeader) return true;
  return leader != NodeId(0) && now < leader_heard + options.election_timeout;
}

// A request of an older term is refused with our term and not just dropped. The sender may be a
// leader that was cut off, but also the only one that could be elected, or a leader which does not
// know that *we* are ahead and cannot follow it: both would wait for ever (etcd #8243, #8501).
void Raft::Core::AnswerFromThePast(const Message& message) {
  probe::Reached(Probe::kStaleRequest);
  if (auto* vote = std::get_if<VoteRequest>(&message.body)) {
    if (vote->pre && mutation::On(Mutation::kIgnoreOldPreVote)) return;
    Send(message.from, hard_state.term, VoteReply{.pre = vote->pre, .granted = false});
  } else if (auto* append = std::get_if<AppendRequest>(&message.body)) {
    Send(message.from, hard_state.term,
         AppendReply{.success = false, .match_or_rejected = append->prev_index});
  }
}

void Raft::Core::BecomeFollower(const Moment& moment, Term new_term, NodeId new_leader) {
  KONSUL_CHECK(new_term >= hard_state.term);
  // The vote belongs to its term: it is kept when the term is (akka-raft #56), gone with it.
  if (new_term > hard_state.term || mutation::On(Mutation::kClearVoteOnStepDown)) {
    hard_state = HardState{new_term, NodeId(0)};
  }
  if (role == Role::kCandidate && new_leader != NodeId(0)) {
    probe::Reached(Probe::kCandidateDeposed);
  }
  if (role == Role::kLeader) {
    if (leadership->reads.has_open_rounds()) probe::Reached(Probe::kReadsFailed);
    leadership->reads.Fail(&out.failed_reads);
    leadership.reset();
    ResetElectionTimer(moment);  // a leader has none
  }
  votes.reset();
  campaigns_by_transfer = false;
  role = Role::kFollower;
  leader = new_leader;
}

}  // namespace konsul::raft
