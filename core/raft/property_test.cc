// A whole cluster under a hostile world: messages are lost, repeated, reordered and delayed, writes
// become durable late, servers crash and forget what was not durable. Each case is a list of words;
// each word is one step, so a failing case shrinks by leaving steps out. That takes minutes;
// RC_PARAMS="noshrink=1" tells at once, "max_success=5000" looks further.
//
// In a build with KONSUL_MUTANTS, the environment variable KONSUL_MUTANT names a planted bug.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/base/mutation.h"
#include "core/raft/cluster_support.h"
#include "core/raft/safety_support.h"

namespace konsul::raft::testing {
namespace {

// Draws from one word.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t n) {
    state_ += 0x9e3779b97f4a7c15ULL;
    return Mix64(state_) % n;
  }

 private:
  uint64_t state_;
};

Options SmallOptions(Dice& dice) {
  Options options;
  options.append_entries_max = 1 + dice.Below(4);
  options.inflight_max = 1 + dice.Below(4);
  options.apply_entries_max = 1 + dice.Below(8);
  options.pre_vote = dice.Below(4) != 0;
  options.check_quorum = dice.Below(4) != 0;
  return options;
}

class World {
 public:
  World(size_t n, Dice dice) : cluster_(SmallOptions(dice)), n_(n) {
    hostility_ = dice.Below(4);
    // A minority may join without a configuration and learn it from the leader.
    const size_t passive = dice.Below(2) == 0 ? (n - 1) / 2 : 0;
    for (uint64_t id = 1; id <= n; ++id) {
      Server& server = cluster_.Add(NodeId(id));
      cluster_.Start(server, Index(0));
      if (id + passive > n) continue;
      EXPECT_TRUE(server.raft->Bootstrap(cluster_.Now(), MakeConfiguration(n)).ok());
      cluster_.Pump(server);
      cluster_.PersistAll(server);
    }
  }

  // Empty, or what broke.
  std::string Step(uint32_t word) {
    Dice dice(word);
    Act(dice);
    ++steps_;
    std::string broken = safety_.Observe(cluster_);
    if (broken.empty() && steps_ % 32 == 0) broken = safety_.CheckLogMatching(cluster_);
    return broken;
  }

  // The faults end: a leader has to come up and a new entry has to reach everybody.
  std::string Heal() {
    cluster_.cut.clear();
    for (auto& [id, server] : cluster_.servers()) {
      if (!server.up()) cluster_.Start(server, Index(server.state.size()));
    }
    const Instant end = cluster_.now + 10s;
    while (cluster_.now < end) {
      cluster_.RunUntil(cluster_.now + 100ms);
      std::string broken = safety_.Observe(cluster_);
      if (broken.empty()) broken = safety_.CheckLogMatching(cluster_);
      if (!broken.empty()) return broken;
      if (proposed_ == Index(0)) {
        Server* leader = cluster_.Leader();
        if (leader == nullptr) continue;
        proposed_ = leader->raft->Propose(cluster_.Now(), MakePayload("last"))->index;
        cluster_.Pump(*leader);
      } else if (EverybodyApplied()) {
        return "";
      } else if (cluster_.now > end - 5s) {
        proposed_ = Index(0);  // it may have been overwritten: once more
      }
    }
    return absl::StrCat("liveness: leader ", cluster_.Leader() != nullptr, ", proposed ",
                        proposed_.value);
  }

  const Safety& safety() const { return safety_; }

 private:
  bool EverybodyApplied() {
    return std::all_of(cluster_.servers().begin(), cluster_.servers().end(),
                       [&](auto& server) { return server.second.state.size() >= proposed_.value; });
  }

  Server& Pick(Dice& dice) { return cluster_.at(1 + dice.Below(n_)); }

  void Act(Dice& dice) {
    const uint64_t kind = dice.Below(100);
    if (kind < 55) {
      Deliver(dice);
    } else if (kind < 70) {
      PersistSomewhere(dice);
    } else if (kind < 80) {
      PassTime(dice);
    } else if (kind < 88) {
      Propose(dice);
    } else if (kind < 91) {
      Read(dice);
    } else if (kind < 91 + 2 * hostility_) {
      Harm(dice);
    }
  }

  void Deliver(Dice& dice) {
    if (cluster_.wire.empty()) {
      if (dice.Below(4) != 0 && PersistSomewhere(dice)) return;
      // Nothing to wait for but a timer.
      const Instant next = cluster_.NextDeadline();
      if (next != Instant::Never()) cluster_.now = std::max(cluster_.now, next);
      for (auto& [id, server] : cluster_.servers()) {
        if (server.up() && server.raft->NextDeadline() <= cluster_.now) cluster_.Tick(server);
      }
      return;
    }
    // Mostly in order; now and then anything overtakes.
    const size_t window = dice.Below(4) == 0 ? cluster_.wire.size() : 1;
    const size_t at = dice.Below(std::min(window, cluster_.wire.size()));
    const Message message = cluster_.wire[at];
    const bool keep_a_copy = hostility_ > 0 && dice.Below(20) == 0;
    if (!keep_a_copy) cluster_.wire.erase(cluster_.wire.begin() + static_cast<ptrdiff_t>(at));
    if (cluster_.cut.count({message.from, message.to}) == 0) cluster_.Deliver(message);
    if (cluster_.wire.size() > 400) cluster_.wire.resize(200);
  }

