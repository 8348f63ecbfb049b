// Runs an experiment's faults against any world: it is told the time, who is there and what
// happened, and says what to do now. An injector (sim/cluster/injector.h) does it.
//
// The fault atlas: damage to what a disk was told to keep (rot, misdirected writes) can take back
// what a server promised, and no protocol can repair that once a majority has it. So the seed names
// a minority of the servers before the run begins, of the smallest cluster that the operator may
// make, and damage meets these only. A wiped disk is damage of this kind; the server that comes
// back is another one, and the old one's vote is gone, so each machine is wiped once at most. With
// damage: anywhere the atlas is everybody.
//
// A fault that is made of several steps becomes one record for each: a cut that flaps, a swizzle,
// a rolling restart. Each step has its own time, targets and name, so that the schedule says all
// there is to know; a rolling restart looks every kRollingPoll whether it may go on.
//
// Pure: owns no clock, reads nothing, draws from the stream it was given. Not for several fibers.
#ifndef KONSUL_CHAOS_DIRECTOR_H_
#define KONSUL_CHAOS_DIRECTOR_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "chaos/experiment.h"
#include "chaos/injection.h"
#include "chaos/inventory.h"
#include "chaos/timeline.h"
#include "core/env/random.h"

namespace konsul::chaos {

class Director {
 public:
  // `experiment` must outlive the director.
  Director(const Experiment& experiment, env::Random random);

  // When Advance has to be called; Duration::max() when nothing is planned.
  Duration next() const;
  // What is due at `now`, in order. Each item is on record already. Times are since the start of
  // the fault phase and never go back.
  std::vector<Injection> Advance(Duration now, const Inventory& inventory);
  static constexpr Duration kRollingPoll = 50ms;
  // One of EventNames() happened.
  void OnEvent(absl::string_view event, Duration now);
  // Ends everything that is under way; nothing begins afterwards.
  std::vector<Injection> Heal(Duration now);

  // What somebody else did to the cluster (Injection::Kind::kOperator), for the record.
  void Note(Injection done) { record_.push_back(std::move(done)); }
  // What is under way, in the order in which it began.
  std::vector<const Injection*> Running() const;

  const std::vector<Injection>& record() const { return record_; }
  const std::set<std::string>& atlas() const { return atlas_; }
  const Timeline& timeline() const { return timeline_; }
  bool swarmed_out(size_t fault) const { return !timeline_.swarm[fault].exists; }

 private:
  struct UnderWay {
    Injection begun;
    std::set<std::string> hurts;  // servers that are unavailable while it lasts
  };

  // One target after the other.
  struct Rolling {
    Injection step;  // without targets
    DurationRange restart_after;
    env::Random random;
    std::vector<std::string> left;  // the next one is the last
    std::string waits_for;
    uint64_t done = 0;
    Duration look_at{};
  };

  void Begin(Duration now, size_t fault, uint64_t number, const Inventory& inventory,
             std::vector<Injection>& out);
  // Puts it on record, under way or skipped.
  void Admit(Duration now, Injection injection, const Inventory& inventory,
             std::vector<Injection>& out);
  // The steps of an injection that has several; itself otherwise. Those of later times wait.
  void BeginSteps(Duration now, Injection injection, const Inventory& inventory,
                  env::Random& random, std::vector<Injection>& out);
  void Flap(Duration now, const Injection& whole, Duration period);
  void Swizzle(Duration now, const Injection& whole, env::Random& random);
  void StartRolling(Duration now, const Injection& whole, env::Random& random);
  // False when it is over.
  bool Roll(Duration now, Rolling& rolling, const Inventory& inventory,
            std::vector<Injection>& out);
  Injection Resolve(const Fault& fault, const Inventory& inventory, env::Random& random) const;
  void ResolveNetwork(const NetworkChaos& network, const Inventory& inventory, env::Random& random,
                      Injection& out) const;
  void ResolveKill(const PodChaos& pod, const Inventory& inventory, env::Random& random,
                   Injection& out) const;
  void ResolveIo(const IoChaos& io, const Inventory& inventory, env::Random& random,
                 Injection& out) const;
  // Why the injection must not happen now; empty when it may.
  std::string Exceeds(const Injection& injection, const Inventory& inventory) const;
  Injection End(Duration now, const UnderWay& running) const;

  const Experiment& experiment_;
  std::vector<std::map<std::string, std::string>> drawn_;  // by fault: those strengths, for people
  const std::vector<Fault> faults_;  // the experiment's, with the strengths of this run
  const env::Random random_;
  Timeline timeline_;
  std::set<std::string> atlas_;
  size_t next_occurrence_ = 0;
  std::vector<uint64_t> after_numbers_;        // by fault: how often `after` has fired
  std::multimap<Duration, Occurrence> after_;  // fired, waiting for their delay
  std::multimap<Duration, Injection> steps_;   // of faults that have begun, by time
  std::vector<Rolling> rolling_;
  std::set<std::string> wiped_;
  std::multimap<Duration, uint64_t> ends_;  // by time: ids
  std::map<uint64_t, UnderWay> running_;
  uint64_t last_id_ = 0;
  bool healed_ = false;
  std::vector<Injection> record_;
};

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_DIRECTOR_H_
