#include "tests/bench/failover.h"

#include <signal.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"

namespace konsul::bench {
namespace {

// Writes that each client has behind it before the fault: its connection is warm.
constexpr uint64_t kSteadyWrites = 5;
// The fault comes at a random moment between two heartbeats.
constexpr uint64_t kRandomPauseUs = 200'000;
// A server that refuses at once is not asked more often than this, by one client.
constexpr Duration kRefusedPause = 1ms;
constexpr Duration kLookAgain = 1ms;
constexpr Duration kSteadyTimeout = 30s;

// What the clients of one round share. They live on fibers of one scheduler.
struct Round {
  Round(const env::Env& world, const FailoverOptions& choices)
      : env(world), options(choices), pauses(world.scheduler) {}

  env::Env env;
  const FailoverOptions& options;
  std::string value;
  fiber::WaitList pauses;  // clients between two writes
  bool stop = false;
  // Set when the fault is in force; only what is sent from then on counts.
  std::optional<Instant> struck;
  std::vector<uint64_t> steady;                // acknowledged before the fault, by client
  std::vector<std::optional<Instant>> served;  // the first acknowledgement that counts, by client
  std::vector<uint64_t> attempted;             // that count, by client
  uint64_t attempts = 0;

  // All clients send at the moment of the fault. Were all given up and repeated at the same times
  // as well, only multiples of the time-out could be measured: so each has another first one.
  Duration AttemptTimeout(size_t client) {
    const bool first = attempted[client]++ == 0;
    ++attempts;
    const double part = static_cast<double>(client + 1) / static_cast<double>(attempted.size());
    return first ? std::chrono::duration_cast<Duration>(options.attempt_timeout * part)
                 : options.attempt_timeout;
  }
  bool AllSteady() const {
    return std::all_of(steady.begin(), steady.end(),
                       [](uint64_t writes) { return writes >= kSteadyWrites; });
  }
  bool AllServed() const {
    return std::all_of(served.begin(), served.end(), [](const auto& at) { return at.has_value(); });
  }
};

bool Acknowledged(const absl::StatusOr<http::Response>& reply) {
  return reply.ok() && reply->status == 200;
}

void RunClient(Round& round, const env::Endpoint& server, size_t number) {
  const env::Env& env = round.env;
  http::Client client(env, server);
  const std::string target = absl::StrCat("/v1/kv/bench/failover/", number);
  while (!round.stop && !env.scheduler.cancelled()) {
    const Instant sent = env.clock.Now();
    const bool counts = round.struck.has_value();
    const absl::StatusOr<http::Response> reply =
        client.Do(http::Request::Make("PUT", target, round.value),
                  sent + (counts ? round.AttemptTimeout(number) : round.options.attempt_timeout));
    const Instant now = env.clock.Now();
    if (!Acknowledged(reply)) {
      if (now - sent < kRefusedPause) env.Sleep(kRefusedPause).IgnoreError();
      continue;
    }
    if (!counts) {
      ++round.steady[number];
    } else if (!round.served[number].has_value()) {
      round.served[number] = now;
    }
    // Woken early by the fault.
    round.pauses.Wait(now + round.options.pace).IgnoreError();
  }
}

absl::Status WaitFor(const env::Env& env, Instant deadline, const std::function<bool()>& done) {
  while (!done()) {
    if (env.clock.Now() >= deadline) return absl::DeadlineExceededError("it took too long");
    KONSUL_RETURN_IF_ERROR(env.Sleep(kLookAgain));
  }
  return absl::OkStatus();
}

}  // namespace

Failover::Failover(const env::Env& env, OwnCluster& cluster, PrivateNetwork* network,
                   const FailoverOptions& options)
    : env_(env), cluster_(cluster), network_(network), options_(options) {}

absl::Status Failover::Strike(size_t leader) {
  switch (options_.fault) {
    case Fault::kKill:
      cluster_.Kill(leader);
      return absl::OkStatus();
    case Fault::kStop:
      cluster_.Signal(leader, SIGSTOP);
      return absl::OkStatus();
    case Fault::kCut:
      return network_->Cut(leader);
  }
  return absl::InternalError("no such fault");
}

absl::Status Failover::Heal(size_t leader) {
  const Instant deadline = env_.After(options_.heal_timeout);
  if (options_.fault == Fault::kKill) {
    KONSUL_RETURN_IF_ERROR(cluster_.WaitForEnd(leader, deadline));
    KONSUL_RETURN_IF_ERROR(cluster_.StartServer(leader));
  } else if (options_.fault == Fault::kStop) {
    cluster_.Signal(leader, SIGCONT);
  } else {
    KONSUL_RETURN_IF_ERROR(network_->Heal(leader));
  }
  KONSUL_RETURN_IF_ERROR(cluster_.WaitUntilCaughtUp(deadline));
  return cluster_.WaitForLeader(deadline).status();
}

absl::StatusOr<FailoverRound> Failover::Run() {
  FailoverRound result;
  KONSUL_ASSIGN_OR_RETURN(result.leader, cluster_.WaitForLeader(env_.After(kSteadyTimeout)));
  Round round(env_, options_);
  round.value = absl::StrCat("round ", ++rounds_);
  // After what it refers to, so that the clients end first.
  fiber::Group clients(env_.scheduler);
  size_t number = 0;
  for (size_t server = 0; server < cluster_.size(); ++server) {
    if (server == result.leader) continue;
    for (size_t i = 0; i < options_.clients_per_server; ++i, ++number) {
      round.steady.push_back(0);
      round.served.emplace_back();
      round.attempted.push_back(0);
      clients.Spawn("client",
                    [&round, number, at = cluster_.Http(server)] { RunClient(round, at, number); });
    }
  }
  KONSUL_RETURN_IF_ERROR(
      Annotate(WaitFor(env_, env_.After(kSteadyTimeout), [&] { return round.AllSteady(); }),
               "the clients cannot write before the fault"));
  env::Random random = env_.random.Fork(round.value);
  KONSUL_RETURN_IF_ERROR(env_.Sleep(std::chrono::microseconds(random.Below(kRandomPauseUs))));

  // From here to the next wait no client runs, so none can send between the two.
  const Instant fault = env_.clock.Now();
  KONSUL_RETURN_IF_ERROR(Strike(result.leader));
  round.struck = env_.clock.Now();
  round.pauses.WakeAll();

  const absl::Status served =
      WaitFor(env_, fault + options_.give_up, [&] { return round.AllServed(); });
  if (absl::IsCancelled(served)) return served;
  round.stop = true;
  clients.Cancel();
  clients.Join();
  result.served = served.ok();
  result.attempts = round.attempts;
  if (result.served) {
    const auto [first, last] = std::minmax_element(round.served.begin(), round.served.end());
    result.first_write = **first - fault;
    result.all_clients = **last - fault;
  }
  KONSUL_RETURN_IF_ERROR(Heal(result.leader));
  return result;
}

}  // namespace konsul::bench
