#include "tests/bench/kv_bench.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"

namespace konsul::bench {
namespace {

constexpr Duration kRequestTimeout = 30s;

std::string Target(uint64_t key, bool stale) {
  return absl::StrCat("/v1/kv/bench/", key, stale ? "?stale" : "");
}

// What all clients of a run share.
struct Run {
  const env::Env& env;
  const KvOptions& options;
  std::string value;
  Instant start;  // of the measurement
  Instant end;
  KvResult result;

  void Fail(std::string error) {
    ++result.failed;
    if (result.first_error.empty()) result.first_error = std::move(error);
  }
};

http::Request MakeRequest(Run& run, env::Random& random) {
  uint64_t key = random.Below(run.options.keys);
  if (run.options.operation == Operation::kPut) {
    return http::Request::Make("PUT", Target(key, false), run.value);
  }
  return http::Request::Make("GET", Target(key, run.options.operation == Operation::kStaleGet));
}

void RunClient(Run& run, size_t number) {
  const env::Endpoint& server = run.options.servers[number % run.options.servers.size()];
  http::Client client(run.env, server);
  env::Random random = run.env.random.Fork(absl::StrCat("client-", number));
  for (;;) {
    Instant before = run.env.clock.Now();
    if (before >= run.end) return;
    http::Request request = MakeRequest(run, random);
    absl::StatusOr<http::Response> reply = client.Do(request, before + kRequestTimeout);
    Instant after = run.env.clock.Now();
    if (!reply.ok()) {
      run.Fail(std::string(reply.status().message()));
      // A server that is down refuses at once; do not spin on it.
      if (!run.env.Sleep(10ms).ok()) return;
    } else if (reply->status != 200) {
      run.Fail(absl::StrCat(server.ToString(), " answered ", reply->status, " ", reply->body));
    } else if (before >= run.start && after <= run.end) {
      run.result.latencies.push_back(after - before);
    }
  }
}

// One client per server writes its share of the keys, so that every get finds one.
void WriteKeys(Run& run) {
  fiber::Group group(run.env.scheduler);
  constexpr size_t kWriters = 64;
  for (size_t writer = 0; writer < kWriters; ++writer) {
    group.Spawn("writer", [&run, writer] {
      http::Client client(run.env, run.options.servers[writer % run.options.servers.size()]);
      for (uint64_t key = writer; key < run.options.keys; key += kWriters) {
        auto reply = client.Do(http::Request::Make("PUT", Target(key, false), run.value),
                               run.env.After(kRequestTimeout));
        if (!reply.ok()) return run.Fail(std::string(reply.status().message()));
      }
    });
  }
  group.Join();
}

}  // namespace

KvResult RunKv(const env::Env& env, const KvOptions& options) {
  Run run{env, options, std::string(options.value_bytes, 'v'), {}, {}, {}};
  if (options.operation != Operation::kPut) WriteKeys(run);
  run.start = env.After(options.warmup);
  run.end = run.start + options.duration;
  fiber::Group group(env.scheduler);
  for (size_t i = 0; i < options.clients; ++i) {
    group.Spawn("client", [&run, i] { RunClient(run, i); });
  }
  group.Join();
  std::sort(run.result.latencies.begin(), run.result.latencies.end());
  run.result.succeeded = run.result.latencies.size();
  run.result.measured = options.duration;
  return std::move(run.result);
}

}  // namespace konsul::bench
