// One fault of an experiment file, written: the counterpart of parse_fault.h. Pure.
#ifndef KONSUL_CHAOS_WRITE_FAULT_H_
#define KONSUL_CHAOS_WRITE_FAULT_H_

#include <string>

#include "chaos/experiment.h"

namespace konsul::chaos {

// An item of spec.faults, with its newline.
std::string WriteFault(const Fault& fault);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_WRITE_FAULT_H_
