#include "core/raft/explore_support.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/raft/check_support.h"
#include "core/raft/explore_servers_support.h"

namespace konsul::raft::testing {
namespace {

constexpr size_t kServersMax = 4;
constexpr size_t kTermsMax = 6;

// A state of the whole. History is part of it: what was promised once is promised for ever.
struct State {
  std::array<uint32_t, kServersMax> servers{};
  std::array<uint8_t, 8> used{};                   // of what the scope bounds
  std::array<uint8_t, kTermsMax + 1> leaders{};    // of each term, from 1; 0: none so far
  std::vector<uint32_t> committed;                 // by anybody, ever
  std::vector<uint8_t> committed_in;               // the term of whoever did it
  std::vector<uint32_t> wire;                      // ascending
  std::vector<std::pair<uint8_t, uint8_t>> reads;  // asked for: context, committed by then

  Hash128 Fingerprint() const {
    RollingHash hash;
    for (uint32_t server : servers) hash.Add(server);
    for (uint8_t count : used) hash.Add(count);
    for (uint8_t leader : leaders) hash.Add(leader);
    hash.Add(committed.size());
    for (uint32_t entry : committed) hash.Add(entry);
    for (uint8_t term : committed_in) hash.Add(term);
    hash.Add(wire.size());
    for (uint32_t packet : wire) hash.Add(packet);
    for (const auto& [context, committed_then] : reads) hash.Add(256 * context + committed_then);
    return hash.value();
  }
};

size_t Slot(Do what) {
  switch (what) {
    case Do::kDuplicate:
      return 0;
    case Do::kHeartbeat:
      return 1;
    case Do::kPropose:
      return 2;
    case Do::kRead:
      return 3;
    case Do::kRestart:
      return 4;
    case Do::kCompact:
      return 5;
    case Do::kTransfer:
      return 6;
    case Do::kChange:
      return 7;
    default:
      break;
  }
  KONSUL_CHECK(false, "this is not bounded");
}

// ---- All of them --------------------------------------------------------------------------------

class Explorer {
 public:
  explicit Explorer(const Scope& scope) : scope_(scope), servers_(scope) {
    KONSUL_CHECK(scope.servers <= kServersMax && scope.term_max < kTermsMax);
  }

  Exploration Run(uint64_t states_max) {
    ChecksThrow checks_throw;
    State first;
    for (size_t i = 0; i < scope_.servers; ++i) first.servers[i] = servers_.Start(i);
    seen_.insert(first.Fingerprint());
    arrivals_.push_back({0, {}});
    std::vector<std::pair<uint32_t, State>> level = {{0, first}};
    for (result_.depth = 0; !level.empty() && result_.broken.empty(); ++result_.depth) {
      std::vector<std::pair<uint32_t, State>> next;
      next_ = &next;
      for (const auto& [number, state] : level) {
        Expand(number, state);
        if (!result_.broken.empty() || arrivals_.size() >= states_max) break;
      }
      if (arrivals_.size() >= states_max) break;
      level = std::move(next);
    }
    result_.states = arrivals_.size();
    result_.server_states = servers_.size();
    result_.complete = result_.broken.empty() && result_.states < states_max;
    return result_;
  }

 private:
  bool MayStill(const State& state, Do what, size_t most) const {
    return state.used[Slot(what)] < most;
  }

  void Expand(uint32_t number, const State& state) {
    for (size_t i = 0; i < state.wire.size() && result_.broken.empty(); ++i) {
      const uint32_t packet = state.wire[i];
      if (i > 0 && packet == state.wire[i - 1]) continue;
      const auto to = static_cast<uint8_t>(servers_.packet(packet).to().value - 1);
      if (to >= scope_.servers) continue;
      Go(number, state, {Do::kDeliver, to, packet});
      if (MayStill(state, Do::kDuplicate, scope_.duplicates)) {
        Go(number, state, {Do::kDuplicate, to, packet});
      }
    }
    for (uint8_t at = 0; at < scope_.servers && result_.broken.empty(); ++at) {
      ExpandServer(number, state, at);
    }
  }

