// What Linux tells of the machine that the agent runs on, for /v1/agent/host.
#ifndef KONSUL_CMD_AGENT_MACHINE_H_
#define KONSUL_CMD_AGENT_MACHINE_H_

#include <string>

#include "core/api/agent_process.h"

namespace konsul::agent {

// Reads ROOT/proc, ROOT/etc and what statvfs says of `disk_path`; ROOT is "" but in tests. Blocks
// for as long as the disk takes to answer. `collected` is left to the caller.
api::HostInfo ReadMachine(const std::string& root, const std::string& disk_path);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_MACHINE_H_
