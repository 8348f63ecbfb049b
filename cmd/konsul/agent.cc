#include "cmd/konsul/agent.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/agent/advice.h"
#include "cmd/agent/logger.h"
#include "cmd/agent/pid_file.h"
#include "cmd/konsul/boot_id.h"
#include "cmd/node/node.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "net/reactor/real_world.h"

namespace konsul::agent {
namespace {

raft::Options RaftOptions(const Config& config) {
  raft::Options options;
  if (config.election_timeout_ms > 0) {
    options.election_timeout = config.election_timeout_ms * 1ms;
    options.heartbeat_interval = options.election_timeout / 4;
    options.lease_promise = options.election_timeout / 2;
  }
  if (config.heartbeat_ms > 0) options.heartbeat_interval = config.heartbeat_ms * 1ms;
  options.clock_drift_max_ppm = config.clock_drift_max_ppm;
  return options.SlowedBy(config.raft_multiplier);
}

node::Options NodeOptions(const Config& config, const env::Env& env) {
  node::Options options;
  options.name = config.node_name;
  options.server_address = config.ServerAddress();
  options.http_address = config.HttpAddress();
  options.datacenter = config.datacenter;
  options.version = KONSUL_VERSION;
  options.bootstrap_expect = config.bootstrap_expect;
  options.retry_join = config.retry_join;
  options.raft = RaftOptions(config);
  if (config.raft_snapshot_threshold > 0) {
    options.snapshots.entries_max = config.raft_snapshot_threshold;
    options.snapshots.trailing_entries =
        std::min(options.snapshots.trailing_entries, config.raft_snapshot_threshold / 10);
  }
  if (config.raft_trailing_logs > 0) {
    options.snapshots.trailing_entries = config.raft_trailing_logs;
  }
  options.patience = config.raft_multiplier;
  options.tables_path = absl::StrCat(env.disk.root(), "/tables");
  options.boot_id = BootId(env.random.Fork("boot-id"));
  return options;
}

// Reloads the configuration at SIGHUP, asks the node to stop at the first other signal, ends the
// process at the second.
void WatchSignals(reactor::RealWorld& world, Logger& logger, Process& process, node::Stop& stop) {
  absl::StatusOr<int> signal = world.NextSignal();
  for (; signal.ok() && *signal == SIGHUP; signal = world.NextSignal()) {
    process.Reload().IgnoreError();  // it has said so in the log
  }
  if (!signal.ok()) return;
  logger.Info("agent", "stopping", {{"signal", *signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  stop.Request();
  do signal = world.NextSignal();
  while (signal.ok() && *signal == SIGHUP);
  if (signal.ok()) {
    logger.Warn("agent", "second signal, ending at once");
    _exit(kExitFailure);
  }
}

// On a fiber.
absl::Status RunNode(reactor::RealWorld& world, const env::Env& env, Process& process,
                     node::Options options) {
  node::Stop stop(world.scheduler());
  options.stop = &stop;
  options.process = &process;
  options.access_log = &process.access_log();
  fiber::Group signals(world.scheduler());
  signals.Spawn("signals", [&] { WatchSignals(world, env.logger, process, stop); });
  return node::Run(env, options);
}

absl::Status Start(const Config& config, const ConfigLoader& reload, reactor::RealWorld& world,
                   AgentLogger& logger) {
  std::unique_ptr<PidFile> pid_file;
  if (!config.pid_file.empty()) {
    KONSUL_ASSIGN_OR_RETURN(pid_file, PidFile::Create(config.pid_file));
  }
  KONSUL_ASSIGN_OR_RETURN(env::Env env, world.MakeEnv(config.data_dir, logger));
  logger.Info("agent", "starting",
              {{"version", KONSUL_VERSION},
               {"node", config.node_name},
               {"data_dir", env.disk.root()},
               {"pid", getpid()}});
  node::Options options = NodeOptions(config, env);
  Process process(world.io_pool(), logger, config, reload, std::string(env.disk.root()));
  absl::Status result;
  world.Run([&] { result = RunNode(world, env, process, options); });
  return result;
}

}  // namespace

int RunAgent(const Config& config, const ConfigLoader& reload) {
  reactor::RealWorld world({.signals = {SIGINT, SIGTERM, SIGHUP}});
  std::unique_ptr<AgentLogger> logger =
      MakeLogger(world.clock(), {.level = config.log_level, .json = config.log_json});
  absl::Status status = Start(config, reload, world, *logger);
  if (!status.ok()) {
    std::string advice = Advice(status, config);
    logger->Error("agent", advice.empty() ? std::string(status.message())
                                          : absl::StrCat(status.message(), ": ", advice));
    return kExitFailure;
  }
  logger->Info("agent", "stopped");
  return kExitClean;
}

}  // namespace konsul::agent
