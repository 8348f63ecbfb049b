// The state of one server and the rules on it. Private to core/raft.
//
//   step.cc         which message may pass, and to whom (paper 5.1: terms)
//   election.cc     followers, candidates, votes, timers (5.2, 5.4.1; thesis 9.6, 6.2, 4.2.3)
//   replication.cc  the log, at both ends, and the commit index (5.3, 5.4.2; thesis 10.2)
//   read_index.cc   reads that need no log entry (thesis 6.4)
//   ready.cc        output, durability (thesis 10.2.1), and the public class
//   invariants.cc   what must hold after every step
#ifndef KONSUL_CORE_RAFT_CORE_H_
#define KONSUL_CORE_RAFT_CORE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/raft/configuration_history.h"
#include "core/raft/invariants.h"
#include "core/raft/persist_queue.h"
#include "core/raft/progress.h"
#include "core/raft/quorum.h"
#include "core/raft/raft.h"
#include "core/raft/raft_log.h"
#include "core/raft/read_queue.h"

namespace konsul::raft {

struct Raft::Core {
  // What only a leader knows, for the term of its leadership.
  struct Leadership {
    std::map<NodeId, Progress> followers;  // all voters but this server
    ReadQueue reads;
    Instant heartbeat_due;
  };

  Core(NodeId id, const Options& options, Recovered recovered, const Moment& moment);

  using Body = decltype(Message::body);

  // ---- step.cc
  void Step(const Moment& moment, Message message);
  bool IsWellFormed(const Message& message) const;
  bool HeardFromLeaderLately(Instant now) const;
  void AnswerFromThePast(const Message& message);
  void BecomeFollower(const Moment& moment, Term new_term, NodeId new_leader);

  // ---- election.cc
  void ElectionTimeout(const Moment& moment);
  void PreCampaign(const Moment& moment);
  void Campaign(const Moment& moment);
  void BecomeLeader(const Moment& moment);
  void HandleVoteRequest(const Moment& moment, const Message& message, const VoteRequest& request);
  void HandleVoteReply(const Moment& moment, const Message& message, const VoteReply& reply);
  void CountVotes(const Moment& moment);
  void OwnVoteIsDurable(const Moment& moment);
  void ResetElectionTimer(const Moment& moment);
  bool MayCampaign() const { return configuration().IsVoter(id); }
  Instant QuorumLapses() const;
  void Tick(const Moment& moment);
  Instant NextDeadline() const;

  // ---- replication.cc, the leader's end
  absl::StatusOr<Proposed> Propose(Payload payload);
  void AppendToLog(Entry entry);
  void HandleAppendReply(const Moment& moment, const Message& message, const AppendReply& reply);
  void AdvanceCommit();
  bool OwesEntries(const Progress& follower) const;
  bool OwesNews(const Progress& follower) const;
  void SendEntries(NodeId peer, Progress& follower);
  void SendHeartbeat(NodeId peer, Progress& follower);
  void SendHeartbeats();
  void SendWhatIsOwed();
  void PeerUnreachable(NodeId peer);
  AppendRequest AppendRequestFrom(Index next) const;
  // ---- replication.cc, the follower's end
  void HandleAppendRequest(const Moment& moment, const Message& message, AppendRequest request);
  void TruncateLogFrom(Index from);

  // ---- read_index.cc
  absl::Status ReadIndex(uint64_t context);
  bool CanStartReadRound() const;
  void StartReadRound();
  void ConfirmReads();

  // ---- ready.cc
  bool HasReady() const;
  Ready TakeReady();
  void Persisted(const Moment& moment, Index last_index, Term last_term);
  bool HardStateIsDurable() const { return writes.durable() == hard_state; }
  Index ApplicableUpTo() const { return std::min(commit, log.durable()); }
  // A message that promises nothing but may reveal the term or the vote: it leaves at once when
  // those are durable, and otherwise after them.
  void Send(NodeId to, Term term, Body body);
  // A message that promises what was changed or handed out so far.
  void SendAfterPersist(NodeId to, Term term, Body body);

  const Configuration& configuration() const { return configurations.current(); }
  // Of `own` and `of(progress)` for every other voter: what a majority has reached.
  template <typename T, typename Function>
  T MajorityOf(T own, Function of) const {
    absl::InlinedVector<T, 8> values = {own};
    for (const auto& [peer, progress] : leadership->followers) values.push_back(of(progress));
    return MajorityReached(absl::MakeSpan(values));
  }

  const NodeId id;
  const Options options;

  // Persistent, as of memory; `writes` knows what of it is on disk (paper, figure 2).
  HardState hard_state;
  RaftLog log;
  ConfigurationHistory configurations;  // derived from the log
  PersistQueue writes;

  // Volatile on every server.
  Role role = Role::kFollower;
  NodeId leader;
  Index commit;
  Index applied;  // handed out in Ready::committed
  Instant election_due;
  Instant leader_heard = Instant::Past();

  // Volatile, in one role each.
  std::optional<Votes> votes;            // kPreCandidate, kCandidate
  std::optional<Leadership> leadership;  // kLeader

  // What the next Ready will hold of messages and reads.
  Ready out;

  mutable Invariants invariants;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_CORE_H_
