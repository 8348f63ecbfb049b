// An experiment file as typed values: validated once (parse.h), assumed afterwards.
// Format: docs/formats/experiment.md. Plain data; nothing here knows a simulator or a process.
#ifndef KONSUL_CHAOS_EXPERIMENT_H_
#define KONSUL_CHAOS_EXPERIMENT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chaos/values.h"
#include "core/base/time.h"

namespace konsul::chaos {

using Labels = std::map<std::string, std::string>;

// Chaos Mesh's `mode` and `value`: how many of those that the selector matches.
enum class Mode { kOne, kAll, kFixed, kFixedPercent, kRandomMaxPercent };

struct TargetSet {
  Mode mode = Mode::kOne;
  uint64_t value = 0;  // kFixed: a count; the percent modes: parts per million
  Labels labels;       // all must match
  // Exactly these, by name; empty: whoever the labels match.
  std::vector<std::string> nodes;
  // When there is one, `mode` counts values of this label instead of nodes, and all nodes that have
  // a chosen value are hit: a rack, a datacenter.
  std::string group;
};

// One direction between two nodes.
struct Link {
  std::string from;
  std::string to;
  friend auto operator<=>(const Link&, const Link&) = default;
};

// Which packets of a target a network fault concerns: those it sends to, or gets from, the others.
enum class Direction { kTo, kFrom, kBoth };

// Who is cut off from whom among the targets, beside the body of a partition.
enum class Shape {
  kNone,      // the targets from `others`
  kSplit,     // two groups, at random
  kIsolate,   // one from all the rest
  kMajority,  // a minority from the rest
  kRing,      // each hears a majority, and no two the same one (Jepsen's majorities ring)
  kBridge,    // two halves, and one between them that hears both
};

struct NetworkChaos {
  // Konsul's own are:
  //   kReset     connections end, once. With Direction::kBoth on both sides, each after a random
  //              byte of what was on its way; otherwise only whoever dialed them sees an error, and
  //              what it had sent still arrives.
  //   kClog      bytes are held back and all come at the end; no side is told, none gives up.
  //   kHalfOpen  the sending side of each link forgets its connections; the other is not told.
  enum class Action { kPartition, kNetem, kReset, kClog, kHalfOpen };
  Action action = Action::kPartition;
  TargetSet targets;
  Direction direction = Direction::kTo;
  std::optional<TargetSet> others;  // `target`; everybody else when absent
  // Exactly these, whatever the targets are, when there are any.
  std::vector<Link> links;
  // Links between two targets stay as they are: a split into groups instead of lone servers.
  bool keep_group = false;
  // Of each link only one connection, drawn; kReset, kClog and kHalfOpen.
  bool one_connection = false;
  Shape shape = Shape::kNone;
  // Cut for the first half of each such period, healed for the second. 0: cut all the time.
  Duration flap{};
  // The targets are cut off one after the other, and come back one after the other in another
  // order.
  bool swizzle = false;

