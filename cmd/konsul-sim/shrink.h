// Makes an experiment that fails smaller, as long as the same oracle fires first: delta debugging
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002) on what it
// lists, then smaller clusters and rounder numbers, and all of it again until nothing changes.
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

class Shrink {
 public:
  // `experiment` is explicit, has a seed, and lets `oracle` fire.
  Shrink(chaos::Experiment experiment, std::string oracle, Trials& trials)
      : best_(std::move(experiment)), oracle_(std::move(oracle)), trials_(trials) {}

  // What is left. Each single fault, operation and turn of it is needed: without it, another
  // oracle fires, or none; unless the trials ran out of time.
  const chaos::Experiment& Run();
  const chaos::Experiment& best() const { return best_; }
  // What is being done, for people.
  const std::string& stage() const { return stage_; }

 private:
  // Takes the first of the changes that keeps the oracle firing; false when none does. A change
  // says false when there is nothing that it would change.
  using Change = std::function<bool(chaos::Experiment&)>;
  bool Take(const std::vector<Change>& changes);

  // What happens without something depends on how long messages take then, and so on the seed: what
  // cannot go with one may go with another.
  bool FewerAtOnce(size_t piece, const std::function<size_t()>& size,
                   const std::function<void(chaos::Experiment&, size_t from, size_t to)>& remove);

  // Removes items [from, to) of a list of `size(best_)`.
  using Remove = std::function<void(chaos::Experiment&, size_t from, size_t to)>;
  bool Fewer(const char* stage, const std::function<size_t()>& size, const Remove& remove);

  bool FewerFaults();
  bool FewerOperations();
  bool FewerTurns();
  bool SmallerCluster();
  bool RounderFaults();
  bool RounderOperations();

  chaos::Experiment best_;
  const std::string oracle_;
  Trials& trials_;
  std::string stage_;
};

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_H_
