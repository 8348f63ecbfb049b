// Followers, candidates and the way to leadership (paper 5.2, 5.4.1), with pre-vote (thesis 9.6)
// and check-quorum (thesis 6.2).
#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {

// ---- Time ---------------------------------------------------------------------------------------

void Raft::Core::Tick(const Moment& moment) {
  if (role == Role::kLeader) {
    const bool stuck = moment.now >= DiskStalls() && !leadership->followers.empty() &&
                       !mutation::On(Mutation::kHeartbeatOnStalledDisk);
    if (moment.now >= QuorumLapses() || stuck) {
      // Somebody else may lead by now, or should: a leader that cannot write can only be in the
      // way (hashicorp/raft #503). Whoever waits here for an answer must not wait for ever.
      probe::Reached(stuck ? Probe::kLeaderDiskStalled : Probe::kLeaderWithoutQuorum);
      BecomeFollower(moment, hard_state.term, NodeId(0));
      return;
    }
    if (leadership->transfer && moment.now >= leadership->transfer->gives_up) {
      probe::Reached(Probe::kTransferGaveUp);
      leadership->transfer.reset();
    }
    if (moment.now >= leadership->heartbeat_due) {
      SendHeartbeats(moment.now);
      leadership->heartbeat_due = moment.now + options.heartbeat_interval;
      if (Fires(BuggifySite::kEarlyHeartbeat)) {
        leadership->heartbeat_due = moment.now + options.heartbeat_interval / 8;
      }
    }
    return;
  }
  if (MayCampaign() && moment.now >= election_due) {
    ElectionTimeout(moment);
  } else if (votes && moment.now >= ask_again) {
    probe::Reached(Probe::kAskedAgain);
    AskForVotes(/*again=*/true);
    ask_again = moment.now + options.heartbeat_interval;
  }
}

Instant Raft::Core::NextDeadline() const {
  if (role != Role::kLeader) {
    if (!MayCampaign()) return Instant::Never();
    return votes ? std::min(election_due, ask_again) : election_due;
  }
  if (leadership->followers.empty()) return Instant::Never();
  const Instant transfer = leadership->transfer ? leadership->transfer->gives_up : Instant::Never();
  return std::min({leadership->heartbeat_due, QuorumLapses(), DiskStalls(), transfer});
}

// When a leader has been without a quorum for an election timeout (thesis 6.2).
Instant Raft::Core::QuorumLapses() const {
  if (!options.check_quorum) return Instant::Never();
  const Instant heard =
      MajorityOf(Instant::Never(), [](const Progress& follower) { return follower.heard; });
  return heard + options.election_timeout;
}

// Drawn anew every time, so that split votes do not repeat (paper 5.2). From a narrower range than
// the paper's: pre-votes and MakeWay settle most of what a draw would, and what is drawn is waited.
void Raft::Core::ResetElectionTimer(const Moment& moment) {
  const uint64_t span = static_cast<uint64_t>(std::max<int64_t>(patience.count() / 5 * 3, 1));
  election_due = moment.now + patience + Duration(static_cast<int64_t>(moment.draw % span));
  // Who has promised to help nobody else to lead does not help itself either.
  if (Fires(BuggifySite::kEarlyElection)) {
    election_due = std::max(moment.now + patience / 8, promised_until);
  }
}

// Without a leader there is nobody to be patient with; only votes need their time. If that was too
// short for them, because disks or the network are slow, each further attempt takes twice as long.
void Raft::Core::Hurry(Duration first) {
  if (std::exchange(hurried, true)) return;
  patience = std::min(patience, first);
}

// A message of this term's leader came.
void Raft::Core::LeaderIsThere(const Moment& moment) {
  leader_heard = moment.now;
  promised_until = moment.now + options.lease_promise;
  patience = options.election_timeout;
  hurried = yielded = false;
  ResetElectionTimer(moment);
}

// The leader's process closed its connection, so it ended, or is about to. That ends the patience
// that protects a leader, but not a promise: nobody is helped to lead while a lease may hold. The
// voters stand up one after the other, in the order of their ids, as all of them get this hint at
// once and would split the vote.
void Raft::Core::LeaderIsGone(const Moment& moment) {
  probe::Reached(Probe::kLeaderConnectionClosed);
  leader = NodeId(0);
  leader_heard = Instant::Past();
  Hurry(options.heartbeat_interval / 2);
  int rank = 0;
  for (const Member& voter : configuration().voters) {
    if (voter.id >= id) break;
    ++rank;
  }
  const Duration step = options.election_timeout / 20;
  const Instant first = std::max(moment.now, promised_until) + step / 4;
  election_due = std::min(election_due, first + rank * step);
}

// ---- Candidates ---------------------------------------------------------------------------------

// Followers and candidates: "if election timeout elapses: start (new) election".
void Raft::Core::ElectionTimeout(const Moment& moment) {
  // A disk that is slower than elections: until our term and vote are durable we have asked nobody
  // in this term, and each further term would only queue up behind it and never be won.
  // One that is stuck would not let a leader keep its promises either.
  if (!HardStateIsDurable() || moment.now >= DiskStalls()) {
    probe::Reached(Probe::kCampaignAwaitsDisk);
    ResetElectionTimer(moment);
    return;
  }
  if (!configuration().IsVoter(id)) probe::Reached(Probe::kNonVoterCampaigns);
  leader = NodeId(0);
  patience = std::min(2 * patience, options.election_timeout);
  if (options.pre_vote) {
    PreCampaign(moment);
  } else {
    Campaign(moment, /*transfer=*/false);
  }
}

