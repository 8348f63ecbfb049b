// The steps by which an experiment becomes smaller or easier to read, other than leaving out items
// of a list. Each makes something strictly simpler, so they come to an end. Pure.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_CHANGES_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_CHANGES_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "chaos/experiment.h"

namespace konsul::simulator {

// False when it would change nothing.
using ExperimentChange = std::function<bool(chaos::Experiment&)>;

// Less chance: links and disks that always take the same time, calls that are not cut short, no
// buggify; all of it at once first. For an experiment that says its tunables itself.
std::vector<ExperimentChange> QuieterWorlds(const chaos::Experiment& experiment);
// The fault phase ends earlier, the earliest first.
std::vector<ExperimentChange> ShorterRuns(const chaos::Experiment& experiment);
// Without one of the pinned tunables; at first without all of them.
std::vector<ExperimentChange> FewerPins(const chaos::Experiment& experiment);
// Fewer servers, clients, workloads; no operator; what is not drawn.
std::vector<ExperimentChange> SmallerClusters(const chaos::Experiment& experiment);
// Two faults of one kind become one, on all that they hit and for as long as both lasted.
std::vector<ExperimentChange> MergedFaults(const chaos::Experiment& experiment);
// Of faults[fault]: fewer targets and links, rounder times.
std::vector<ExperimentChange> SimplerFaults(const chaos::Experiment& experiment, size_t fault);
// All operations at once.
std::vector<ExperimentChange> SimplerOperations(const chaos::Experiment& experiment);
// One operation of workloads[workload].
std::vector<ExperimentChange> SimplerStep(const chaos::Experiment& experiment, size_t workload,
                                          size_t step);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_CHANGES_H_
