// The table of everything that can be configured: one row tells a setting's flag, its key in config
// files, what it means, and how it gets into a Config.
#ifndef KONSUL_CMD_AGENT_SETTINGS_H_
#define KONSUL_CMD_AGENT_SETTINGS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/agent/config.h"
#include "cmd/flags/flags.h"

namespace konsul::agent {

struct Setting {
  flags::Flag flag;
  std::string key;  // in config files, "ports.http" being "http" within "ports"; empty: flag only
  // Takes the values given (exactly one unless the flag is a list). The error says what would be
  // right, without naming where the value came from.
  std::function<absl::Status(const std::vector<std::string>& values, Config& config)> apply;
  // The value in a Config, to be compared and shown; null as `apply`.
  std::function<std::string(const Config& config)> show;
  bool reloadable = false;  // may change while the agent runs (reload.h)

  // "KONSUL_PORTS_HTTP": made from the key and not from the flag, because KONSUL_HTTP_PORT and the
  // like are what Kubernetes sets in every pod for a service of the name konsul-http.
  std::string EnvironmentName() const;
};

const std::vector<Setting>& Settings();

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_SETTINGS_H_
