#include "tests/bench/catch_up.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"
#include "tests/bench/process.h"
#include "tests/bench/server_api.h"

namespace konsul::bench {
namespace {

constexpr Duration kWindow = 500ms;
constexpr Duration kRequestTimeout = 30s;
constexpr Duration kTroublePause = 5ms;
constexpr Duration kAskTimeout = 5s;
constexpr char kMarker[] = "bench/catch-up-marker";
constexpr char kInstalled[] = "konsul_raft_snapshot_installed_total";

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Clients that put without pause.
class Pressure {
 public:
  Pressure(const env::Env& env, const CatchUpOptions& options, std::vector<env::Endpoint> servers)
      : env_(env), options_(options), servers_(std::move(servers)), clients_(env.scheduler) {
    for (size_t i = 0; i < options.clients; ++i) {
      clients_.Spawn("client", [this, i] { RunClient(i); });
    }
  }

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t failed() const { return failed_; }

 private:
  void RunClient(size_t number) {
    http::Client client(env_, servers_[number % servers_.size()]);
    env::Random random = env_.random.Fork(absl::StrCat("client-", number));
    const std::string value(options_.value_bytes, 'v');
    while (!env_.scheduler.cancelled()) {
      const auto reply =
          client.Do(http::Request::Make(
                        "PUT", absl::StrCat("/v1/kv/bench/", random.Below(options_.keys)), value),
                    env_.After(kRequestTimeout));
      if (reply.ok() && reply->status == 200) {
        ++acknowledged_;
      } else if (!env_.scheduler.cancelled()) {
        ++failed_;
        env_.Sleep(kTroublePause).IgnoreError();
      }
    }
  }

  env::Env env_;
  const CatchUpOptions& options_;
  std::vector<env::Endpoint> servers_;
  uint64_t acknowledged_ = 0;
  uint64_t failed_ = 0;
  fiber::Group clients_;  // ends first
};

class Run {
 public:
  Run(const env::Env& env, OwnCluster& cluster, const CatchUpOptions& options,
      const CatchUpTold& told)
      : env_(env), cluster_(cluster), options_(options), told_(told) {}

  absl::StatusOr<CatchUpResult> All() {
    KONSUL_ASSIGN_OR_RETURN(leader_, cluster_.WaitForLeader(env_.After(kRequestTimeout)));
    follower_ = (leader_ + 1) % cluster_.size();
    std::vector<env::Endpoint> servers = cluster_.AllHttp();
    servers.erase(servers.begin() + static_cast<ptrdiff_t>(follower_));
    pressure_.emplace(env_, options_, servers);
    KONSUL_ASSIGN_OR_RETURN(result_.before_per_second, MeasurePhase("all three servers up"));
    KONSUL_RETURN_IF_ERROR(MissWrites());
    KONSUL_RETURN_IF_ERROR(CatchUp(servers.front()));
    KONSUL_ASSIGN_OR_RETURN(result_.after_per_second, MeasurePhase("all three up again"));
    result_.failed = pressure_->failed();
    pressure_.reset();
    KONSUL_ASSIGN_OR_RETURN(const size_t leader,
                            cluster_.WaitForLeader(env_.After(kRequestTimeout)));
    result_.leader_changed = leader != leader_;
    return result_;
  }

 private:
  // One window: writes per second.
  absl::StatusOr<double> Window() {
    const uint64_t before = pressure_->acknowledged();
    const Instant begin = env_.clock.Now();
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kWindow));
    result_.leader_memory_most =
        std::max(result_.leader_memory_most, cluster_.ResidentBytes(leader_));
    return static_cast<double>(pressure_->acknowledged() - before) /
           ToSeconds(env_.clock.Now() - begin);
  }

  absl::StatusOr<double> MeasurePhase(const std::string& name) {
    std::vector<double> windows;
    const auto wanted = static_cast<uint64_t>(options_.phase / kWindow);
    KONSUL_RETURN_IF_ERROR(Window().status());  // what the phase before left under way
    while (windows.size() < wanted) {
      told_(name, windows.size(), wanted);
      KONSUL_ASSIGN_OR_RETURN(windows.emplace_back(), Window());
    }
    return Median(std::move(windows));
  }

  absl::Status MissWrites() {
    cluster_.Kill(follower_);
    KONSUL_RETURN_IF_ERROR(cluster_.WaitForEnd(follower_, env_.After(kRequestTimeout)));
    result_.leader_memory_before = cluster_.ResidentBytes(leader_);
    const uint64_t begin = pressure_->acknowledged();
    const Instant deadline = env_.After(options_.give_up);
    std::vector<double> windows;
    while (pressure_->acknowledged() - begin < options_.missed_writes) {
      if (env_.clock.Now() >= deadline) {
        return absl::DeadlineExceededError("the writes to be missed take too long");
      }
      told_("follower down", pressure_->acknowledged() - begin, options_.missed_writes);
      KONSUL_ASSIGN_OR_RETURN(windows.emplace_back(), Window());
    }
    result_.down_per_second = Median(std::move(windows));
    return absl::OkStatus();
  }

  // Caught up: the follower has a marker that was written at most one window ago.
  absl::Status CatchUp(const env::Endpoint& server) {
    const Instant begin = env_.clock.Now();
    KONSUL_RETURN_IF_ERROR(cluster_.StartServer(follower_));
    std::vector<double> windows;
    for (uint64_t round = 0;; ++round) {
      if (env_.clock.Now() - begin >= options_.give_up) {
        return absl::DeadlineExceededError("the follower does not catch up");
      }
      told_("follower catching up", round, round);
      const std::string marker = absl::StrCat(round);
      const absl::Status put = Put(env_, server, kMarker, marker, env_.After(kRequestTimeout));
      KONSUL_ASSIGN_OR_RETURN(windows.emplace_back(), Window());
      const absl::StatusOr<bool> has = cluster_.HasApplied(follower_, kMarker, marker);
      if (put.ok() && has.ok() && *has) break;
    }
    result_.caught_up_after = env_.clock.Now() - begin;
    result_.windows_during = windows.size();
    result_.during_per_second = Median(std::move(windows));
    const auto metrics = Metrics(env_, cluster_.Http(follower_), env_.After(kAskTimeout));
    result_.snapshots_installed =
        metrics.ok() && metrics->count(kInstalled) > 0 ? metrics->at(kInstalled) : -1;
    return absl::OkStatus();
  }

  env::Env env_;
  OwnCluster& cluster_;
  const CatchUpOptions& options_;
  const CatchUpTold& told_;
  size_t leader_ = 0;
  size_t follower_ = 0;
  std::optional<Pressure> pressure_;
  CatchUpResult result_;
};

}  // namespace

absl::StatusOr<CatchUpResult> RunCatchUp(const env::Env& env, OwnCluster& cluster,
                                         const CatchUpOptions& options, const CatchUpTold& told) {
  return Run(env, cluster, options, told).All();
}

}  // namespace konsul::bench
