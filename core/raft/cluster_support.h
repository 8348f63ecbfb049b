// Several cores in one hand: their messages lie on a wire, their writes in a queue, and the test
// says what happens to each. Nothing moves by itself.
#ifndef KONSUL_CORE_RAFT_CLUSTER_SUPPORT_H_
#define KONSUL_CORE_RAFT_CLUSTER_SUPPORT_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/raft.h"

namespace konsul::raft::testing {

// What is being written: durable at once, or never, or after a crash in part.
struct Write {
  std::optional<HardState> hard_state;
  std::optional<LogPosition> restore;
  std::vector<Entry> entries;
  // Without a batch of the core: entries up to here go.
  std::optional<Index> compact;
  std::vector<Message> after;
  LogPosition last;  // for Raft::Persisted
  bool needs_persist = false;
  Instant since;  // by the server's clock
};

// The state machine is the list of all that was applied: entry i at [i-1].
struct Snapshot {
  SnapshotPoint point;
  std::vector<Entry> state;
};

// A snapshot on its way. Its pieces are no concern of the core: it arrives, or it does not.
struct Parcel {
  NodeId from;
  NodeId to;
  Term term;
  std::shared_ptr<const Snapshot> snapshot;
};

// How a server's clock differs from true time.
struct Clock {
  int64_t ahead_ns = 0;
  int64_t ppm = 0;  // faster by so many millionths

  Instant Local(Instant true_time) const;
  // When it will show `local`.
  Instant True(Instant local) const;
};

struct Server {
  NodeId id;
  std::unique_ptr<Raft> raft;  // null while it is down
  Clock clock;
  // The disk: the log behind `base`, and the latest snapshot.
  HardState hard_state;
  Index base;
  std::vector<Entry> entries;
  std::shared_ptr<const Snapshot> snapshot;
  std::deque<Write> writes;  // under way
  std::vector<Entry> state;
  std::vector<ReadState> reads;
  std::vector<uint64_t> failed_reads;
  // The snapshot that was given to the core last.
  std::shared_ptr<const Snapshot> installing;

  bool up() const { return raft != nullptr; }
  // What storage gives back, after the rule of recovery was applied to the disk: the log is emptied
  // unless it holds the snapshot's last entry or begins behind it.
  Recovered Recover(Index applied);
};

Member MakeMember(uint64_t id);
// Voters with names and addresses: 1..n, or the ids.
Configuration MakeConfiguration(size_t n);
Configuration MakeConfiguration(const std::vector<uint64_t>& voters,
                                const std::vector<uint64_t>& learners);
Message MakeMessage(uint64_t from, uint64_t to, uint64_t term, decltype(Message::body) body);
// A log of these terms from index 1 on; the first entry holds `configuration` unless that is empty.
std::vector<Entry> MakeLog(const Configuration& configuration, const std::vector<uint64_t>& terms);

class Cluster {
 public:
  explicit Cluster(const Options& options) : options_(options) {}

  // Adds a server that is down, with an empty disk.
  Server& Add(NodeId id);
  Server& at(uint64_t id) { return servers_.at(NodeId(id)); }
  std::map<NodeId, Server>& servers() { return servers_; }
  // Its disk is gone, and it is down.
  void Wipe(Server& server);

  // Recovers from the disk; what was applied beyond `applied` is forgotten first.
  void Start(Server& server, Index applied);
  // What is under way is lost.
  void Crash(Server& server);
  // Takes all that the core wants done: messages to the wire, writes to the queue, state.
  void Pump(Server& server);
  // The oldest write becomes durable. False when there is none.
  bool PersistOne(Server& server);
  void PersistAll(Server& server);
  // The disk's part of it alone.
  static void ToDisk(Server& server, const Write& write);
  // Gives a message to its receiver, if that is up.
  void Deliver(const Message& message);
  // A snapshot arrives in whole, and its sender knows; or it is given up.
  void Deliver(const Parcel& parcel);
  void GiveUp(const Parcel& parcel);
  void Tick(Server& server);
  // Writes a snapshot of what is applied and drops the log up to `upto`, which is in it.
  void TakeSnapshot(Server& server, Index upto);

  // True time, which all clocks show unless they are set otherwise; and a server's time.
  Moment Now() { return Moment{now, NextDraw()}; }
  Moment Now(const Server& server) { return Moment{server.clock.Local(now), NextDraw()}; }
  uint64_t NextDraw();
  // In true time.
  Instant DeadlineOf(const Server& server) const;
  // The server that leads the highest term; nullptr without one.
  Server* Leader();
  // The earliest deadline of all that are up.
  Instant NextDeadline();
  // Writes, delivers and ticks in perfect order until `end`; links in `cut` lose everything.
  void RunUntil(Instant end);

  const Options& options() const { return options_; }

  Instant now;
  std::vector<Message> wire;
  std::vector<Parcel> parcels;
  // Servers whose writes RunUntil leaves alone.
  std::set<NodeId> slow;
  // Links that lose what is put on them, as from/to.
  std::set<std::pair<NodeId, NodeId>> cut;

 private:
  void Settle(Server& server);
  bool DeliverEverything();

  Options options_;
  std::map<NodeId, Server> servers_;
  uint64_t draws_ = 0;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_CLUSTER_SUPPORT_H_
