// konsul-bench failover: the leader is lost again and again; how long until the next write?
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/command.h"
#include "tests/bench/failover.h"
#include "tests/bench/progress.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {
namespace {

using flags::Kind;

constexpr size_t kServers = 3;

struct Plan {
  FailoverOptions failover;
  std::string how;
  uint64_t rounds = 100;
  Duration time_limit{};
  Duration p99_limit{};  // 0: none
  bool verbose = false;
  OwnCluster::Options cluster;
};

struct Outcome {
  Samples first_write;
  Samples all_clients;
  uint64_t unserved = 0;
  bool out_of_time = false;
};

absl::StatusOr<Plan> ParsePlan(const flags::Parsed& parsed) {
  Plan plan;
  plan.how = parsed.Get("how", "kill");
  if (plan.how == "kill") {
    plan.failover.fault = Fault::kKill;
  } else if (plan.how == "cut") {
    plan.failover.fault = Fault::kCut;
  } else if (plan.how == "stop") {
    plan.failover.fault = Fault::kStop;
  } else {
    return absl::InvalidArgumentError("-how is kill, cut or stop");
  }
  KONSUL_ASSIGN_OR_RETURN(plan.rounds, Number(parsed, "rounds", 100, 1, 100'000));
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 1800, 1, 86'400));
  KONSUL_ASSIGN_OR_RETURN(uint64_t limit, Number(parsed, "p99-limit", 0, 1, 60'000));
  KONSUL_ASSIGN_OR_RETURN(plan.failover.clients_per_server, Number(parsed, "clients", 4, 1, 100));
  KONSUL_ASSIGN_OR_RETURN(uint64_t attempt, Number(parsed, "attempt", 30, 1, 10'000));
  KONSUL_ASSIGN_OR_RETURN(uint64_t pace, Number(parsed, "pace", 10, 0, 10'000));
  plan.time_limit = std::chrono::seconds(seconds);
  plan.p99_limit = std::chrono::milliseconds(limit);
  plan.failover.attempt_timeout = std::chrono::milliseconds(attempt);
  plan.failover.pace = std::chrono::milliseconds(pace);
  plan.verbose = parsed.GetBool("verbose");
  KONSUL_ASSIGN_OR_RETURN(plan.cluster, OwnServers(parsed));
  plan.cluster.servers = kServers;
  return plan;
}

void Record(const Plan& plan, const FailoverRound& round, const std::string& name, Outcome& outcome,
            Progress& progress) {
  if (round.served) {
    outcome.first_write.push_back(round.first_write);
    outcome.all_clients.push_back(round.all_clients);
  } else {
    ++outcome.unserved;
  }
  if (!plan.verbose && round.served) return;
  const std::string what =
      round.served ? absl::StrFormat("%.1f ms, all clients %.1f ms, %d attempts",
                                     ToMilliseconds(round.first_write),
                                     ToMilliseconds(round.all_clients), round.attempts)
                   : absl::StrCat("no write for ", ToMillis(plan.failover.give_up), " ms");
  progress.Say(absl::StrCat("lost ", name, ": ", what));
}

absl::Status RunRounds(const env::Env& env, const Plan& plan, PrivateNetwork* network,
                       Outcome& outcome) {
  OwnCluster::Options options = plan.cluster;
  options.network = network;
  OwnCluster cluster(env, options);
  KONSUL_RETURN_IF_ERROR(cluster.Start());
  Failover failover(env, cluster, network, plan.failover);
  Progress progress;
  const Instant end = env.After(plan.time_limit);
  for (uint64_t done = 0; done < plan.rounds; ++done) {
    if (env.clock.Now() >= end) {
      outcome.out_of_time = true;
      break;
    }
    progress.Show(done, plan.rounds, done == 0 ? "" : Summary([&] {
                    Samples so_far = outcome.first_write;
                    std::sort(so_far.begin(), so_far.end());
                    return so_far;
                  }()));
    KONSUL_ASSIGN_OR_RETURN(const FailoverRound round, failover.Run());
    Record(plan, round, cluster.Name(round.leader), outcome, progress);
  }
  return absl::OkStatus();
}

std::string Text(const Plan& plan, const Outcome& outcome) {
  return absl::StrCat(
      "Leader lost by ", plan.how, ", ", outcome.first_write.size(),
      " times; until the first acknowledged write that was sent afterwards:\n\n",
      Histogram(outcome.first_write), "\n  first write   ", Summary(outcome.first_write),
      "\n  all clients   ", Summary(outcome.all_clients), "\n",
      outcome.unserved > 0 ? absl::StrCat("  not served    ", outcome.unserved, " times\n") : "");
}

std::string Json(const Plan& plan, const Outcome& outcome) {
  return absl::StrCat("{\"how\":\"", plan.how, "\",\"rounds\":", outcome.first_write.size(),
                      ",\"unserved\":", outcome.unserved, ",\"first_write\":{",
                      JsonMembers(outcome.first_write), "},\"all_clients\":{",
                      JsonMembers(outcome.all_clients), "}}\n");
}

int Conclude(const Plan& plan, Outcome& outcome, bool json) {
  std::sort(outcome.first_write.begin(), outcome.first_write.end());
  std::sort(outcome.all_clients.begin(), outcome.all_clients.end());
  std::cout << (json ? Json(plan, outcome) : Text(plan, outcome)) << std::flush;
  if (outcome.out_of_time) std::cerr << "The time limit came before the last round.\n";
  const Duration p99 = Percentile(outcome.first_write, 99);
  const bool slow = plan.p99_limit > 0ns && p99 > plan.p99_limit;
  if (slow) std::cerr << "p99 is above the limit of " << ToMillis(plan.p99_limit) << " ms.\n";
  return slow || outcome.out_of_time || outcome.unserved > 0 ? kExitFailure : kExitOk;
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(Plan plan, ParsePlan(parsed));
  // Before there is any other thread.
  std::unique_ptr<PrivateNetwork> network;
  if (plan.failover.fault == Fault::kCut) {
    auto entered = PrivateNetwork::Enter(kServers);
    if (entered.ok()) {
      network = *std::move(entered);
    } else {
      std::cerr << "A silent cut needs network namespaces: " << entered.status().message()
                << ".\nStopping the leader's process with SIGSTOP instead: as silent, but the "
                   "kernel still takes what is sent to it.\n";
      plan.failover.fault = Fault::kStop;
      plan.how = "stop";
    }
  }
  Outcome outcome;
  const absl::Status status = RunInterruptibly(
      [&](const env::Env& env) { return RunRounds(env, plan, network.get(), outcome); });
  // What was measured until then is worth seeing.
  if (!status.ok() && outcome.first_write.empty()) return status;
  const int code = Conclude(plan, outcome, WantsJson(parsed));
  return status.ok() ? absl::StatusOr<int>(code) : status;
}

}  // namespace

Command FailoverCommand() {
  std::vector<flags::Flag> all = {
      {"how", Kind::kString, "FAULT",
       "kill (SIGKILL, the default), cut (nothing from or to it arrives any more, and nobody is "
       "told; needs root or user namespaces, and iproute2), or stop (SIGSTOP)."},
      {"rounds", Kind::kString, "N", "How often. Default: 100."},
      {"seconds", Kind::kString, "N", "At most so long in all. Default: 1800."},
      {"p99-limit", Kind::kString, "MS", "Exit code 1 when p99 is above. Default: none."},
      {"clients", Kind::kString, "N", "At each of the two other servers. Default: 4."},
      {"attempt", Kind::kString, "MS",
       "A client gives an attempt up after so long and repeats it. Default: 30."},
      {"pace", Kind::kString, "MS",
       "A client's pause between two writes while all is well. Default: 10."},
      {"verbose", Kind::kBool, "", "A line for each round on standard error."},
      FormatFlag(),
  };
  for (flags::Flag& flag : OwnServerFlags()) all.push_back(std::move(flag));
  return {
      "failover",
      "Loses the leader of its own three servers again and again: time to the next write.\n\n"
      "Starts three servers on this machine, with data below TMPDIR, and ends them again. Each\n"
      "round takes the leader away while clients write through the two others, measures the\n"
      "time from the fault to the first acknowledgement of a write that was sent after it,\n"
      "and brings the server back. No client adds a wait of its own: see failover.h.",
      std::move(all), RunCommand};
}

}  // namespace konsul::bench
