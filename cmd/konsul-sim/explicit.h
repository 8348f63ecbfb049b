// What a run did, as an experiment that does exactly this.
#ifndef KONSUL_CMD_KONSUL_SIM_EXPLICIT_H_
#define KONSUL_CMD_KONSUL_SIM_EXPLICIT_H_

#include "chaos/experiment.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {

// `operations`: what the clients and the operator did becomes explicit, too; until the heal, when
// they do what the healed cluster is judged by.
chaos::Experiment ExplicitExperiment(const chaos::Experiment& experiment,
                                     const cluster::Report& report, bool operations);

// What the seed draws about latencies, disks and the servers' options becomes explicit: another
// seed then changes only how long each single thing takes. The same run again with the same one.
chaos::Experiment WithTunables(const chaos::Experiment& experiment, const cluster::Report& report);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_EXPLICIT_H_
