// When faults happen: everything that a seed decides before the run begins. Pure.
//
// Each fault draws from a stream of its own, forked by its name, so that adding or removing one
// does not move the others.
#ifndef KONSUL_CHAOS_TIMELINE_H_
#define KONSUL_CHAOS_TIMELINE_H_

#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "core/env/random.h"

namespace konsul::chaos {

struct Occurrence {
  Duration at{};        // since the start of the fault phase
  size_t fault = 0;     // position in Experiment::faults
  uint64_t number = 0;  // of this fault, from 0: forks its random stream
};

// How this run bends a fault with the trigger swarm.
struct SwarmDraw {
  bool exists = true;      // in this run at all
  uint32_t percent = 100;  // of the duration that the file gives
};

struct Timeline {
  std::vector<Occurrence> occurrences;  // by time
  std::vector<SwarmDraw> swarm;         // by fault
  Duration swarm_mean{};                // between two swarm faults; 0 without any
};

// Of the triggers at, every, random and swarm; `after` is decided while the run goes on.
Timeline MakeTimeline(const Experiment& experiment, const env::Random& random);

// A span with the mean given, up to eight times as long: the distance of events that come at
// random. In whole numbers only, so that every compiler draws the same.
Duration DrawInterval(Duration mean, env::Random& random);
// Uniform, both ends included.
Duration DrawIn(const DurationRange& range, env::Random& random);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_TIMELINE_H_
