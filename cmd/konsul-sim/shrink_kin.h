// Runs that are like a failing one, and smaller: the same scenario with fewer clients that do less,
// fewer faults in it, and other seeds. In a dense history whatever is left out moves all the rest,
// and a schedule of rare moments does not survive that; but where a bug is found again by drawing
// anew, a sparse run in which the same oracle fires needs only a few tries.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_

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

// The sparsest kin of `scenario` in which `oracle` fires first, as they are drawn, with their
// seeds: some of them, those with the least to read first. None when there are none.
std::vector<chaos::Experiment> SparsestKin(const chaos::Experiment& scenario,
                                           const std::string& oracle, Trials& trials);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_KIN_H_
