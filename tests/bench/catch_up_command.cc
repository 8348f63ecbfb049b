// konsul-bench catch-up: what a follower that comes back after a million writes costs the others.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/catch_up.h"
#include "tests/bench/command.h"
#include "tests/bench/progress.h"

namespace konsul::bench {
namespace {

using flags::Kind;

absl::StatusOr<CatchUpOptions> ParseOptions(const flags::Parsed& parsed) {
  CatchUpOptions options;
  KONSUL_ASSIGN_OR_RETURN(options.missed_writes,
                          Number(parsed, "writes", 1'000'000, 1, 1'000'000'000));
  KONSUL_ASSIGN_OR_RETURN(options.clients, Number(parsed, "clients", 64, 1, 10'000));
  KONSUL_ASSIGN_OR_RETURN(options.keys, Number(parsed, "keys", 1'000'000, 1, 100'000'000));
  KONSUL_ASSIGN_OR_RETURN(options.value_bytes, Number(parsed, "value-bytes", 256, 0, 512 * 1024));
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 10, 1, 3600));
  options.phase = std::chrono::seconds(seconds);
  return options;
}

double Mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

std::string Text(const CatchUpOptions& options, const CatchUpResult& result) {
  return absl::StrFormat(
      "%d clients put values of %d bytes, drawn from %d keys; medians per second:\n"
      "  all three servers up      %8.0f\n"
      "  one follower down         %8.0f   for %d writes\n"
      "  it catches up             %8.0f   for %.1f s (%d windows), %.0f snapshots installed\n"
      "  all three up again        %8.0f\n"
      "slowed by %.1f%% while it caught up; %d requests failed; the leader's memory %.0f MiB "
      "before, at most %.0f MiB%s\n",
      options.clients, options.value_bytes, options.keys, result.before_per_second,
      result.down_per_second, options.missed_writes, result.during_per_second,
      ToSeconds(result.caught_up_after), result.windows_during, result.snapshots_installed,
      result.after_per_second, result.SlowdownPercent(), result.failed,
      Mebibytes(result.leader_memory_before), Mebibytes(result.leader_memory_most),
      result.leader_changed ? "\nThe leader changed meanwhile." : "");
}

std::string Json(const CatchUpOptions& options, const CatchUpResult& result) {
  return absl::StrFormat(
      "{\"missed_writes\":%d,\"clients\":%d,\"before_per_second\":%.1f,\"down_per_second\":%.1f,"
      "\"during_per_second\":%.1f,\"after_per_second\":%.1f,\"caught_up_seconds\":%.2f,"
      "\"snapshots_installed\":%.0f,\"slowdown_percent\":%.1f,\"failed\":%d,"
      "\"leader_mib_before\":%.1f,\"leader_mib_most\":%.1f,\"leader_changed\":%s}\n",
      options.missed_writes, options.clients, result.before_per_second, result.down_per_second,
      result.during_per_second, result.after_per_second, ToSeconds(result.caught_up_after),
      result.snapshots_installed, result.SlowdownPercent(), result.failed,
      Mebibytes(result.leader_memory_before), Mebibytes(result.leader_memory_most),
      result.leader_changed ? "true" : "false");
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const CatchUpOptions options, ParseOptions(parsed));
  KONSUL_ASSIGN_OR_RETURN(uint64_t limit, Number(parsed, "limit", 20, 0, 100));
  KONSUL_ASSIGN_OR_RETURN(const OwnCluster::Options servers, OwnServers(parsed));
  CatchUpResult result;
  Progress progress;
  KONSUL_RETURN_IF_ERROR(RunInterruptibly([&](const env::Env& env) {
    OwnCluster cluster(env, servers);
    KONSUL_RETURN_IF_ERROR(cluster.Start());
    KONSUL_ASSIGN_OR_RETURN(
        result, RunCatchUp(env, cluster, options,
                           [&](const std::string& phase, uint64_t done, uint64_t total) {
                             progress.Show(done, total, phase);
                           }));
    return absl::OkStatus();
  }));
  std::cout << (WantsJson(parsed) ? Json(options, result) : Text(options, result));
  return result.SlowdownPercent() <= static_cast<double>(limit) ? kExitOk : kExitFailure;
}

}  // namespace

Command CatchUpCommand() {
  std::vector<flags::Flag> all = {
      {"writes", Kind::kString, "N", "That the follower misses. Default: 1000000."},
      {"clients", Kind::kString, "N", "That put without pause. Default: 64."},
      {"keys", Kind::kString, "N", "Drawn uniformly. Default: 1000000."},
      {"value-bytes", Kind::kString, "N", "Size of values. Default: 256."},
      {"seconds", Kind::kString, "N", "To measure before, and after. Default: 10."},
      {"limit", Kind::kString, "PERCENT", "Exit code 1 when slowed by more. Default: 20."},
      FormatFlag(),
  };
  for (flags::Flag& flag : OwnServerFlags()) all.push_back(std::move(flag));
  return {"catch-up",
          "Stops a follower of its own three servers for a million writes and starts it again.\n\n"
          "Throughput of the others before, meanwhile, while it catches up, and afterwards.",
          std::move(all), RunCommand};
}

}  // namespace konsul::bench
