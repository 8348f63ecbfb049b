// One server as the explorer sees it: a number for each state, and what it makes of each input.
#ifndef KONSUL_CORE_RAFT_EXPLORE_SERVERS_SUPPORT_H_
#define KONSUL_CORE_RAFT_EXPLORE_SERVERS_SUPPORT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/hash.h"
#include "core/raft/cluster_support.h"
#include "core/raft/explore_support.h"

namespace konsul::raft::testing {

struct HashOfHash {
  size_t operator()(const Hash128& hash) const { return hash.lo; }
};

// Numbers for things that are equal when their fingerprints are.
class Numbering {
 public:
  // The number, and whether it is new.
  std::pair<uint32_t, bool> Of(const Hash128& fingerprint) {
    const auto [at, is_new] = numbers_.emplace(fingerprint, static_cast<uint32_t>(numbers_.size()));
    return {at->second, is_new};
  }
  size_t size() const { return numbers_.size(); }

 private:
  absl::flat_hash_map<Hash128, uint32_t, HashOfHash> numbers_;
};

// What a server shows to the oracles; entries by number.
struct Sight {
  Role role;
  uint64_t term;
  Index base;
  Index commit;
  std::vector<uint32_t> log;    // behind base
  std::vector<uint64_t> terms;  // of these
  std::vector<uint32_t> state;  // from 1 on
};

// A message or a snapshot on the wire.
struct Packet {
  std::optional<Message> message;
  std::optional<Parcel> parcel;

  NodeId to() const { return message ? message->to : parcel->to; }
  NodeId from() const { return message ? message->from : parcel->from; }
};

enum class Do : uint8_t {
  kDeliver,
  kDuplicate,
  kTimeout,
  kHeartbeat,
  kPropose,
  kRead,
  kPersist,
  kRestart,
  kCompact,
  kTransfer,
  kChange,
  kSnapshotEnded,
};

struct Action {
  Do what;
  uint8_t server = 0;  // from 0
  uint32_t argument = 0;
};

// What one server makes of one input.
struct Step {
  uint32_t server = 0;  // the new state
  std::vector<uint32_t> sent;
  std::vector<ReadState> reads;
  bool happened = false;
  std::string broken;
};

// Tries inputs on single servers and remembers what came of it. Numbers stay valid, and so do
// references.
class Servers {
 public:
  explicit Servers(const Scope& scope);

  // A server at its beginning; `at` counts from 0.
  uint32_t Start(size_t at);
  const Step& Try(uint32_t server, const Action& action);

  const Server& at(uint32_t number) const { return servers_[number]; }
  const Sight& sight(uint32_t number) const { return sights_[number]; }
  const Packet& packet(uint32_t number) const { return packets_[number]; }
  const Entry& entry(uint32_t number) const { return entries_[number]; }
  size_t size() const { return servers_.size(); }

 private:
  Step Perform(uint32_t number, const Action& action);
  // False when that cannot happen to this server now.
  bool Act(Cluster& cluster, Server& server, const Action& action);
  bool FireTimer(Cluster& cluster, Server& server, bool heartbeat);
  static bool Restart(Cluster& cluster, Server& server, size_t writes_done);

  uint32_t Intern(Server&& server);
  uint32_t Intern(Message&& message);
  uint32_t Intern(Parcel&& parcel);
  uint32_t Intern(const Entry& entry);
  Sight Look(const Server& server);

  const Scope& scope_;
  Options options_;
  Numbering server_numbers_;
  Numbering packet_numbers_;
  Numbering entry_numbers_;
  // By number; they stay where they are while others come.
  std::deque<Server> servers_;
  std::deque<Sight> sights_;
  std::deque<Packet> packets_;
  std::deque<Entry> entries_;
  absl::flat_hash_map<std::tuple<uint32_t, Do, uint32_t>, std::unique_ptr<Step>> steps_;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_EXPLORE_SERVERS_SUPPORT_H_
