// Makes an experiment that fails smaller, as long as the same oracle fires first: delta debugging
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002) on what it
// lists, then smaller clusters and rounder numbers, and all of it again until nothing changes.
//
// What happens without something depends on how long messages take then, and so on the seed: what
// cannot go with one may go with another. So other seeds are tried, the more the more would be
// gained. And first of all chance is taken out of the network and the disks as far as the finding
// allows, since then leaving something out moves less of the rest.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "cmd/konsul-sim/trial.h"

namespace konsul::simulator {

struct Size {
  size_t faults = 0;
  size_t operations = 0;  // of clients
  size_t turns = 0;       // of the operator
  uint32_t servers = 0;   // spares included
  uint32_t clients = 0;
};
Size SizeOf(const chaos::Experiment& experiment);
// Whether a person reads it in a minute.
bool Readable(const Size& size);
// How much there is to read, in operations: a fault takes as long as some of them.
size_t ToRead(const Size& size);

class Shrink {
 public:
  // `experiment` is explicit, has a seed, and lets `oracle` fire.
  Shrink(chaos::Experiment experiment, std::string oracle, Trials& trials)
      : best_(std::move(experiment)), oracle_(std::move(oracle)), trials_(trials) {}

  // Gives up after so many candidates when what is left cannot be read even then.
  void SetPatience(uint64_t candidates) { patience_ = trials_.asked() + candidates; }
  // What is left. Each single fault, operation and turn of it is needed: without it, another
  // oracle fires, or none; unless the trials ran out of time, or it gave up.
  const chaos::Experiment& Run();
  bool gave_up() const { return !Readable(SizeOf(best_)) && trials_.asked() >= patience_; }
  const chaos::Experiment& best() const { return best_; }
  // What is being done, for people.
  const std::string& stage() const { return stage_; }

 private:
  // Takes the first of the changes that keeps the oracle firing, with this seed or one of the next;
  // false when none does. A change says false when there is nothing that it would change.
  using Change = std::function<bool(chaos::Experiment&)>;
  bool Take(const std::vector<Change>& changes, uint64_t seeds = 1);

  // A list in which pieces can be left out: items [from, to) of those that there are.
  struct List {
    const char* stage;
    std::function<size_t(const chaos::Experiment&)> size;
    std::function<void(chaos::Experiment&, size_t from, size_t to)> remove;
    uint64_t seeds_max = UINT64_MAX;
  };
  bool Fewer(const List& list);
  bool FewerAtOnce(const List& list, size_t piece);
  // How many seeds it is worth to try when there are so many pieces.
  uint64_t Seeds(size_t pieces) const;

  bool Quieter();
  bool Shorter();
  bool ThinnerLoad();
  bool FewerFaults();
  bool MergeFaults();
  bool FewerOperations();
  bool FewerTurns();
  bool SmallerCluster();
  bool FewerTunables();
  bool RounderFaults();
  bool RounderOperations();
  // All of it, until nothing changes.
  void Reduce();

  chaos::Experiment best_;
  const std::string oracle_;
  Trials& trials_;
  std::string stage_;
  uint64_t patience_ = UINT64_MAX;
  bool stubborn_ = false;  // what is left is too much to read: more seeds
};

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_H_
