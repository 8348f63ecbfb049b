// What to do about an error that stopped the agent.
#ifndef KONSUL_CMD_AGENT_ADVICE_H_
#define KONSUL_CMD_AGENT_ADVICE_H_

#include <string>

#include "absl/status/status.h"
#include "cmd/agent/config.h"

namespace konsul::agent {

// One sentence for the operator; empty when the error already says it all.
std::string Advice(const absl::Status& error, const Config& config);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_ADVICE_H_
