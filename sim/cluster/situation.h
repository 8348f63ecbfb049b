// What a cluster's consensus looks like at a moment, as a number: who has which role, whose term is
// behind, how the logs relate, whether the membership is changing. A search that is guided by
// coverage takes what leads to a new number for progress: branches of the code do not tell a
// follower with a conflicting log from one that is only behind.
//
// Servers are interchangeable, and distances are counted as none, one, few or many, so that there
// are some thousands of situations, not as many as there are states.
#ifndef KONSUL_SIM_CLUSTER_SITUATION_H_
#define KONSUL_SIM_CLUSTER_SITUATION_H_

#include <cstdint>

#include "sim/cluster/cluster.h"

namespace konsul::cluster {

uint64_t SituationOf(const Cluster& cluster);

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_SITUATION_H_
