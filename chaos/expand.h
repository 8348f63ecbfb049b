// What a run did, as an experiment that does exactly this: the schedule of a seed becomes data,
// which can be kept, read, run again, and made smaller.
//
// Faults become explicit: times, targets, links, drifts, durations; nothing is skipped any more,
// and nothing follows an event. What is left to the seed are latencies, the servers' options, and
// what a disk does with unsynced bytes; its streams are forked by name, so they stay what they
// were. Pure.
#ifndef KONSUL_CHAOS_EXPAND_H_
#define KONSUL_CHAOS_EXPAND_H_

#include <cstdint>
#include <vector>

#include "chaos/experiment.h"
#include "chaos/injection.h"

namespace konsul::chaos {

// `record` is Director::record() of the run of `experiment` with `seed`.
Experiment Expand(const Experiment& experiment, uint64_t seed,
                  const std::vector<Injection>& record);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_EXPAND_H_
