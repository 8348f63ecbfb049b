// A log that does not begin at 1 (paper 7; thesis 5).
//
// The problem: a log that is never cut fills the disk and the memory, and a server that comes back
// replays it all. So each server for itself writes its state to disk now and then and forgets the
// entries that led to it; whoever needs one of those gets the state instead. The core knows where
// snapshots stand in the log. Writing, sending and loading them is the driver's work.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {

void Raft::Core::Compact(Index upto) {
  KONSUL_CHECK(upto <= applied, "compact up to ", upto.value, ", applied ", applied.value);
  log.CompactTo(upto);
  configurations.Compact(log.base());
  if (role != Role::kLeader) return;
  for (auto& [peer, follower] : leadership->followers) {
    if (follower.next() <= log.base()) probe::Reached(Probe::kCompactedUnderFollower);
    follower.Compacted(log.base());
  }
}

SnapshotPoint Raft::Core::PointAt(Index index) const {
  const std::optional<Term> term = log.TermAt(index);
  KONSUL_CHECK(term.has_value() && index <= applied, "a snapshot at ", index.value,
               " of a log from ", log.base().value, " applied to ", applied.value);
  return SnapshotPoint{
      {index, *term}, configurations.IndexInForceAt(index), configurations.InForceAt(index)};
}

void Raft::Core::InstallSnapshot(const Moment& moment, NodeId from, Term term,
                                 const SnapshotPoint& point) {
  if (term < hard_state.term || point.last.term > term)
    return;  // its sender does not lead any more
  KONSUL_CHECK(role != Role::kLeader || term > hard_state.term, "two leaders in term ",
               hard_state.term.value);
  BecomeFollower(moment, term, from);
  LeaderIsThere(moment);
  if (point.last.index > commit) {
    AcceptSnapshot(point);
  } else {
    probe::Reached(Probe::kSnapshotOutdated);
  }
  // Also when there was nothing new in it: the leader learns where to go on.
  SendAfterPersist(from, hard_state.term,
                   AppendReply{.success = true,
                               .match_or_rejected = std::min(point.last.index, log.last_index()),
                               .sent = Instant::Past().ns});
}

// InstallSnapshot receiver 6 to 8: "if existing log entry has same index and term as snapshot's
// last included entry, retain log entries following it; otherwise discard the entire log and reset
// state machine using snapshot contents".
void Raft::Core::AcceptSnapshot(const SnapshotPoint& point) {
  const bool keeps = mutation::On(Mutation::kKeepConflictingEntry)
                         ? log.last_index() >= point.last.index
                         : log.Matches(point.last.index, point.last.term);
  probe::Reached(keeps ? Probe::kSnapshotKeepsLog : Probe::kSnapshotResetsLog);
  if (keeps) {
    // All of it is here; only that it is committed is news.
    commit = point.last.index;
    return;
  }
  writes.Truncate(Index(1));
  log.Reset(point.last);
  configurations.Reset(point.configuration_index, point.configuration);
  commit = applied = point.last.index;
  out.restore = point.last;
}

void Raft::Core::SnapshotEnded(NodeId to) {
  if (role != Role::kLeader) return;
  const auto found = leadership->followers.find(to);
  if (found != leadership->followers.end()) found->second.SnapshotEnded(log.base());
}

}  // namespace konsul::raft
