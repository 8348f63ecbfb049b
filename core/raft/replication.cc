// The log at both of its ends: the leader that fills it and the follower that copies it
// (paper 5.3), and what is committed (5.4.2).
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {

// ---- Leader -------------------------------------------------------------------------------------

// Leaders: "if command received from client: append entry to local log". Nothing is sent here: all
// that is proposed until the next Ready is taken shares its messages.
absl::StatusOr<Raft::Proposed> Raft::Core::Propose(const Moment& moment, Payload payload) {
  if (role != Role::kLeader) return absl::UnavailableError("this server is not the leader");
  if (leadership->transfer) return absl::UnavailableError("the leadership is being handed over");
  if (IsOverloaded()) {
    probe::Reached(Probe::kWriteOverload);
    return absl::ResourceExhaustedError(
        "too many writes are waiting to be replicated; try again later");
  }
  Entry entry{.index = log.last_index() + 1,
              .term = hard_state.term,
              .kind = EntryKind::kCommand,
              .payload = std::move(payload)};
  const Proposed proposed{entry.index, entry.term};
  AppendToLog(moment, std::move(entry));
  return proposed;
}

// Whatever holds up the commit index - slow followers, a slow disk here - must not let the log grow
// without end.
bool Raft::Core::IsOverloaded() const {
  return leadership->uncommitted_bytes >= options.uncommitted_bytes_max ||
         log.last_index() - commit >= options.uncommitted_entries_max;
}

void Raft::Core::AppendToLog(const Moment& moment, Entry entry) {
  if (role == Role::kLeader) leadership->uncommitted_bytes += entry.payload->size();
  const bool configuration_changes = entry.kind == EntryKind::kConfiguration;
  if (configuration_changes) {
    absl::StatusOr<Configuration> decoded = Configuration::Decode(*entry.payload);
    KONSUL_CHECK(decoded.ok(), decoded.status().ToString());
    configurations.Append(entry.index, std::move(decoded).value());
  }
  log.Append(std::move(entry));
  if (configuration_changes && role == Role::kLeader) SyncFollowers(moment.now);
}

bool Raft::Core::OwesEntries(const Progress& follower) const {
  return follower.next() <= log.last_index() &&
         follower.CanSend({options.inflight_max, options.inflight_bytes_max});
}

// A commit index or a read round that the follower was not told. Without this it would learn them
// with the next heartbeat, and its own reads would lag behind by as much.
bool Raft::Core::OwesNews(const Progress& follower) const {
  if (follower.round_told < leadership->reads.round()) return true;
  return follower.state() == Progress::State::kReplicate &&
         follower.commit_told < std::min(commit, follower.match());
}

void Raft::Core::SendWhatIsOwed(Instant now) {
  for (auto& [peer, follower] : leadership->followers) {
    while (OwesEntries(follower)) SendEntries(now, peer, follower);
    if (OwesNews(follower)) SendHeartbeat(now, peer, follower);
  }
}

void Raft::Core::SendHeartbeats(Instant now) {
  if (mutation::On(Mutation::kHashOrder)) {
    std::map<uint64_t, NodeId> table;  // by the hash of the address
    for (const auto& [peer, follower] : leadership->followers) {
      table[Mix64(reinterpret_cast<uintptr_t>(&follower))] = peer;
    }
    for (const auto& [hash, peer] : table) {
      SendHeartbeat(now, peer, leadership->followers.at(peer));
    }
    return;
  }
  for (auto& [peer, follower] : leadership->followers) SendHeartbeat(now, peer, follower);
}

AppendRequest Raft::Core::AppendRequestTo(NodeId peer, Index next) const {
  AppendRequest append;
  append.prev_index = next - 1;
  append.prev_term = log.TermAt(append.prev_index).value();
  append.read_round = leadership->reads.round();
  append.to_learner = configuration().IsLearner(peer);
  return append;
}

// Leaders: "if last log index >= nextIndex for a follower: send AppendEntries RPC with log entries
// starting at nextIndex". It leaves before our own write of them is durable (thesis 10.2.1).
void Raft::Core::SendEntries(Instant now, NodeId peer, Progress& follower) {
  // Paper 7: what the follower needs first is gone from the log.
  if (follower.next() <= log.base()) {
    probe::Reached(Probe::kSnapshotNeeded);
    follower.NeedsSnapshot(log.base());
    out.snapshots.push_back(peer);
    return;
  }
  AppendRequest append = AppendRequestTo(peer, follower.next());
  append.sent = now.ns;
  const size_t most = Fires(BuggifySite::kShortAppend) ? 1 : options.append_entries_max;
  append.entries = log.Slice(follower.next(), most, options.append_bytes_max);
  const Index last = append.entries.back().index;
  size_t bytes = 0;
  for (const Entry& entry : append.entries) bytes += entry.payload->size();
  append.commit = std::min(commit, last);
  follower.Sent(last, bytes);
  follower.commit_told = std::max(follower.commit_told, append.commit);
  Send(peer, hard_state.term, std::move(append));
}

// An append without entries. It asks about the end of what was sent, so that a gap before it comes
// to light, and proves to the follower no more than that: its commit index stays within (etcd
// #16220). It is answered at once, whatever the follower's disk does; that keeps a leader with slow
// followers in office and its reads quick.
void Raft::Core::SendHeartbeat(Instant now, NodeId peer, Progress& follower) {
  AppendRequest append = AppendRequestTo(peer, std::max(follower.next(), log.base() + 1));
  append.sent = now.ns;
  append.commit = std::min(commit, append.prev_index);
  if (mutation::On(Mutation::kHeartbeatCommitsAll)) append.commit = commit;
  follower.commit_told = std::max(follower.commit_told, append.commit);
  follower.round_told = append.read_round;
  Send(peer, hard_state.term, std::move(append));
}

void Raft::Core::HandleAppendReply(const Moment& moment, const Message& message,
                                   const AppendReply& reply) {
  if (role != Role::kLeader) return;
  auto found = leadership->followers.find(message.from);
  if (found == leadership->followers.end()) return;
  Progress& follower = found->second;
  follower.heard = std::max(follower.heard, moment.now);
  // A refusal is as good an echo: it, too, acknowledges this leader and its term.
  if (reply.read_round <= leadership->reads.round()) {
    follower.round_echoed = std::max(follower.round_echoed, reply.read_round);
  }
  follower.lease_from = std::max(follower.lease_from, std::min(Instant{reply.sent}, moment.now));
  if (!reply.success) {
    const Index retry = log.LastAtMost(reply.hint_index, reply.hint_term);
    follower.Rejected(reply.match_or_rejected, retry);
  } else if (reply.match_or_rejected <= log.last_index()) {
    if (follower.Acknowledged(reply.match_or_rejected)) {
      AdvanceCommit(moment);
      if (role != Role::kLeader) return;  // it removed itself
      TransferStep();
    }
  }
  ConfirmReads();
}

void Raft::Core::PeerUnreachable(const Moment& moment, NodeId peer, bool closed) {
  if (closed && role == Role::kFollower && peer == leader) LeaderIsGone(moment);
  if (role != Role::kLeader) return;
  auto found = leadership->followers.find(peer);
  if (found != leadership->followers.end()) found->second.Lost();
}

// Leaders: "if there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and
// log[N].term == currentTerm: set commitIndex = N". This server is one of them with what is durable
// here, which may be less than what the others have.
void Raft::Core::AdvanceCommit(const Moment& moment) {
  const auto match_of = [](const Progress& follower) { return follower.match(); };
  Index reached = MajorityOf(log.durable(), match_of);
  if (mutation::On(Mutation::kMostFrequentMatch)) {
    std::map<Index, int> count = {{log.durable(), 1}};
    for (const auto& [peer, follower] : leadership->followers) ++count[follower.match()];
    for (const auto& [match, times] : count) {
      if (times >= count[reached]) reached = match;
    }
  }
  if (reached <= commit) return;
  // 5.4.2, figure 8: an older term's entry may be on a majority and still be overwritten.
  const bool own_term = log.TermAt(reached) == hard_state.term;
  if (!own_term) probe::Reached(Probe::kOlderTermWaits);
  if (!own_term && !mutation::On(Mutation::kCommitOlderTerm)) return;
  for (Index i = commit + 1; i <= reached; ++i) {
    leadership->uncommitted_bytes -= log.At(i)->payload->size();
  }
  const bool configuration_committed =
      commit < configurations.current_index() && configurations.current_index() <= reached;
  // A new leader may find the old one's joint configuration committed already.
  const bool first_of_term = log.TermAt(commit) != hard_state.term;
  commit = reached;
  if (first_of_term && configuration().joint()) probe::Reached(Probe::kJointInherited);
  if (configuration_committed || first_of_term) ConfigurationCommitted(moment);
}

// ---- Follower -----------------------------------------------------------------------------------

void Raft::Core::HandleAppendRequest(const Moment& moment, const Message& message,
                                     AppendRequest request) {
  // 5.2: there is at most one leader in a term. If not, nothing that follows can be trusted.
  KONSUL_CHECK(role != Role::kLeader, "two leaders in term ", hard_state.term.value, ": ",
               ToHex(id.value), " and ", ToHex(message.from.value));
  // Candidates: "if AppendEntries RPC received from new leader: convert to follower".
  BecomeFollower(moment, hard_state.term, message.from);
  LeaderIsThere(moment);
  if (!MayTakePart() && !request.to_learner) return;

  AppendReply reply{.read_round = request.read_round, .sent = request.sent};
  // Receiver 2: "reply false if log doesn't contain an entry at prevLogIndex whose term matches".
  if (request.prev_index >= log.base() && !log.Matches(request.prev_index, request.prev_term)) {
    probe::Reached(Probe::kAppendRefused);
    reply.match_or_rejected = request.prev_index;
    reply.hint_index = log.LastAtMost(request.prev_index, request.prev_term);
    reply.hint_term = log.TermAt(reply.hint_index).value();
    Send(message.from, hard_state.term, reply);
    return;
  }
  const Index match = request.prev_index + request.entries.size();
  // Receivers 3 and 4: "if an existing entry conflicts with a new one, delete it and all that
  // follow it; append any new entries not already in the log". Only a conflict deletes: what lies
  // beyond a short message that was delayed may be acknowledged already (akka-raft #66).
  if (mutation::On(Mutation::kPrevZeroReappends) && request.prev_index == Index(0) &&
      !request.entries.empty() && log.base() < log.last_index() && log.base() > Index(0)) {
    TruncateLogFrom(log.first_index());
  }
  if (mutation::On(Mutation::kShortAppendTruncates) && !request.entries.empty() &&
      std::max(match, commit) < log.last_index()) {
    TruncateLogFrom(std::max(match, commit) + 1);
  }
  if (std::optional<Index> first_new = log.FirstNew(request.entries)) {
    if (*first_new <= log.last_index()) {
      probe::Reached(Probe::kConflictTruncated);
      const bool back = mutation::On(Mutation::kRollBackToCommit);
      TruncateLogFrom(back ? std::max(commit, log.base()) + 1 : *first_new);
    }
    for (Entry& entry : request.entries) {
      if (entry.index == log.last_index() + 1) AppendToLog(moment, std::move(entry));
    }
  } else if (!request.entries.empty()) {
    probe::Reached(Probe::kAppendOfKnown);
  }
  // Receiver 5: "if leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last
  // new entry)". What lies beyond `match` here may not be the leader's.
  const bool trusting = mutation::On(Mutation::kHeartbeatCommitsAll);
  commit = std::max(commit, std::min(request.commit, trusting ? log.last_index() : match));

  reply.success = true;
  if (request.entries.empty()) {
    // Nothing was asked to be stored: says what is safe now.
    reply.match_or_rejected = std::min(match, log.durable());
    Send(message.from, hard_state.term, reply);
  } else {
    // Even if all of it was here before, its write may be under way still.
    reply.match_or_rejected = match;
    SendAfterPersist(message.from, hard_state.term, reply);
  }
}

void Raft::Core::TruncateLogFrom(Index from) {
  KONSUL_CHECK(from > commit || mutation::On(Mutation::kPrevZeroReappends), "entry ", from.value,
               " conflicts with the leader's, but up to ", commit.value, " all is committed");
  if (from <= configurations.current_index()) probe::Reached(Probe::kConfigurationRolledBack);
  log.TruncateFrom(from);
  writes.Truncate(from);
  configurations.Truncate(from);
}

}  // namespace konsul::raft
