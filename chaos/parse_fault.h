// Internal to the parser: one item of `faults`.
#ifndef KONSUL_CHAOS_PARSE_FAULT_H_
#define KONSUL_CHAOS_PARSE_FAULT_H_

#include <string>

#include "chaos/experiment.h"
#include "chaos/reader.h"

namespace konsul::chaos {

Fault ParseFault(const YamlNode& node, const std::string& path, Problems& problems);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_PARSE_FAULT_H_
