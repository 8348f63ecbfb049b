// What an agent was told to do, gathered from its flags, its config files and its environment.
//
// Precedence, highest first: flags, config files (a later one wins over an earlier one),
// environment variables, defaults. A list is replaced as a whole, not added to. Names and meanings
// are Consul's where Consul has them; `settings.cc` is the one table of all settings.
#ifndef KONSUL_CMD_AGENT_CONFIG_H_
#define KONSUL_CMD_AGENT_CONFIG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cmd/flags/flags.h"
#include "core/base/log.h"
#include "core/env/network.h"

namespace konsul::agent {

struct Config {
  bool dev = false;
  bool server = false;
  std::string node_name;  // default: the machine's name
  std::string datacenter = "dc1";
  std::string bind_addr = "127.0.0.1";
  std::string client_addr = "127.0.0.1";
  uint32_t bootstrap_expect = 0;          // 0: joins a cluster that exists
  std::vector<env::Endpoint> retry_join;  // the port is server_port where none was given
  std::string data_dir;                   // empty only with dev: a temporary one
  std::string pid_file;
  uint16_t http_port = 8500;
  uint16_t server_port = 8300;
  LogLevel log_level = LogLevel::kInfo;
  bool log_json = false;
  uint32_t http_slow_request_ms = 1000;  // 0: none counts as slow
  uint32_t raft_multiplier = 1;
  // Zero: the defaults of raft::Options and server::SnapshotOptions.
  uint32_t election_timeout_ms = 0;
  uint32_t heartbeat_ms = 0;
  uint32_t clock_drift_max_ppm = 50'000;
  uint64_t raft_snapshot_threshold = 0;
  uint64_t raft_trailing_logs = 0;

  env::Endpoint ServerAddress() const { return {bind_addr, server_port}; }
  env::Endpoint HttpAddress() const { return {client_addr, http_port}; }
};

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The flags of `konsul agent`.
std::vector<flags::Flag> AgentFlags();

// Puts everything together and checks it. `machine_name` is the default for the node's name.
// InvalidArgument with a text for the user: which flag, file and key, or variable, what is wrong
// with it, and what would be right.
absl::StatusOr<Config> LoadConfig(const flags::Parsed& flags, const Environment& environment,
                                  absl::string_view machine_name);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_CONFIG_H_
