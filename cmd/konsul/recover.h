// `konsul recover`: makes a server that has lost its quorum decide alone. Offline and dangerous.
#ifndef KONSUL_CMD_KONSUL_RECOVER_H_
#define KONSUL_CMD_KONSUL_RECOVER_H_

#include <string>
#include <vector>

namespace konsul::agent {

// Parses `args`, does it, prints what it does. An exit code of agent.h; once per process.
int RunRecover(const std::vector<std::string>& args);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_KONSUL_RECOVER_H_
