// The running process as its node sees it: what machine it is on, and how its configuration is read
// anew.
#ifndef KONSUL_CMD_KONSUL_PROCESS_H_
#define KONSUL_CMD_KONSUL_PROCESS_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "cmd/agent/config.h"
#include "cmd/agent/logger.h"
#include "core/api/agent_process.h"
#include "net/http/access_log.h"
#include "net/reactor/io_pool.h"

namespace konsul::agent {

// Reads flags, files and environment as at the start. Blocks.
using ConfigLoader = std::function<absl::StatusOr<Config>()>;

// Outlives the node. Fibers only; what blocks is done by the I/O threads.
class Process final : public api::AgentProcess {
 public:
  Process(reactor::IoPool& pool, AgentLogger& logger, const Config& config, ConfigLoader load,
          std::string data_dir);

  api::HostInfo Host() override;
  absl::Status Reload() override;

  const http::AccessLogOptions& access_log() const { return access_log_; }

 private:
  void Apply();

  reactor::IoPool& pool_;
  AgentLogger& logger_;
  Config config_;  // what is in force
  const ConfigLoader load_;
  const std::string data_dir_;
  http::AccessLogOptions access_log_;
};

}  // namespace konsul::agent

#endif  // KONSUL_CMD_KONSUL_PROCESS_H_
