// Which settings may change while an agent runs, and what becomes of the others.
#ifndef KONSUL_CMD_AGENT_RELOAD_H_
#define KONSUL_CMD_AGENT_RELOAD_H_

#include <string>
#include <vector>

#include "cmd/agent/config.h"

namespace konsul::agent {

// "log_level: info -> debug", in the order of the settings.
struct Changes {
  std::vector<std::string> adopted;
  std::vector<std::string> at_restart;  // differ, but count only when the agent is started anew
};

// Takes into `running` what differs in `wanted` and may change.
Changes Adopt(const Config& wanted, Config& running);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_RELOAD_H_
