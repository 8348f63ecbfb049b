#include "core/raft/invariants.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/raft/core.h"

namespace konsul::raft {

void Invariants::Check(const Raft::Core& core) {
  CheckMarks(core);
  CheckConfiguration(core);
  CheckRole(core);
  if (core.role == Role::kLeader) CheckLeader(core);
  CheckNewEntries(core);  // against the commit index of the last call
  CheckHistory(core);
}

void Invariants::CheckSlow(const Raft::Core& core) {
  scanned_ = core.log.base();
  scanned_term_ = core.log.TermAt(scanned_).value();
  Check(core);
  Index last_configuration;
  for (Index i = core.log.first_index(); i <= core.log.last_index(); ++i) {
    if (core.log.At(i)->kind == EntryKind::kConfiguration) last_configuration = i;
  }
  KONSUL_CHECK(core.configurations.current_index() == last_configuration ||
                   (last_configuration == Index(0) &&
                    core.configurations.current_index() <= core.log.base()),
               "the configuration in force is not the log's last one");
}

// base <= applied <= min(commit, durable), durable <= handed out <= last, commit <= last.
void Invariants::CheckMarks(const Raft::Core& core) {
  const RaftLog& log = core.log;
  KONSUL_CHECK(log.durable() <= log.handed_out() && log.handed_out() <= log.last_index(),
               "durable ", log.durable().value, ", handed out ", log.handed_out().value, ", last ",
               log.last_index().value);
  KONSUL_CHECK(core.commit <= log.last_index(), "committed ", core.commit.value, " of ",
               log.last_index().value);
  KONSUL_CHECK(core.applied <= core.commit && core.applied <= log.durable(), "applied ",
               core.applied.value, ", committed ", core.commit.value, ", durable ",
               log.durable().value);
  KONSUL_CHECK(log.base() <= core.applied, "compacted beyond what is applied");
  KONSUL_CHECK(log.last_term() <= core.hard_state.term, "an entry of a term to come");
  // Nothing of the hard state skips the disk's queue.
  KONSUL_CHECK(core.writes.durable().term <= core.writes.handed_out().term &&
                   core.writes.handed_out().term <= core.hard_state.term,
               "the disk is ahead of memory");
  KONSUL_CHECK(!core.writes.empty() || core.writes.durable() == core.writes.handed_out(),
               "a hard state is being written in no batch");
}

// Figure 2: terms, the vote of a term, commitIndex and lastApplied only go forward.
void Invariants::CheckHistory(const Raft::Core& core) {
  KONSUL_CHECK(core.hard_state.term >= hard_state_.term, "the term went back from ",
               hard_state_.term.value, " to ", core.hard_state.term.value);
  KONSUL_CHECK(core.hard_state.term > hard_state_.term || hard_state_.vote == NodeId(0) ||
                   core.hard_state.vote == hard_state_.vote,
               "the vote of term ", hard_state_.term.value, " was changed");
  KONSUL_CHECK(core.commit >= commit_, "commit went back from ", commit_.value);
  KONSUL_CHECK(core.applied >= applied_, "applied went back from ", applied_.value);
  hard_state_ = core.hard_state;
  commit_ = core.commit;
  applied_ = core.applied;
}

// The log is contiguous, its terms never fall, its configurations are in force.
void Invariants::CheckNewEntries(const Raft::Core& core) {
  const RaftLog& log = core.log;
  if (scanned_ < log.base()) {
    // Compacted, or replaced by a snapshot: what is behind the base is all new to us, at worst.
    scanned_ = log.base();
    scanned_term_ = log.TermAt(scanned_).value();
  }
  // The scanned end was overwritten: what is committed was not, for sure.
  if (log.TermAt(scanned_) != scanned_term_) {
    KONSUL_CHECK(scanned_ > commit_, "a committed entry was overwritten or compacted unseen");
    scanned_ = std::max(log.base(), std::min(commit_, log.last_index()));
    scanned_term_ = log.TermAt(scanned_).value();
  }
  while (scanned_ < log.last_index()) {
    const Entry* entry = log.At(scanned_ + 1);
    KONSUL_CHECK(entry->index == scanned_ + 1, "entry ", entry->index.value, " stands at ",
                 scanned_.value + 1);
    KONSUL_CHECK(entry->term >= scanned_term_, "terms fall at ", entry->index.value);
    KONSUL_CHECK(entry->payload != nullptr);
    KONSUL_CHECK(entry->kind != EntryKind::kConfiguration ||
                     entry->index <= core.configurations.current_index(),
                 "the configuration at ", entry->index.value, " is not in force");
    ++scanned_;
    scanned_term_ = entry->term;
  }
}

void Invariants::CheckConfiguration(const Raft::Core& core) {
  const Index at = core.configurations.current_index();
  if (at == Index(0)) {
    KONSUL_CHECK(core.configuration().empty());
    return;
  }
  if (at <= core.log.base()) return;  // a snapshot holds it
  const Entry* entry = core.log.At(at);
  KONSUL_CHECK(entry != nullptr && entry->kind == EntryKind::kConfiguration,
               "the configuration of ", at.value, " outlived its entry");
}

// What belongs to a role exists in that role only.
void Invariants::CheckRole(const Raft::Core& core) {
  const bool campaigns = core.role == Role::kPreCandidate || core.role == Role::kCandidate;
  KONSUL_CHECK(core.votes.has_value() == campaigns, RoleName(core.role), " and votes");
  KONSUL_CHECK(core.leadership.has_value() == (core.role == Role::kLeader), RoleName(core.role),
               " and leadership");
  KONSUL_CHECK((core.leader == core.id) == (core.role == Role::kLeader), RoleName(core.role),
               " and its leader");
  KONSUL_CHECK(!campaigns || core.leader == NodeId(0), "campaigns against a known leader");
  KONSUL_CHECK(!core.campaigns_by_transfer || core.role == Role::kCandidate, RoleName(core.role),
               " on behalf of a leader");
  // A leader that removes itself leads until that is committed.
  KONSUL_CHECK(core.role == Role::kFollower || core.role == Role::kLeader || core.MayCampaign(),
               RoleName(core.role), " without a vote in the configuration");
  // A vote for anybody but itself is a vote not to stand in this term.
  KONSUL_CHECK(core.role == Role::kFollower || core.role == Role::kPreCandidate ||
                   core.hard_state.vote == core.id,
               RoleName(core.role), " without its own vote");
}

void Invariants::CheckLeader(const Raft::Core& core) {
  const auto& followers = core.leadership->followers;
  KONSUL_CHECK(followers.count(core.id) == 0, "a leader that follows itself");
  for (const Member& member : core.configuration().Members()) {
    KONSUL_CHECK(member.id == core.id || followers.count(member.id) == 1, "member ",
                 ToHex(member.id.value), " does not get the log");
  }
  // Its first entry is there from the start, and nobody else may shorten a leader's log.
  KONSUL_CHECK(core.log.last_term() == core.hard_state.term, "a leader without its noop");
  for (const auto& [peer, follower] : followers) {
    KONSUL_CHECK(core.configuration().IsMember(peer) || follower.departing);
    KONSUL_CHECK(follower.match() < follower.next(), "match ", follower.match().value, ", next ",
                 follower.next().value);
    KONSUL_CHECK(
        follower.match() <= core.log.last_index() && follower.next() <= core.log.last_index() + 1,
        "next ", follower.next().value, " beyond the log's end ", core.log.last_index().value);
    KONSUL_CHECK(follower.inflight() <= core.options.inflight_max, "the window is overdrawn");
    KONSUL_CHECK(follower.round_echoed <= follower.round_told ||
                     follower.round_echoed <= core.leadership->reads.round(),
                 "an echo without a call");
  }
}

}  // namespace konsul::raft