  Duration latency{};  // added, netem
  Duration jitter{};
  uint32_t loss_ppm = 0;
  uint64_t rate = 0;  // bytes per second; 0: as it was
  // Datagrams only.
  uint32_t duplicate_ppm = 0;
  uint32_t corrupt_ppm = 0;
  uint32_t reorder_ppm = 0;
  uint32_t truncate_ppm = 0;
  uint32_t mtu = 1400;  // what a truncated one is cut to
};

struct PodChaos {
  TargetSet targets;
  // Absent: stays down until the experiment heals.
  std::optional<DurationRange> restart_after;
  bool lose_unsynced = false;  // a power loss rather than a kill
  // One target after the other; each waits until the former serves again.
  bool rolling = false;
  // The disk is empty afterwards, and the server that comes back another one. Meets only servers of
  // the fault atlas (director.h), each once.
  bool wipe = false;
  // Which version of the program comes back; absent: the one that ran.
  std::optional<uint32_t> version;
};

// Konsul's own.
struct ProcessChaos {
  enum class Action {
    kPause,          // the process stands still while its clock goes on, as with SIGSTOP
    kSlow,           // whatever wakes it does so later by `delay`
    kNoDescriptors,  // accepting a connection fails in so many cases
  };
  Action action = Action::kPause;
  TargetSet targets;
  Duration delay{};
  uint32_t percent_ppm = 1'000'000;
};

struct TimeChaos {
  TargetSet targets;
  Duration offset{};
  bool wall = true;
  bool monotonic = false;
  // Beside the verbatim body: each target's clocks run wrong by up to this much, either way.
  uint32_t drift_ppm = 0;
  // Exactly so much, by position in targets.nodes; then drift_ppm is 0.
  std::vector<int64_t> drifts_ppm;
  // Likewise: a clock stands still, and goes on afterwards from where it stood.
  bool freeze = false;  // the monotonic one
  bool freeze_wall = false;
  // The drift is the wall clock's alone.
  bool drift_wall_only = false;
};

struct IoChaos {
  // Konsul's own: kStall (calls hang), kRot (bits of a file change at rest), kMisdirect (a write
  // lands elsewhere and says OK). The last two damage what was promised to be durable, so they meet
  // only servers of the fault atlas (director.h).
  enum class Action { kFault, kLatency, kStall, kRot, kMisdirect };
  Action action = Action::kFault;
  TargetSet targets;
  std::string path = "*";
  std::vector<std::string> methods;  // fsync, write, read, open, rename, unlink; all when empty
  int error = 5;                     // errno: 5 EIO, 28 ENOSPC
  uint32_t percent_ppm = 1'000'000;
  Duration delay{};
  uint32_t bits = 1;  // kRot: how many, in each file
};

using FaultBody = std::variant<NetworkChaos, PodChaos, ProcessChaos, TimeChaos, IoChaos>;

struct Trigger {
  enum class Kind { kAt, kEvery, kRandom, kAfter, kSwarm };
  Kind kind = Kind::kAt;
  Duration at{};        // kAt: since the start; kEvery: the period; kRandom: the mean distance
  Duration jitter{};    // kEvery
  std::string event;    // kAfter
  DurationRange delay;  // kAfter
  uint32_t percent_ppm = 1'000'000;  // kAfter: how often it follows at all
  uint64_t weight = 1;               // kSwarm
};

// From where to where a number of a fault's body goes: once per run the seed draws one. In
// nanoseconds, parts per million or bytes, as the number is (strength.h).
struct Strength {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Strength&, const Strength&) = default;
};

struct Fault {
  std::string name;
  Trigger trigger;
  FaultBody body;
  std::optional<Duration> duration;          // to the end of the experiment when absent
  std::map<std::string, Strength> strength;  // by the number's name
  int line = 0;
};

struct Datacenter {
  std::string name = "dc1";
  uint32_t servers = 3;
  uint32_t clients = 1;
  // Further servers that do not run at the beginning; the operator adds them.
  uint32_t spares = 0;
  // Servers and clients stand in so many of them, in turn: the label `rack` is r1, r2... 0: none.
  uint32_t racks = 0;
  Labels labels;

  // Of the node of this name, number from 1; what never changes while a cluster runs.
  Labels LabelsOf(const std::string& component, const std::string& name, uint32_t number) const;
};

struct Defaults {
  Duration latency = 300us;
  Duration jitter = 100us;
  uint64_t disk_size = 1ull << 30;
  Duration fsync = 1ms;
};

// What an experiment keeps the seed from drawing (sim/cluster/tunables.h).
struct Pins {
  std::optional<Duration> latency;  // of links, with as much jitter
  std::optional<Duration> latency_jitter;
  std::optional<Duration> latency_tail;  // the worst that a straggler takes
  std::optional<Duration> fsync;         // of syncs: half of it, and as much jitter
  std::optional<Duration> fsync_jitter;
  std::optional<Duration> fsync_tail;
  std::optional<Duration> election_timeout;
  std::vector<Duration> election_timeouts;  // by server, before all of them have that one
  std::optional<Duration> heartbeat_interval;
  std::optional<Duration> lease_promise;
  std::optional<Duration> disk_stall_timeout;
  std::optional<uint64_t> append_entries_max;
  std::optional<uint64_t> append_bytes_max;
  std::optional<uint64_t> inflight_max;     // appends
  std::optional<uint64_t> uncommitted_max;  // entries
  std::optional<uint64_t> segment_bytes;
  std::optional<uint64_t> snapshot_entries;  // between two snapshots
  std::optional<uint64_t> snapshot_bytes;
  std::optional<uint64_t> trailing_entries;  // that the log keeps behind them
  std::optional<uint64_t> trailing_bytes;
  std::optional<uint64_t> chunk_bytes;  // of a snapshot on its way
  std::optional<uint64_t> chunk_bytes_per_second;
  std::optional<Duration> chunk_timeout;
  std::optional<Duration> chunk_retry;
  std::optional<Duration> client_timeout;
  std::optional<Duration> dial_timeout;
  std::optional<Duration> stall_timeout;  // until TCP gives a connection up
  // Parts per million of the calls.
  std::optional<uint64_t> accept_failure;
  std::optional<uint64_t> kill_fin;  // a killed process's connections end in good order
  std::optional<uint64_t> short_read;
  std::optional<uint64_t> short_segment;
  std::optional<uint64_t> faults_from_the_start;  // 1: rather than once there is a leader
};

