// Followers, candidates and the way to leadership (paper 5.2, 5.4.1), with pre-vote (thesis 9.6)
// and check-quorum (thesis 6.2).
#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/raft/core.h"

namespace konsul::raft {

// ---- Time ---------------------------------------------------------------------------------------

void Raft::Core::Tick(const Moment& moment) {
  if (role == Role::kLeader) {
    if (moment.now >= QuorumLapses()) {
      // Somebody else may lead by now; whoever waits here for an answer must not wait for ever.
      BecomeFollower(moment, hard_state.term, NodeId(0));
    } else if (moment.now >= leadership->heartbeat_due) {
      SendHeartbeats();
      leadership->heartbeat_due = moment.now + options.heartbeat_interval;
    }
  } else if (MayCampaign() && moment.now >= election_due) {
    ElectionTimeout(moment);
  }
}

Instant Raft::Core::NextDeadline() const {
  if (role != Role::kLeader) return MayCampaign() ? election_due : Instant::Never();
  if (leadership->followers.empty()) return Instant::Never();
  return std::min(leadership->heartbeat_due, QuorumLapses());
}

// When a leader has been without a quorum for an election timeout (thesis 6.2).
Instant Raft::Core::QuorumLapses() const {
  if (!options.check_quorum) return Instant::Never();
  const Instant heard =
      MajorityOf(Instant::Never(), [](const Progress& follower) { return follower.heard; });
  return heard + options.election_timeout;
}

// Drawn anew every time, so that split votes do not repeat (paper 5.2).
void Raft::Core::ResetElectionTimer(const Moment& moment) {
  const uint64_t span =
      static_cast<uint64_t>(std::max<int64_t>(options.election_timeout.count(), 1));
  election_due =
      moment.now + options.election_timeout + Duration(static_cast<int64_t>(moment.draw % span));
}

// ---- Candidates ---------------------------------------------------------------------------------

// Followers and candidates: "if election timeout elapses: start (new) election".
void Raft::Core::ElectionTimeout(const Moment& moment) {
  // A disk that is slower than elections: until our term and vote are durable we have asked nobody
  // in this term, and each further term would only queue up behind it and never be won.
  if (!HardStateIsDurable()) {
    ResetElectionTimer(moment);
    return;
  }
  leader = NodeId(0);
  if (options.pre_vote) {
    PreCampaign(moment);
  } else {
    Campaign(moment);
  }
}

// Asks whether an election could be won before anything is changed, so that a server which cannot
// win does not drive the others' terms up (thesis 9.6).
void Raft::Core::PreCampaign(const Moment& moment) {
  role = Role::kPreCandidate;
  ResetElectionTimer(moment);
  votes = Votes{{id, true}};  // binds not even itself, so nothing has to be durable
  for (const Member& voter : configuration().voters) {
    if (voter.id == id) continue;
    Send(voter.id, hard_state.term + 1,
         VoteRequest{.pre = true, .last_index = log.last_index(), .last_term = log.last_term()});
  }
  CountVotes(moment);
}

// Candidates: "increment currentTerm, vote for self, reset election timer, send RequestVote RPCs to
// all other servers". The own vote is a vote like any other: it counts once it is durable.
void Raft::Core::Campaign(const Moment& moment) {
  hard_state = HardState{hard_state.term + 1, id};
  role = Role::kCandidate;
  leader = NodeId(0);
  ResetElectionTimer(moment);
  votes.emplace();
  for (const Member& voter : configuration().voters) {
    if (voter.id == id) continue;
    SendAfterPersist(voter.id, hard_state.term,
                     VoteRequest{.last_index = log.last_index(), .last_term = log.last_term()});
  }
}

void Raft::Core::OwnVoteIsDurable(const Moment& moment) {
  votes->insert_or_assign(id, true);
  CountVotes(moment);
}

void Raft::Core::HandleVoteReply(const Moment& moment, const Message& message,
                                 const VoteReply& reply) {
  if (reply.pre) {
    // A grant is for the term that was asked about, a refusal comes in the present one.
    const Term expected = reply.granted ? hard_state.term + 1 : hard_state.term;
    if (role != Role::kPreCandidate || message.term != expected) return;
  } else if (role != Role::kCandidate) {
    return;
  }
  // Per voter, not per message: a repeated reply counts once, and a late refusal does not undo
  // a grant.
  (*votes)[message.from] |= reply.granted;
  CountVotes(moment);
}

void Raft::Core::CountVotes(const Moment& moment) {
  switch (Tally(configuration().VoterIds(), *votes)) {
    case VoteResult::kPending:
      break;
    case VoteResult::kLost:
      BecomeFollower(moment, hard_state.term, NodeId(0));
      break;
    case VoteResult::kWon:
      if (role == Role::kPreCandidate) {
        Campaign(moment);
      } else {
        BecomeLeader(moment);
      }
      break;
  }
}

// Candidates: "if votes received from majority of servers: become leader".
void Raft::Core::BecomeLeader(const Moment& moment) {
  votes.reset();
  role = Role::kLeader;
  leader = id;
  leadership.emplace();
  leadership->heartbeat_due = moment.now + options.heartbeat_interval;
  for (const Member& voter : configuration().voters) {
    if (voter.id == id) continue;
    leadership->followers.emplace(voter.id, Progress(log.last_index() + 1, moment.now));
  }
  // Commits, and so reveals, what earlier terms left behind (5.4.2, 8). It is also the first
  // AppendEntries of this term, which tells everybody who leads.
  AppendToLog(Entry{.index = log.last_index() + 1, .term = hard_state.term});
}

// ---- Voters -------------------------------------------------------------------------------------

// RequestVote receiver: "grant if votedFor is null or candidateId, and candidate's log is at least
// as up-to-date as receiver's log". A pre-vote asks whether that would be the answer.
void Raft::Core::HandleVoteRequest(const Moment& moment, const Message& message,
                                   const VoteRequest& request) {
  const bool vote_is_free = message.term > hard_state.term || hard_state.vote == NodeId(0) ||
                            hard_state.vote == message.from;
  const bool granted = vote_is_free && log.IsUpToDate(request.last_index, request.last_term);
  if (request.pre) {
    Send(message.from, granted ? message.term : hard_state.term,
         VoteReply{.pre = true, .granted = granted});
    return;
  }
  if (granted) {
    if (role == Role::kPreCandidate) BecomeFollower(moment, hard_state.term, NodeId(0));
    hard_state.vote = message.from;
    ResetElectionTimer(moment);
  }
  // Send() holds a new vote back until it is durable.
  Send(message.from, hard_state.term, VoteReply{.granted = granted});
}

}  // namespace konsul::raft
