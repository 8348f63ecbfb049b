#include "tests/bench/load.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"

namespace konsul::bench {
namespace {

// Nobody listened at any server, or nobody has room: not a loop that burns the processor.
constexpr Duration kTroublePause = 5ms;
constexpr char kPadding = '.';

struct Run {
  env::Env env;
  const LoadOptions& options;
  HistoryWriter* history;
  LoadResult result;
  Instant last_acknowledgement;
  bool stop = false;
};

// One client: what it writes next, and where.
class Writer {
 public:
  Writer(Run& run, size_t number) : run_(run), number_(number), server_(number) { Dial(); }

  void RunUntilStopped() {
    for (uint64_t step = 0; !run_.stop; ++step) {
      const bool hot = run_.options.hot_every > 0 && step % run_.options.hot_every == 0;
      key_ = absl::StrCat(run_.options.prefix, "/", number_, "/");
      if (hot) {
        absl::StrAppend(&key_, "hot");
      } else {
        absl::StrAppend(&key_, step);
      }
      identity_ = absl::StrCat(number_, ":", step);
      WriteOnce();
      if (run_.options.pace > 0ns) run_.env.Sleep(run_.options.pace).IgnoreError();
    }
  }

 private:
  void Dial() {
    const std::vector<env::Endpoint>& servers = run_.options.servers;
    client_.emplace(run_.env, servers[server_ % servers.size()]);
  }

  void NextServer() {
    ++server_;
    Dial();
  }

  // Until somebody took it, or it failed.
  void WriteOnce() {
    const Instant begun = run_.env.clock.Now();
    const http::Request request = http::Request::Make(
        "PUT", absl::StrCat("/v1/kv/", key_), LoadValue(identity_, run_.options.value_bytes));
    for (size_t attempt = 1;; ++attempt) {
      const auto reply = client_->Do(request, run_.env.After(run_.options.timeout));
      if (reply.ok() && reply->status == 200) return Acknowledge(begun);
      if (reply.ok() && reply->status == 429) {
        ++run_.result.busy;
      } else if (!reply.ok() && !client_->maybe_sent()) {
        ++run_.result.refused;
      } else {
        return Fail(reply);
      }
      // Certainly not done.
      if (run_.stop) return;
      NextServer();
      if (attempt % run_.options.servers.size() == 0) {
        run_.env.Sleep(kTroublePause).IgnoreError();
      }
    }
  }

  void Acknowledge(Instant begun) {
    const Instant now = run_.env.clock.Now();
    LoadResult& result = run_.result;
    ++result.acknowledged;
    result.latencies.push_back(now - begun);
    result.longest_wait = std::max(result.longest_wait, now - begun);
    result.longest_gap = std::max(result.longest_gap, now - run_.last_acknowledgement);
    run_.last_acknowledgement = now;
    if (run_.history != nullptr) run_.history->Acknowledged(key_, identity_);
  }

  void Fail(const absl::StatusOr<http::Response>& reply) {
    ++run_.result.failed;
    if (run_.result.first_error.empty()) {
      run_.result.first_error = reply.ok()
                                    ? absl::StrCat(client_->server().ToString(), " answered ",
                                                   reply->status, " ", reply->body)
                                    : std::string(reply.status().message());
    }
    if (run_.history != nullptr) run_.history->Unknown(key_, identity_);
    NextServer();
    run_.env.Sleep(kTroublePause).IgnoreError();
  }

  Run& run_;
  const size_t number_;
  size_t server_;
  std::optional<http::Client> client_;
  std::string key_;
  std::string identity_;
};

}  // namespace

LoadResult RunLoad(const env::Env& env, const LoadOptions& options, Instant until,
                   HistoryWriter* history) {
  Run run{env, options, history, {}, env.clock.Now()};
  fiber::Group group(env.scheduler);
  for (size_t i = 0; i < options.clients; ++i) {
    group.Spawn("writer", [&run, i] { Writer(run, i).RunUntilStopped(); });
  }
  // Cancelled or not, the writers end their last write.
  env.scheduler.SleepUntil(until).IgnoreError();
  run.stop = true;
  run.result.longest_gap =
      std::max(run.result.longest_gap, env.clock.Now() - run.last_acknowledgement);
  group.Join();
  std::sort(run.result.latencies.begin(), run.result.latencies.end());
  return std::move(run.result);
}

std::string LoadValue(absl::string_view identity, size_t bytes) {
  std::string value(identity);
  if (value.size() < bytes) value.append(bytes - value.size(), kPadding);
  return value;
}

std::string LoadIdentity(absl::string_view value) {
  return std::string(value.substr(0, value.find(kPadding)));
}

}  // namespace konsul::bench