// One operation of a client, as it was drawn.
struct Step {
  enum class Kind { kRead, kWrite, kCas, kDelete };
  Duration at{};        // since the start of the run
  uint32_t client = 0;  // 1 is c1
  Kind kind = Kind::kRead;
  uint32_t key = 0;
  std::string server;  // the address it is sent to
  bool dials = false;  // over a connection of its own
  bool consistent = false;
  uint64_t value_size = 0;  // of what is written, at least
};

struct Workload {
  enum class Type { kRegister, kKv };
  // kMixed: half and half.
  enum class Reads { kMixed, kDefault, kConsistent };
  std::string name;
  Type type = Type::kRegister;
  uint32_t keys = 8;
  Duration interval = 10ms;  // mean time between two operations of all clients together
  SizeRange value_size{8, 8};
  // Weights.
  uint32_t read = 5;
  uint32_t write = 3;
  uint32_t cas = 0;
  uint32_t remove = 0;
  Reads reads = Reads::kMixed;
  uint32_t watchers = 0;   // further clients, who wait for changes with blocking queries
  uint32_t streamers = 0;  // further clients, who follow what changes with change streams
  uint32_t lockers = 0;    // further clients, two of three for locks, the third for transactions
  // Exactly these until the heal, by time, instead of what the seed would draw.
  std::optional<std::vector<Step>> steps;
};

// Somebody who changes the cluster while it works, through the same HTTP API as people do.
struct Operator {
  Duration interval{};  // mean time between two actions; 0: there is no operator
  // Weights.
  uint32_t transfer = 0;  // the leadership, to anybody or to a server of his choice
  uint32_t remove = 0;    // a server, which is then wiped and becomes a spare
  uint32_t add = 0;       // a spare
  uint32_t snapshot = 0;
  uint32_t readmit = 0;  // a server is removed and tries to come back under its id
  uint32_t voters_min = 3;
  // What he does in a turn is drawn by the turn's number. Exactly these, by time, instead of one
  // after the other at random distances.
  struct Turn {
    uint64_t number = 0;
    Duration at{};  // since the start of the run
  };
  std::optional<std::vector<Turn>> turns;
};

struct BlastRadius {
  bool minority_only = true;
  uint64_t max_concurrent = 0;  // 0: no limit
  // Damage may meet any copy. Then nobody can promise that the cluster works again, or that nothing
  // is lost, and neither is asked; who leads, votes and applies what still is.
  bool damage_anywhere = false;
};

struct Liveness {
  Duration within = 30s;
  // At first only a random majority is healed, and has to do; all others stay down meanwhile.
  bool core_first = false;
  // While faults last that leave a majority untouched and connected: at the latest this long after
  // the last change of the faults or the last acknowledged write, another one is. 0: not asked for.
  Duration progress{};
  // How many new leaders there may be within one such span.
  std::optional<uint64_t> leaders_max;
  bool leader = true;
  bool acked_write = true;
  bool logs_equal = true;
};

struct Experiment {
  std::string name;
  Labels labels;
  std::optional<uint64_t> seed;  // absent: random
  Duration duration = 30s;
  uint64_t runs = 1;
  bool swarm = false;
  // What servers do about lease reads; by the seed when absent and `swarm`.
  std::optional<bool> leases;
  // Whether buggify sites (core/base/buggify.h) fire; by the seed when absent and `swarm`.
  std::optional<bool> buggify;
  // How often each of these does, in parts per million, whatever the seed says.
  std::map<std::string, uint32_t> buggify_sites;
  Pins pins;
  Datacenter datacenter;
  Defaults defaults;
  std::vector<Workload> workloads;
  Operator op;
  std::vector<Fault> faults;
  BlastRadius blast_radius;
  std::vector<std::string> invariants;  // names of InvariantNames()
  Liveness liveness;

  bool Checks(absl::string_view invariant) const;
};

// Every invariant there is.
const std::vector<std::string>& InvariantNames();
// Every event that `after` can name.
const std::vector<std::string>& EventNames();

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_EXPERIMENT_H_
