// Who takes part, and how that changes (paper 6; thesis 4.3).
//
// The problem: servers cannot all switch to a new configuration at the same moment, and while some
// have and some have not, two majorities without a common server could decide differently. So a
// change goes through a joint configuration in which every decision needs a majority of the old
// *and* of the new voters:
//
//     old ------> old,new ------> new
//         appended        appended when old,new is committed
//
// A server uses the last configuration in its log, committed or not. Servers that only get the log
// (learners) change no majority, so they come and go in one step.
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {

absl::StatusOr<Raft::Proposed> Raft::Core::ProposeConfiguration(const Moment& moment,
                                                                const Configuration& target) {
  if (role != Role::kLeader) return absl::UnavailableError("this server is not the leader");
  if (leadership->transfer) return absl::UnavailableError("the leadership is being handed over");
  // Before that, an older leader's change may still come to light.
  if (log.TermAt(commit) != hard_state.term) {
    return absl::UnavailableError("this server has only just become the leader");
  }
  if (configuration().joint() || configurations.current_index() > commit) {
    return absl::FailedPreconditionError("another change of the membership is under way");
  }
  if (target.joint()) return absl::InvalidArgumentError("the target is a joint configuration");
  const bool reuse = mutation::On(Mutation::kReuseRemovedId);
  for (const Member& member : target.Members()) {
    if (configuration().IsRetired(member.id) && !reuse) {
      probe::Reached(Probe::kRetiredRefused);
      return absl::FailedPreconditionError(
          absl::StrCat("server ", ToHex(member.id.value),
                       " was a member once and was removed; wipe its data directory, so that it "
                       "joins as a new server"));
    }
  }
  for (const Member& voter : target.voters) {
    if (configuration().IsVoter(voter.id) || voter.id == id) continue;
    const auto follower = leadership->followers.find(voter.id);
    if (follower != leadership->followers.end() && follower->second.match() > Index(0)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "server ", ToHex(voter.id.value), " has no log yet; it has to be a learner first"));
  }
  Configuration next = configuration().JointWith(target);
  if (reuse) {
    const auto comes_back = [&](NodeId member) { return target.IsMember(member); };
    next.retired.erase(std::remove_if(next.retired.begin(), next.retired.end(), comes_back),
                       next.retired.end());
  }
  if (absl::Status valid = next.Validate(); !valid.ok()) return valid;
  if (next == configuration()) {
    return Proposed{configurations.current_index(),
                    log.TermAt(configurations.current_index()).value_or(hard_state.term)};
  }
  const bool joint = next.joint();
  const auto append = [&](const Configuration& value) {
    AppendToLog(moment, Entry{.index = log.last_index() + 1,
                              .term = hard_state.term,
                              .kind = EntryKind::kConfiguration,
                              .payload = MakePayload(value.Encode())});
  };
  append(next);
  const Proposed proposed{log.last_index(), hard_state.term};
  if (joint && mutation::On(Mutation::kLeaveJointEarly)) append(next.Left());
  return proposed;
}

// Thesis 4.1: a server uses the latest configuration in its log, whether it is committed or not.
const Configuration& Raft::Core::electorate() const {
  if (mutation::On(Mutation::kCampaignUnapplied)) {
    const Configuration& unapplied = configurations.InForceAt(applied);
    if (!unapplied.empty()) return unapplied;
  }
  return configuration();
}

// Thesis 4.2.2: who is no voter by a configuration that may not be committed still stands for
// election, without a vote of its own. It may be the only one to have that entry: nobody else can
// win against its longer log then.
bool Raft::Core::MayCampaign() const {
  if (electorate().IsVoter(id)) return true;
  const Index current = configurations.current_index();
  return current > commit && configurations.InForceAt(current - 1).IsVoter(id);
}

// Everybody in the configuration gets the log. Who is not in it any more still gets it up to the
// entry that says so, or would go on to stand for election; see ConfigurationCommitted.
void Raft::Core::SyncFollowers(Instant now) {
  for (auto& [peer, follower] : leadership->followers) {
    follower.departing = !configuration().IsMember(peer);
  }
  for (const Member& member : configuration().Members()) {
    if (member.id == id) continue;
    leadership->followers.emplace(member.id, Progress(log.last_index() + 1, now));
  }
}

// On the leader: the configuration in force has become final in the log.
void Raft::Core::ConfigurationCommitted(const Moment& moment) {
  if (configurations.current_index() > commit) return;
  if (configuration().joint()) {
    AppendToLog(moment, Entry{.index = log.last_index() + 1,
                              .term = hard_state.term,
                              .kind = EntryKind::kConfiguration,
                              .payload = MakePayload(configuration().Left().Encode())});
    return;
  }
  // A last word to those who leave: with this commit index they know.
  for (auto at = leadership->followers.begin(); at != leadership->followers.end();) {
    if (!at->second.departing || mutation::On(Mutation::kReuseRemovedId)) {
      ++at;
      continue;
    }
    SendHeartbeat(moment.now, at->first, at->second);
    at = leadership->followers.erase(at);
  }
  if (configuration().IsVoter(id)) return;
  // Thesis 4.2.2: a leader that removed itself steps down now, not earlier. Naming a successor
  // saves the others an election time-out.
  probe::Reached(Probe::kLeaderRemovedItself);
  SendHeartbeats(moment.now);
  if (const NodeId successor = FurthestVoter(); successor != NodeId(0)) SendTimeoutNow(successor);
  BecomeFollower(moment, hard_state.term, NodeId(0));
}

}  // namespace konsul::raft
