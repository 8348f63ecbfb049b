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
  std::vector<Entry> entries;
  std::vector<Message> after;
  bool needs_persist = false;
};

struct Server {
  NodeId id;
  std::unique_ptr<Raft> raft;  // null while it is down
  // The disk.
  HardState hard_state;
  std::vector<Entry> entries;
  std::deque<Write> writes;  // under way
  // The state machine: entry i at [i-1].
  std::vector<Entry> state;
  std::vector<ReadState> reads;
  std::vector<uint64_t> failed_reads;

  bool up() const { return raft != nullptr; }
};

// Members 1..n with names and addresses.
Configuration MakeConfiguration(size_t n);
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
  void Tick(Server& server);

  Moment Now() { return Moment{now, NextDraw()}; }
  uint64_t NextDraw();
  // The server that leads the highest term; nullptr without one.
  Server* Leader();
  // The earliest deadline of all that are up.
  Instant NextDeadline();
  // Writes, delivers and ticks in perfect order until `end`; links in `cut` lose everything.
  void RunUntil(Instant end);

  Instant now;
  std::vector<Message> wire;
  // Links that lose what is put on them, as from/to.
  std::set<std::pair<NodeId, NodeId>> cut;

 private:
  void Settle(Server& server);

  Options options_;
  std::map<NodeId, Server> servers_;
  uint64_t draws_ = 0;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_CLUSTER_SUPPORT_H_
