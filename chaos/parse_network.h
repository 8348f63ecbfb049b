// One body of type NetworkChaos, with what stands beside it. Internal to parse.cc.
#ifndef KONSUL_CHAOS_PARSE_NETWORK_H_
#define KONSUL_CHAOS_PARSE_NETWORK_H_

#include "chaos/experiment.h"
#include "chaos/reader.h"

namespace konsul::chaos {

// `mode`, `value` and `selector` of any body.
TargetSet ParseTargets(MapReader& body);
// Problems are collected in the readers.
NetworkChaos ParseNetwork(MapReader& fault, MapReader& body);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_PARSE_NETWORK_H_