// Asks whether an election could be won before anything is changed, so that a server which cannot
// win does not drive the others' terms up (thesis 9.6).
void Raft::Core::PreCampaign(const Moment& moment) {
  role = Role::kPreCandidate;
  campaigns_by_transfer = false;
  ResetElectionTimer(moment);
  ask_again = moment.now + options.heartbeat_interval;
  votes = Votes{{id, true}};  // binds not even itself, so nothing has to be durable
  AskForVotes(/*again=*/false);
  CountVotes(moment);
}

// Candidates: "increment currentTerm, vote for self, reset election timer, send RequestVote RPCs to
// all other servers". The own vote is a vote like any other: it counts once it is durable.
void Raft::Core::Campaign(const Moment& moment, bool transfer) {
  hard_state = HardState{hard_state.term + 1, id};
  role = Role::kCandidate;
  leader = NodeId(0);
  campaigns_by_transfer = transfer;
  ResetElectionTimer(moment);
  ask_again = moment.now + options.heartbeat_interval;
  votes.emplace();
  AskForVotes(/*again=*/false);
}

// Questions and answers get lost: who has not answered is asked again until the election is over.
void Raft::Core::AskForVotes(bool again) {
  const bool pre = role == Role::kPreCandidate;
  if (again && !pre && !HardStateIsDurable()) return;  // the first question has not even left
  const VoteRequest request{.pre = pre,
                            .transfer = campaigns_by_transfer,
                            .last_index = log.last_index(),
                            .last_term = log.last_term()};
  for (const Member& member : electorate().Members()) {
    if (member.id == id || !electorate().IsVoter(member.id) || votes->count(member.id) > 0) {
      continue;
    }
    if (pre) {
      Send(member.id, hard_state.term + 1, request);
    } else {
      SendAfterPersist(member.id, hard_state.term, request);
    }
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
  if (mutation::On(Mutation::kCountRepeatedVotes) && reply.granted && (*votes)[message.from]) {
    for (const Member& voter : configuration().voters) {
      if (votes->emplace(voter.id, true).second) break;
    }
  }
  // Per voter, not per message: a repeated reply counts once, and a late refusal does not undo
  // a grant.
  (*votes)[message.from] |= reply.granted;
  CountVotes(moment);
}

void Raft::Core::CountVotes(const Moment& moment) {
  switch (Tally(electorate(), *votes)) {
    case VoteResult::kPending:
      break;
    case VoteResult::kLost:
      probe::Reached(role == Role::kCandidate ? Probe::kSplitVote : Probe::kPreVoteLost);
      BecomeFollower(moment, hard_state.term, NodeId(0));
      break;
    case VoteResult::kWon:
      if (role == Role::kPreCandidate) {
        Hurry(options.heartbeat_interval);  // a quorum agrees that there is no leader
        Campaign(moment, /*transfer=*/false);
      } else {
        BecomeLeader(moment);
      }
      break;
  }
}

// Candidates: "if votes received from majority of servers: become leader".
void Raft::Core::BecomeLeader(const Moment& moment) {
  votes.reset();
  campaigns_by_transfer = false;
  patience = options.election_timeout;
  hurried = yielded = false;
  role = Role::kLeader;
  leader = id;
  leadership.emplace(Leadership{});  // clang 19 does not see the default within Core
  leadership->heartbeat_due = moment.now + options.heartbeat_interval;
  for (Index i = commit + 1; i <= log.last_index(); ++i) {
    leadership->uncommitted_bytes += log.At(i)->payload->size();
  }
  SyncFollowers(moment.now);
  // Commits, and so reveals, what earlier terms left behind (5.4.2, 8). It is also the first
  // AppendEntries of this term, which tells everybody who leads.
  AppendToLog(moment, Entry{.index = log.last_index() + 1, .term = hard_state.term});
}

// Two that ask each other at the same time would both be told yes, and split the vote. The one with
// the greater id makes way, but only once: the other one may not be able to win.
void Raft::Core::MakeWay(const Moment& moment, NodeId other, bool granted) {
  if (role != Role::kPreCandidate || !granted || other > id || yielded) return;
  probe::Reached(Probe::kMadeWay);
  yielded = true;
  BecomeFollower(moment, hard_state.term, NodeId(0));
}

// ---- Voters -------------------------------------------------------------------------------------

// Who has no log has promised nothing, or has forgotten it: then it may have voted, and what it
// stored may be committed because of it. Nobody can tell the two apart, and not everybody knows
// that a server was removed. So no log, no vote, and no entries either except for a learner. The
// servers of a new cluster all begin their logs themselves; all others begin as learners.
bool Raft::Core::MayTakePart() const { return !log.empty(); }

// RequestVote receiver: "grant if votedFor is null or candidateId, and candidate's log is at least
// as up-to-date as receiver's log". A pre-vote asks whether that would be the answer.
void Raft::Core::HandleVoteRequest(const Moment& moment, const Message& message,
                                   const VoteRequest& request) {
  const bool vote_is_free = message.term > hard_state.term || hard_state.vote == NodeId(0) ||
                            hard_state.vote == message.from;
  const bool up_to_date = log.IsUpToDate(request.last_index, request.last_term);
  bool granted = vote_is_free && MayTakePart() && up_to_date;
  if (!vote_is_free) probe::Reached(Probe::kVoteRefusedForOther);
  if (!MayTakePart()) probe::Reached(Probe::kVoteRefusedWithoutLog);
  if (vote_is_free && !up_to_date) probe::Reached(Probe::kVoteRefusedForLog);
  if (mutation::On(Mutation::kPromotedLearnerIsMute) && configurations.WasLearner(id)) {
    granted = false;
  }
  if (mutation::On(Mutation::kLeaderGrantsVote) && role == Role::kLeader && !request.pre) {
    Send(message.from, hard_state.term, VoteReply{.granted = true});
    return;
  }
  if (request.pre) {
    MakeWay(moment, message.from, granted);
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
