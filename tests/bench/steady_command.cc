// konsul-bench steady: does a leader that is well stay leader on a busy machine?
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/burn.h"
#include "tests/bench/command.h"
#include "tests/bench/load.h"
#include "tests/bench/own_cluster.h"
#include "tests/bench/progress.h"
#include "tests/bench/server_api.h"

namespace konsul::bench {
namespace {

using flags::Kind;

constexpr Duration kLookAgain = 1s;
constexpr Duration kAskTimeout = 5s;
// What the servers count about themselves. The second also counts those elections that the old
// leader wins again, and those that nobody wins.
constexpr char kLeaderChanges[] = "konsul_raft_leader_changes_total";
constexpr char kElections[] = "konsul_raft_elections_total";

struct Plan {
  Duration lasting{};
  uint64_t load_percent = 90;
  OwnCluster::Options cluster;
  LoadOptions writes;
};

struct Outcome {
  double leader_changes = 0;
  double elections = 0;
  double busy_percent = 0;
  LoadResult writes;
};

absl::StatusOr<Plan> ParsePlan(const flags::Parsed& parsed) {
  Plan plan;
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 600, 1, 86'400));
  KONSUL_ASSIGN_OR_RETURN(plan.load_percent, Number(parsed, "load", 90, 0, 100));
  KONSUL_ASSIGN_OR_RETURN(plan.writes.clients, Number(parsed, "clients", 4, 0, 10'000));
  KONSUL_ASSIGN_OR_RETURN(uint64_t pace, Number(parsed, "pace", 50, 0, 60'000));
  plan.lasting = std::chrono::seconds(seconds);
  plan.writes.pace = std::chrono::milliseconds(pace);
  KONSUL_ASSIGN_OR_RETURN(plan.cluster, OwnServers(parsed));
  return plan;
}

// One process for each processor; they end by themselves, and with us.
absl::StatusOr<std::vector<std::unique_ptr<Process>>> StartLoad(const Plan& plan) {
  std::vector<std::unique_ptr<Process>> burners;
  for (unsigned i = 0; plan.load_percent > 0 && i < std::thread::hardware_concurrency(); ++i) {
    Process::Options options;
    options.command = {"/proc/self/exe", "burn", absl::StrCat("-percent=", plan.load_percent),
                       absl::StrCat("-seconds=", plan.lasting / 1s + 60)};
    KONSUL_ASSIGN_OR_RETURN(burners.emplace_back(), Process::Start(options));
  }
  return burners;
}

// The sum over all servers.
absl::StatusOr<double> Count(const env::Env& env, const OwnCluster& cluster,
                             const std::string& metric) {
  double sum = 0;
  for (const env::Endpoint& server : cluster.AllHttp()) {
    KONSUL_ASSIGN_OR_RETURN(const auto metrics, Metrics(env, server, env.After(kAskTimeout)));
    const auto found = metrics.find(metric);
    if (found == metrics.end()) {
      return absl::NotFoundError(absl::StrCat(server.ToString(), " has no metric ", metric));
    }
    sum += found->second;
  }
  return sum;
}

absl::Status Measure(const env::Env& env, const Plan& plan, Outcome& outcome) {
  OwnCluster cluster(env, plan.cluster);
  KONSUL_RETURN_IF_ERROR(cluster.Start());
  KONSUL_ASSIGN_OR_RETURN(const double changes, Count(env, cluster, kLeaderChanges));
  KONSUL_ASSIGN_OR_RETURN(const double elections, Count(env, cluster, kElections));
  KONSUL_ASSIGN_OR_RETURN(auto burners, StartLoad(plan));
  const ProcessorTime begin = ReadProcessorTime();
  const Instant start = env.clock.Now();
  const Instant end = start + plan.lasting;
  {
    LoadOptions options = plan.writes;
    options.servers = cluster.AllHttp();
    fiber::Group writers(env.scheduler);
    writers.Spawn("writes", [&] { outcome.writes = RunLoad(env, options, end, nullptr); });
    Progress progress;
    while (env.clock.Now() < end) {
      progress.Show((env.clock.Now() - start) / 1s, plan.lasting / 1s, "s");
      KONSUL_RETURN_IF_ERROR(env.Sleep(std::min<Duration>(kLookAgain, end - env.clock.Now())));
    }
    writers.Join();
  }
  outcome.busy_percent = BusyPercent(begin, ReadProcessorTime());
  burners.clear();
  KONSUL_ASSIGN_OR_RETURN(outcome.leader_changes, Count(env, cluster, kLeaderChanges));
  KONSUL_ASSIGN_OR_RETURN(outcome.elections, Count(env, cluster, kElections));
  outcome.leader_changes -= changes;
  outcome.elections -= elections;
  return absl::OkStatus();
}

std::string Report(const Plan& plan, const Outcome& outcome, bool json) {
  // One of two layouts of the same fields; which is known at run time only.
  using Layout = absl::ParsedFormat<'d', 'f', 'f', 'f', 'd', 'd', 'f', 'f'>;
  static const Layout kJson(
      "{\"seconds\":%d,\"busy_percent\":%.1f,\"elections\":%.0f,\"leader_changes\":%.0f,"
      "\"writes\":%d,\"failed\":%d,\"longest_gap_ms\":%.1f,\"p99_ms\":%.1f}\n");
  static const Layout kText(
      "%d s with the processors %.1f%% busy: %.0f elections, %.0f changes of leader\n"
      "%d writes, %d failed, longest gap without any %.1f ms, p99 %.1f ms\n");
  return absl::StrFormat(json ? kJson : kText, plan.lasting / 1s, outcome.busy_percent,
                         outcome.elections, outcome.leader_changes, outcome.writes.acknowledged,
                         outcome.writes.failed, ToMilliseconds(outcome.writes.longest_gap),
                         ToMilliseconds(Percentile(outcome.writes.latencies, 99)));
}

absl::StatusOr<int> RunSteady(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const Plan plan, ParsePlan(parsed));
  Outcome outcome;
  KONSUL_RETURN_IF_ERROR(
      RunInterruptibly([&](const env::Env& env) { return Measure(env, plan, outcome); }));
  std::cout << Report(plan, outcome, WantsJson(parsed));
  return outcome.elections == 0 && outcome.leader_changes == 0 ? kExitOk : kExitFailure;
}

absl::StatusOr<int> RunBurn(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(uint64_t percent, Number(parsed, "percent", 90, 0, 100));
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 10, 1, 100'000));
  Burn(percent, std::chrono::seconds(seconds));
  return kExitOk;
}

}  // namespace

Command SteadyCommand() {
  std::vector<flags::Flag> all = {
      {"seconds", Kind::kString, "N", "How long. Default: 600."},
      {"load", Kind::kString, "PERCENT",
       "Of each processor, burnt by processes beside the servers. Default: 90."},
      {"clients", Kind::kString, "N", "Clients that write meanwhile. Default: 4."},
      {"pace", Kind::kString, "MS", "A client's pause between two writes. Default: 50."},
      FormatFlag(),
  };
  for (flags::Flag& flag : OwnServerFlags()) all.push_back(std::move(flag));
  return {"steady",
          "Counts the elections of its own three servers on a busy machine; none is needed.\n\n"
          "Exit code 1 when there was one. The processor load is ours, on top of what the servers\n"
          "need; what was really used is in the report.",
          std::move(all), RunSteady};
}

Command BurnCommand() {
  return {"burn",
          "Keeps one processor busy for a part of the time.",
          {{"percent", Kind::kString, "N", "Which part. Default: 90."},
           {"seconds", Kind::kString, "N", "How long. Default: 10."}},
          RunBurn};
}

}  // namespace konsul::bench