  void ExpandServer(uint32_t number, const State& state, uint8_t at) {
    const Server& server = servers_.at(state.servers[at]);
    if (at < scope_.candidates) Go(number, state, {Do::kTimeout, at});
    if (scope_.slow_disks && !server.writes.empty()) Go(number, state, {Do::kPersist, at});
    if (MayStill(state, Do::kRestart, scope_.restarts)) {
      const size_t writes = server.writes.size();
      for (uint32_t done = 0; done <= writes; ++done) {
        Go(number, state, {Do::kRestart, at, done});
      }
    }
    if (MayStill(state, Do::kCompact, scope_.compactions)) Go(number, state, {Do::kCompact, at});
    if (servers_.sight(state.servers[at]).role != Role::kLeader) return;
    const auto ask = [&](Do what, size_t most, uint32_t argument) {
      if (MayStill(state, what, most)) Go(number, state, {what, at, argument});
    };
    ask(Do::kHeartbeat, scope_.heartbeats, 0);
    ask(Do::kPropose, scope_.proposals, state.used[Slot(Do::kPropose)]);
    ask(Do::kRead, scope_.reads, state.used[Slot(Do::kRead)]);
    ask(Do::kChange, scope_.changes.size(), state.used[Slot(Do::kChange)]);
    for (uint32_t to = 1; to <= scope_.servers; ++to) ask(Do::kTransfer, scope_.transfers, to);
  }

  void Go(uint32_t number, const State& state, const Action& action) {
    const Step& step = servers_.Try(state.servers[action.server], action);
    if (!step.happened || !result_.broken.empty()) return;
    ++result_.transitions;
    State next = state;
    std::string broken = step.broken;
    if (broken.empty()) {
      Apply(action, step, &next);
      broken = Judge(next, action.server);
      if (broken.empty()) broken = JudgeReads(step.reads, &next);
    }
    if (!broken.empty()) {
      arrivals_.push_back({number, action});
      result_.broken = broken;
      Tell(static_cast<uint32_t>(arrivals_.size() - 1));
      return;
    }
    const std::vector<uint32_t> wire = std::exchange(next.wire, {});
    ArriveWithPartOf(wire, 0, number, action, &next);
  }

  // With as much of `wire` as there is room for: all of it, or any part of that size. What is
  // before `from` was chosen or not.
  void ArriveWithPartOf(const std::vector<uint32_t>& wire, size_t from, uint32_t number,
                        const Action& action, State* next) {
    const size_t wanted = std::min(wire.size(), scope_.wire_max);
    if (next->wire.size() == wanted) return Arrive(number, action, *next);
    if (next->wire.size() + wire.size() - from > wanted) {
      // Without this one, and without its equals: which of them goes makes no difference.
      const size_t other = static_cast<size_t>(
          std::upper_bound(wire.begin() + static_cast<ptrdiff_t>(from), wire.end(), wire[from]) -
          wire.begin());
      if (next->wire.size() + wire.size() - other >= wanted) {
        ArriveWithPartOf(wire, other, number, action, next);
      }
    }
    next->wire.push_back(wire[from]);
    ArriveWithPartOf(wire, from + 1, number, action, next);
    next->wire.pop_back();
  }

  void Arrive(uint32_t number, const Action& action, const State& next) {
    if (!seen_.insert(next.Fingerprint()).second) return;
    arrivals_.push_back({number, action});
    next_->emplace_back(static_cast<uint32_t>(arrivals_.size() - 1), next);
  }

  void Apply(const Action& action, const Step& step, State* next) {
    next->servers[action.server] = step.server;
    const bool is_bounded = action.what != Do::kDeliver && action.what != Do::kTimeout &&
                            action.what != Do::kPersist && action.what != Do::kSnapshotEnded;
    if (is_bounded) ++next->used[Slot(action.what)];
    if (action.what == Do::kRead) {
      next->reads.emplace_back(action.argument, next->committed.size());
    }
    if (action.what == Do::kDeliver) {
      next->wire.erase(std::find(next->wire.begin(), next->wire.end(), action.argument));
      if (servers_.packet(action.argument).parcel) {
        // Its sender knows at once.
        const auto from = static_cast<uint8_t>(servers_.packet(action.argument).from().value - 1);
        const Step& ended =
            servers_.Try(next->servers[from], {Do::kSnapshotEnded, from, action.argument});
        KONSUL_CHECK(ended.broken.empty(), ended.broken);
        next->servers[from] = ended.server;
        next->wire.insert(next->wire.end(), ended.sent.begin(), ended.sent.end());
      }
    }
    next->wire.insert(next->wire.end(), step.sent.begin(), step.sent.end());
    std::sort(next->wire.begin(), next->wire.end());
    Forget(next);
  }

