// Who uses and who changes the cluster in an experiment file: items of spec.workload, and
// spec.operator. Internal to the parser.
#ifndef KONSUL_CHAOS_PARSE_WORKLOAD_H_
#define KONSUL_CHAOS_PARSE_WORKLOAD_H_

#include <string>

#include "chaos/experiment.h"
#include "chaos/reader.h"

namespace konsul::chaos {

// What is wrong goes to the problems; the result is of use only when there are none.
Workload ParseWorkload(const YamlNode& node, const std::string& path, const Datacenter& dc,
                       Problems& problems);
Operator ParseOperator(MapReader& spec, const Datacenter& dc);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_PARSE_WORKLOAD_H_
