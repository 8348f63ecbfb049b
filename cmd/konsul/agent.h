// Runs one agent process: the node of cmd/node on the reactor, with a log, a pid file and signals.
#ifndef KONSUL_CMD_KONSUL_AGENT_H_
#define KONSUL_CMD_KONSUL_AGENT_H_

#include "cmd/agent/config.h"
#include "cmd/konsul/process.h"

namespace konsul::agent {

// Exit codes of `konsul`; scripts and supervisors rely on them.
inline constexpr int kExitClean = 0;
inline constexpr int kExitFailure = 1;  // could not start or could not go on; the log says why
inline constexpr int kExitUsage = 2;    // flags, config files or environment are wrong

// `reload` is called at SIGHUP and for /v1/agent/reload, on another thread. Returns the exit code
// after SIGINT or SIGTERM, or when the node cannot go on. A second signal ends the process at once.
// Not from a fiber; once per process.
int RunAgent(const Config& config, const ConfigLoader& reload);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_KONSUL_AGENT_H_