  // What can never again make a difference need not tell states apart: an answer of a term that its
  // receiver has left for good.
  void Forget(State* next) {
    if (scope_.slow_disks) return;  // a term in memory may be forgotten
    const auto is_moot = [&](uint32_t number) {
      const Packet& packet = servers_.packet(number);
      if (!packet.message) return false;
      const auto& body = packet.message->body;
      if (!std::holds_alternative<VoteReply>(body) && !std::holds_alternative<AppendReply>(body) &&
          !std::holds_alternative<TimeoutNow>(body)) {
        return false;
      }
      const uint64_t to = packet.to().value;
      if (to > scope_.servers) return true;
      return packet.message->term.value < servers_.sight(next->servers[to - 1]).term;
    };
    next->wire.erase(std::remove_if(next->wire.begin(), next->wire.end(), is_moot),
                     next->wire.end());
  }

  // Paper figure 3, for what server `at` has become.
  std::string Judge(State& state, size_t at) {
    const Sight& sight = servers_.sight(state.servers[at]);
    // State machine safety.
    for (Index i = sight.base + 1; i <= sight.commit; ++i) {
      const uint32_t entry = sight.log[i - sight.base - 1];
      if (i.value == state.committed.size() + 1) {
        state.committed.push_back(entry);
        state.committed_in.push_back(static_cast<uint8_t>(sight.term));
      }
      if (i.value > state.committed.size() || state.committed[i.value - 1] != entry) {
        return absl::StrCat("state machine safety: commits another entry at ", i.value);
      }
    }
    for (size_t i = 0; i < sight.state.size(); ++i) {
      if (i >= state.committed.size() || state.committed[i] != sight.state[i]) {
        return absl::StrCat("state machine safety: applied another entry at ", i + 1);
      }
    }
    std::string broken = JudgeLeader(state, sight, at);
    for (size_t other = 0; other < scope_.servers && broken.empty(); ++other) {
      if (other != at) broken = JudgeLogs(sight, servers_.sight(state.servers[other]));
    }
    return broken;
  }

  // Election safety and leader completeness.
  std::string JudgeLeader(State& state, const Sight& sight, size_t at) {
    if (sight.role != Role::kLeader) return "";
    KONSUL_CHECK(sight.term < state.leaders.size());
    uint8_t& leader = state.leaders[sight.term];
    if (leader == at + 1) return "";
    if (leader != 0) return absl::StrCat("election safety: term ", sight.term, " has two leaders");
    leader = static_cast<uint8_t>(at + 1);
    for (size_t i = sight.base.value; i < state.committed.size(); ++i) {
      // "If a log entry is committed in a given term, then that entry will be present in the logs
      // of the leaders for all higher-numbered terms": it may be of an older term itself.
      if (state.committed_in[i] >= sight.term) continue;
      const size_t in_log = i - sight.base.value;
      if (in_log >= sight.log.size() || sight.log[in_log] != state.committed[i]) {
        return absl::StrCat("leader completeness: the leader of term ", sight.term, " lacks entry ",
                            i + 1);
      }
    }
    return "";
  }

  // Log matching.
  std::string JudgeLogs(const Sight& a, const Sight& b) {
    const uint64_t base = std::max(a.base, b.base).value;
    uint64_t i = std::min(a.base.value + a.log.size(), b.base.value + b.log.size());
    bool equal = false;
    for (; i > base; --i) {
      const size_t in_a = i - a.base.value - 1;
      const size_t in_b = i - b.base.value - 1;
      equal |= a.terms[in_a] == b.terms[in_b];
      if (equal && a.log[in_a] != b.log[in_b]) {
        return absl::StrCat("log matching: logs differ at ", i, ", below an equal term");
      }
    }
    return "";
  }

