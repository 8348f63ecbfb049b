// The state of one server and the rules on it. Private to core/raft.
//
//   step.cc         which message may pass, and to whom (paper 5.1: terms)
//   election.cc     followers, candidates, votes, timers (5.2, 5.4.1; thesis 9.6, 6.2, 4.2.3)
//   replication.cc  the log, at both ends, and the commit index (5.3, 5.4.2; thesis 10.2)
//   membership.cc   configurations and who follows (paper 6; thesis 4)
//   transfer.cc     the leader hands over (thesis 3.10)
//   snapshot.cc     a log that begins later than at 1 (paper 7)
//   read_index.cc   reads that need no log entry (thesis 6.4), with a quorum or with a lease
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
#include "core/base/mutation.h"
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
    std::map<NodeId, Progress> followers;  // all members but this server, and who is departing
    ReadQueue reads;
    Instant heartbeat_due;
    struct Transfer {
      NodeId to;
      Instant gives_up;
      bool told = false;
    };
    std::optional<Transfer> transfer;
    // A TimeoutNow is or was on its way: followers may be asked to break their promises.
    bool lease_released = false;
    // Of the entries behind the commit index.
    uint64_t uncommitted_bytes = 0;
  };

  Core(NodeId id, const Options& options, Recovered recovered, const Moment& moment);

  using Body = decltype(Message::body);

  // ---- step.cc
  void Step(const Moment& moment, Message message);
  bool IsWellFormed(const Message& message) const;
  // Would rather not help somebody else to lead in the term `asked`.
  bool IsLoyal(Instant now, Term asked) const;
  void AnswerFromThePast(const Message& message);
  void BecomeFollower(const Moment& moment, Term new_term, NodeId new_leader);

  // ---- election.cc
  void ElectionTimeout(const Moment& moment);
  void PreCampaign(const Moment& moment);
  void Campaign(const Moment& moment, bool transfer);
  void AskForVotes(bool again);
  void BecomeLeader(const Moment& moment);
  void HandleVoteRequest(const Moment& moment, const Message& message, const VoteRequest& request);
  void HandleVoteReply(const Moment& moment, const Message& message, const VoteReply& reply);
  void CountVotes(const Moment& moment);
  void MakeWay(const Moment& moment, NodeId other, bool granted);
  void OwnVoteIsDurable(const Moment& moment);
  void ResetElectionTimer(const Moment& moment);
  Instant QuorumLapses() const;
  // When a disk that is slower than this is called stuck.
  Instant DiskStalls() const { return writes.oldest() + options.disk_stall_timeout; }
  void LeaderIsGone(const Moment& moment);
  // Patience for the election to come, unless it was cut short before.
  void Hurry(Duration patience);
  void LeaderIsThere(const Moment& moment);
  bool MayTakePart() const;
  void Tick(const Moment& moment);
  Instant NextDeadline() const;

  // ---- replication.cc, the leader's end
  absl::StatusOr<Proposed> Propose(const Moment& moment, Payload payload);
  void AppendToLog(const Moment& moment, Entry entry);
  void HandleAppendReply(const Moment& moment, const Message& message, const AppendReply& reply);
  void AdvanceCommit(const Moment& moment);
  bool OwesEntries(const Progress& follower) const;
  bool OwesNews(const Progress& follower) const;
  void SendEntries(Instant now, NodeId peer, Progress& follower);
  void SendHeartbeat(Instant now, NodeId peer, Progress& follower);
  void SendHeartbeats(Instant now);
  void SendWhatIsOwed(Instant now);
  void PeerUnreachable(const Moment& moment, NodeId peer, bool closed);
  AppendRequest AppendRequestTo(NodeId peer, Index next) const;
  bool IsOverloaded() const;
  // ---- replication.cc, the follower's end
  void HandleAppendRequest(const Moment& moment, const Message& message, AppendRequest request);
  void TruncateLogFrom(Index from);

  // ---- membership.cc
  absl::StatusOr<Proposed> ProposeConfiguration(const Moment& moment, const Configuration& target);
  void SyncFollowers(Instant now);
  void ConfigurationCommitted(const Moment& moment);
  const Configuration& electorate() const;
  bool MayCampaign() const;

  // ---- transfer.cc
  absl::Status TransferLeadership(const Moment& moment, NodeId to);
  NodeId FurthestVoter() const;
  void TransferStep();
  void SendTimeoutNow(NodeId to);
  void HandleTimeoutNow(const Moment& moment, const Message& message);

  // ---- snapshot.cc
  void Compact(Index upto);
  SnapshotPoint PointAt(Index index) const;
  void InstallSnapshot(const Moment& moment, NodeId from, Term term, const SnapshotPoint& point);
  void AcceptSnapshot(const SnapshotPoint& point);
  void SnapshotEnded(NodeId to);

  // ---- read_index.cc
  absl::StatusOr<Index> LeaseRead(Instant now) const;
  absl::Status ReadIndex(uint64_t context);
  bool CanStartReadRound() const;
  void StartReadRound();
  void ConfirmReads();

  // ---- ready.cc
  bool HasReady() const;
  Ready TakeReady(const Moment& moment);
  void Persisted(const Moment& moment, Index last_index, Term last_term);
  bool Fires(BuggifySite site) const {
    return options.buggify != nullptr && options.buggify->Fires(site);
  }
  bool HardStateIsDurable() const { return writes.durable() == hard_state; }
  Index ApplicableUpTo() const { return std::min(commit, log.durable()); }
  bool MayApply() const {
    if (mutation::On(Mutation::kFollowersNeverApply) && role != Role::kLeader) return false;
    return applied < ApplicableUpTo();
  }
  // A message that promises nothing but may reveal the term or the vote: it leaves at once when
  // those are durable, and otherwise after them.
  void Send(NodeId to, Term term, Body body);
  // A message that promises what was changed or handed out so far.
  void SendAfterPersist(NodeId to, Term term, Body body);

  const Configuration& configuration() const { return configurations.current(); }
  // Of `own` and `of(progress)` for every other voter: what a majority has reached, of each
  // configuration that is in force.
  template <typename T, typename Function>
  T MajorityOf(T own, Function of) const {
    if (mutation::On(Mutation::kOneVoteCounter) && configuration().joint()) {
      return MajorityIn(configuration().EitherVoters(), own, of);
    }
    const T incoming = MajorityIn(configuration().voters, own, of);
    if (!configuration().joint()) return incoming;
    return std::min(incoming, MajorityIn(configuration().outgoing, own, of));
  }
  template <typename T, typename Function>
  T MajorityIn(const std::vector<Member>& voters, T own, Function of) const {
    absl::InlinedVector<T, 8> values;
    for (const Member& voter : voters) {
      values.push_back(voter.id == id ? own : of(leadership->followers.at(voter.id)));
    }
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
  // Until then nobody else is helped to lead (Options::lease_promise).
  Instant promised_until;
  // What the next election timer is drawn from, to 1.6 times of it: election_timeout as long as
  // there may be a leader, less once there is none for sure.
  Duration patience;
  // Since a leader was heard last: patience was cut short already; this server made way for another
  // candidate already.
  bool hurried = false;
  bool yielded = false;

  // Volatile, in one role each.
  std::optional<Votes> votes;            // kPreCandidate, kCandidate
  Instant ask_again;                     // the same
  bool campaigns_by_transfer = false;    // kCandidate
  std::optional<Leadership> leadership;  // kLeader

  // What the next Ready will hold of messages and reads.
  Ready out;

  mutable Invariants invariants;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_CORE_H_