  // Beginning anywhere, so that nobody's disk is always first.
  bool PersistSomewhere(Dice& dice) {
    const size_t offset = dice.Below(n_);
    for (size_t i = 0; i < n_; ++i) {
      Server& server = cluster_.at(1 + (offset + i) % n_);
      if (server.up() && cluster_.PersistOne(server)) return true;
    }
    return false;
  }

  // Whoever thinks that it leads, an old leader as well as the present one.
  Server& PickLeader(Dice& dice) {
    const size_t offset = dice.Below(n_);
    for (size_t i = 0; i < n_; ++i) {
      Server& server = cluster_.at(1 + (offset + i) % n_);
      if (server.up() && server.raft->status().role == Role::kLeader) return server;
    }
    return Pick(dice);
  }

  void PassTime(Dice& dice) {
    const int64_t longest = dice.Below(8) == 0 ? 300'000'000 : 20'000'000;
    cluster_.now =
        cluster_.now + Duration(static_cast<int64_t>(dice.Below(static_cast<uint64_t>(longest))));
    for (auto& [id, server] : cluster_.servers()) {
      // Some are late.
      if (server.up() && dice.Below(4) != 0) cluster_.Tick(server);
    }
  }

  void Propose(Dice& dice) {
    Server& server = PickLeader(dice);
    if (!server.up()) return;
    // A value of its own for each, so that equal entries are the same proposal.
    (void)server.raft->Propose(cluster_.Now(), MakePayload(absl::StrCat("v", ++proposals_)));
    if (dice.Below(2) == 0) cluster_.Pump(server);
  }

  void Read(Dice& dice) {
    Server& server = PickLeader(dice);
    if (!server.up()) return;
    const uint64_t context = ++read_contexts_;
    if (server.raft->ReadIndex(cluster_.Now(), context).ok()) safety_.ReadStarted(context);
    if (dice.Below(2) == 0) cluster_.Pump(server);
  }

  void Harm(Dice& dice) {
    Server& server = Pick(dice);
    Server& other = Pick(dice);
    switch (dice.Below(5)) {
      case 0:
        if (server.up()) {
          // Some of what was under way may have reached the disk, unknown to the core.
          const size_t written = dice.Below(server.writes.size() + 1);
          CrashAfter(server, written);
        } else {
          Restart(dice, server);
        }
        break;
      case 1:
        if (!server.up()) Restart(dice, server);
        break;
      case 2:
        if (!cluster_.wire.empty()) {
          const size_t at = dice.Below(cluster_.wire.size());
          cluster_.wire.erase(cluster_.wire.begin() + static_cast<ptrdiff_t>(at));
        }
        break;
      case 3:
        if (dice.Below(2) == 0) {
          cluster_.cut.insert({server.id, other.id});
        } else {
          cluster_.cut.clear();
        }
        break;
      case 4:
        if (server.up()) server.raft->PeerUnreachable(cluster_.Now(), other.id, false);
        break;
    }
  }

  void CrashAfter(Server& server, size_t written) {
    std::deque<Write> writes = std::move(server.writes);
    cluster_.Crash(server);
    for (size_t i = 0; i < written; ++i) cluster_.ToDisk(server, writes[i]);
  }

  void Restart(Dice& dice, Server& server) {
    // The state machine may have to be rebuilt from any point.
    const size_t applied =
        dice.Below(2) == 0 ? server.state.size() : dice.Below(server.state.size() + 1);
    cluster_.Start(server, Index(applied));
  }

  Cluster cluster_;
  Safety safety_;
  size_t n_;
  uint64_t hostility_ = 0;
  uint64_t steps_ = 0;
  uint64_t proposals_ = 0;
  uint64_t read_contexts_ = 0;
  Index proposed_;
};

class ClusterProperty : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef KONSUL_MUTANTS
    const char* name = std::getenv("KONSUL_MUTANT");
    if (name != nullptr) mutation::Activate(mutation::ByName(name).value());
#endif
  }
};

rc::Gen<uint32_t> Words() {
  return rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint32_t>(0, 0x7fffffff));
}

RC_GTEST_FIXTURE_PROP(ClusterProperty, KeepsItsPromisesWhateverHappens, ()) {
  const size_t n = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<size_t>(1, 6));
  World world(n, Dice(*Words()));
  const auto words = *rc::gen::container<std::vector<uint32_t>>(4000, Words());
  for (uint32_t word : words) {
    const std::string broken = world.Step(word);
    if (!broken.empty()) RC_FAIL(broken);
  }
  const std::string broken = world.Heal();
  if (!broken.empty()) RC_FAIL(broken);
  RC_CLASSIFY(world.safety().committed() > 20, "more than 20 committed");
  RC_CLASSIFY(world.safety().leaders_seen() > 3, "more than 3 leaders");
  RC_CLASSIFY(world.safety().reads_served() > 3, "more than 3 reads");
}

}  // namespace
}  // namespace konsul::raft::testing