  std::string JudgeReads(const std::vector<ReadState>& served, State* state) {
    for (const ReadState& read : served) {
      const auto asked = std::find_if(state->reads.begin(), state->reads.end(),
                                      [&](const auto& one) { return one.first == read.context; });
      if (asked == state->reads.end()) return "a read was answered twice, or never asked for";
      if (read.index.value < asked->second) {
        return absl::StrCat("stale read at ", read.index.value, ", but ", asked->second,
                            " was committed when it was asked for");
      }
      state->reads.erase(asked);
    }
    return "";
  }

  // ---- How it came about

  void Tell(uint32_t last) {
    std::vector<uint32_t> way;
    for (uint32_t at = last; at != 0; at = arrivals_[at].from) way.push_back(at);
    std::reverse(way.begin(), way.end());
    State state;
    for (size_t i = 0; i < scope_.servers; ++i) state.servers[i] = servers_.Start(i);
    for (uint32_t at : way) {
      const Action& action = arrivals_[at].action;
      absl::StrAppend(&result_.tale, Describe(action), "\n");
      const Step& step = servers_.Try(state.servers[action.server], action);
      if (!step.broken.empty()) return;
      const State before = state;
      Apply(action, step, &state);
      for (size_t i = 0; i < scope_.servers; ++i) {
        if (before.servers[i] != state.servers[i]) TellStanding(i, state.servers[i]);
      }
    }
  }

  void TellStanding(size_t at, uint32_t number) {
    const Sight& sight = servers_.sight(number);
    absl::StrAppend(&result_.tale, "  ", at + 1, ": ", RoleName(sight.role), " t", sight.term,
                    " commit=", sight.commit.value, " log:");
    if (sight.base > Index(0)) absl::StrAppend(&result_.tale, " [", sight.base.value, "]");
    for (uint32_t entry : sight.log) {
      absl::StrAppend(&result_.tale, " ", raft::Describe(servers_.entry(entry)), ";");
    }
    absl::StrAppend(&result_.tale, "\n");
  }

  std::string Describe(const Action& action) const {
    const size_t who = action.server + 1;
    switch (action.what) {
      case Do::kDeliver:
      case Do::kDuplicate: {
        const Packet& packet = servers_.packet(action.argument);
        const std::string what =
            packet.message
                ? raft::Describe(*packet.message)
                : absl::StrCat("Snapshot ", packet.from().value, "->", packet.to().value,
                               " last=", packet.parcel->snapshot->point.last.index.value);
        return absl::StrCat(what, action.what == Do::kDuplicate ? ", and it will come again" : "");
      }
      case Do::kTimeout:
        return absl::StrCat("timeout ", who);
      case Do::kHeartbeat:
        return absl::StrCat("heartbeat ", who);
      case Do::kPropose:
        return absl::StrCat("propose ", who, " v", action.argument);
      case Do::kRead:
        return absl::StrCat("read ", who, " as ", action.argument);
      case Do::kPersist:
        return absl::StrCat("persist ", who);
      case Do::kRestart:
        return absl::StrCat("crash and restart ", who, ", ", action.argument, " writes done");
      case Do::kCompact:
        return absl::StrCat("compact ", who);
      case Do::kTransfer:
        return absl::StrCat("transfer ", who, " to ", action.argument);
      case Do::kChange:
        return absl::StrCat("change ", who, " to the target ", action.argument);
      case Do::kSnapshotEnded:
        return absl::StrCat("snapshot of ", who, " ended");
    }
    return "?";
  }

  struct Arrival {
    uint32_t from;
    Action action;
  };

  const Scope& scope_;
  Servers servers_;
  Exploration result_;
  absl::flat_hash_set<Hash128, HashOfHash> seen_;
  std::vector<Arrival> arrivals_;  // how each state was reached first
  std::vector<std::pair<uint32_t, State>>* next_ = nullptr;
};

}  // namespace

Exploration Explore(const Scope& scope, uint64_t states_max) {
  return Explorer(scope).Run(states_max);
}

}  // namespace konsul::raft::testing
