#include "cmd/konsul/process.h"

#include <utility>

#include "cmd/agent/machine.h"
#include "cmd/agent/reload.h"

namespace konsul::agent {

Process::Process(reactor::IoPool& pool, AgentLogger& logger, const Config& config,
                 ConfigLoader load, std::string data_dir)
    : pool_(pool),
      logger_(logger),
      config_(config),
      load_(std::move(load)),
      data_dir_(std::move(data_dir)) {
  Apply();
}

void Process::Apply() {
  logger_.SetLevel(config_.log_level);
  access_log_.slow = std::chrono::milliseconds(config_.http_slow_request_ms);
}

api::HostInfo Process::Host() {
  return pool_.Run([&] { return ReadMachine("", data_dir_); });
}

absl::Status Process::Reload() {
  const absl::StatusOr<Config> wanted = pool_.Run([&] { return load_(); });
  if (!wanted.ok()) {
    logger_.Error("agent", "the configuration cannot be reloaded, all stays as it was",
                  {{"error", wanted.status().message()}});
    return wanted.status();
  }
  const Changes changes = Adopt(*wanted, config_);
  Apply();
  logger_.Info("agent", "configuration reloaded");
  for (const std::string& change : changes.adopted) {
    logger_.Info("agent", "a setting has changed", {{"setting", change}});
  }
  for (const std::string& change : changes.at_restart) {
    logger_.Warn("agent", "a setting counts only after a restart", {{"setting", change}});
  }
  return absl::OkStatus();
}

}  // namespace konsul::agent
