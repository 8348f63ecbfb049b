// Runs that are like a failing one, and smaller: the same scenario with fewer clients that do less,
// fewer faults in it, and other seeds. In a dense history whatever is left out moves all the rest,
// and a schedule of rare moments does not survive that; but where a bug is found again by drawing
// anew, a sparse run in which the same oracle fires needs only a few tries.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_

#include <optional>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "cmd/konsul-sim/trial.h"

namespace konsul::simulator {

// Fewer operations: those that the workloads draw come less often, from fewer clients; the sparsest
// first. Empty when nothing is drawn. Pure.
std::vector<chaos::Experiment> SparserScenarios(const chaos::Experiment& scenario);
// Without some of the faults that the scenario names: each half, each quarter, ... each one. Pure.
std::vector<chaos::Experiment> ScenariosWithFewerFaults(const chaos::Experiment& scenario);

// The sparsest kin of `scenario` in which `oracle` fires first, as it is drawn, with its seed; of
// equally sparse ones that with the least to read. Nothing when there is none.
std::optional<chaos::Experiment> SparsestKin(const chaos::Experiment& scenario,
                                             const std::string& oracle, Trials& trials);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_
