#include "tests/bench/watch.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/fiber/continuation.h"
#include "core/fiber/mutex.h"
#include "net/http/client.h"
#include "net/http/parser.h"

namespace konsul::bench {
namespace {

constexpr uint64_t kPerAddress = 20'000;  // of the kernel's ports for clients there are 28,000
constexpr uint64_t kConnecting = 64;      // at a time
constexpr Duration kTimeout = 60s;
constexpr Duration kSettle = 500ms;

// One client, without a fiber while it waits.
struct Watcher {
  std::unique_ptr<env::Stream> stream;
  std::string key;
  uint64_t index = 1;
  uint64_t answers = 0;
  Instant answered;
};

class Bench {
 public:
  Bench(const env::Env& env, OwnCluster& cluster, const WatchOptions& options,
        const WatchProgress& progress)
      : env_(env),
        cluster_(cluster),
        options_(options),
        progress_(progress),
        changed_(env.scheduler),
        watchers_(std::max(options.parked, options.herd)),
        waiting_(env.scheduler) {}

  absl::StatusOr<WatchResult> Run() {
    WatchResult result;
    http::Client writer(env_, cluster_.Http(0));
    KONSUL_RETURN_IF_ERROR(Put(writer, "bench/first", "x"));
    result.resident_before = cluster_.ResidentBytes(0);
    KONSUL_RETURN_IF_ERROR(ParkAll());
    result.resident_parked = cluster_.ResidentBytes(0);
    KONSUL_RETURN_IF_ERROR(MeasureWakes(writer, result));
    KONSUL_RETURN_IF_ERROR(MeasureHerd(writer, result));
    result.resident_after = cluster_.ResidentBytes(0);
    waiting_.Cancel();
    waiting_.Join();
    return result;
  }

 private:
  absl::Status Put(http::Client& writer, const std::string& key, const std::string& value) {
    KONSUL_ASSIGN_OR_RETURN(
        const http::Response reply,
        writer.Do(http::Request::Make("PUT", "/v1/kv/" + key, value), env_.After(kTimeout)));
    if (reply.status == 200 && reply.body == "true") return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("status ", reply.status, ": ", reply.body));
  }

  absl::Status ParkAll() {
    uint64_t next = 0;
    fiber::Group connecting(env_.scheduler);
    for (uint64_t i = 0; i < kConnecting; ++i) {
      connecting.Spawn("connect", [&] {
        while (next < watchers_.size() && failure_.ok()) {
          const uint64_t number = next++;
          progress_("park", number, watchers_.size());
          Fail(Connect(number));
        }
      });
    }
    connecting.Join();
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kSettle));
    return failure_;
  }

  absl::Status Connect(uint64_t number) {
    Watcher& watcher = watchers_[number];
    watcher.key = absl::StrCat("bench/watched/", number);
    env::Endpoint to = cluster_.Http(0);
    to.host = absl::StrCat(to.host.substr(0, to.host.rfind('.') + 1), 1 + number / kPerAddress);
    KONSUL_ASSIGN_OR_RETURN(watcher.stream, env_.network.Dial(to, env_.After(kTimeout)));
    return Ask(watcher);
  }

  // Sends the question and waits for the answer without a fiber.
  absl::Status Ask(Watcher& watcher) {
    KONSUL_RETURN_IF_ERROR(watcher.stream->Write(
        absl::StrCat("GET /v1/kv/", watcher.key, "?index=", watcher.index,
                     "&wait=10m HTTP/1.1\r\nHost: konsul\r\nUser-Agent: konsul-bench\r\n"
                     "Accept-Encoding: gzip\r\n\r\n"),
        env_.After(kTimeout)));
    auto continuation = std::make_unique<fiber::Continuation>(env_.scheduler);
    watcher.stream->WakeWhenReadable(*continuation);
    waiting_.Park(std::move(continuation), "watch", Instant::Never(), [this, &watcher] {
      if (env_.scheduler.cancelled()) return;
      Fail(Learn(watcher));
    });
    return absl::OkStatus();
  }

  absl::Status Learn(Watcher& watcher) {
    http::ResponseParser parser({});
    while (true) {
      const http::Step step = parser.Next();
      if (step == http::Step::kMessage) break;
      if (step == http::Step::kError) return absl::UnavailableError(parser.error().text);
      KONSUL_ASSIGN_OR_RETURN(const size_t n,
                              watcher.stream->Read(parser.Space(), env_.After(kTimeout)));
      if (n == 0) return absl::UnavailableError("the server has closed the connection");
      parser.Commit(n);
    }
    const http::Response& reply = parser.response();
    uint64_t index = 0;
    if (reply.status != 200 ||
        !absl::SimpleAtoi(reply.headers.Get("X-Consul-Index").value_or(""), &index)) {
      return absl::UnavailableError(absl::StrCat("status ", reply.status, ": ", reply.body));
    }
    if (index <= watcher.index) return absl::UnavailableError("an answer without news");
    watcher.index = index;
    ++watcher.answers;
    watcher.answered = env_.clock.Now();
    changed_.NotifyAll();
    return again_ ? Ask(watcher) : absl::OkStatus();
  }

  absl::Status MeasureWakes(http::Client& writer, WatchResult& result) {
    env::Random random = env_.random.Fork("watch");
    const size_t most = options_.parked;
    for (uint64_t i = 0; i < options_.writes; ++i) {
      progress_("wake", i, options_.writes);
      Watcher& watcher = watchers_[random.Below(most)];
      const uint64_t before = watcher.answers;
      const Instant sent = env_.clock.Now();
      KONSUL_RETURN_IF_ERROR(Put(writer, watcher.key, absl::StrCat("v", i)));
      const Instant acked = env_.clock.Now();
      KONSUL_RETURN_IF_ERROR(changed_.Await(
          [&] { return watcher.answers > before || !failure_.ok(); }, env_.After(kTimeout)));
      KONSUL_RETURN_IF_ERROR(failure_);
      result.put.push_back(acked - sent);
      result.wake.push_back(std::max(watcher.answered - acked, Duration::zero()));
      result.write_to_answer.push_back(watcher.answered - sent);
      // It asks again meanwhile.
      KONSUL_RETURN_IF_ERROR(env_.Sleep(1ms));
    }
    for (Samples* samples : {&result.put, &result.wake, &result.write_to_answer}) {
      std::sort(samples->begin(), samples->end());
    }
    return absl::OkStatus();
  }

  // Those who watched keys of their own are told to watch the herd's, by a last change of these.
  absl::Status MeasureHerd(http::Client& writer, WatchResult& result) {
    uint64_t gathered = 0;
    for (uint64_t i = 0; i < options_.herd; ++i) {
      progress_("gather", i, options_.herd);
      Watcher& watcher = watchers_[i];
      const uint64_t before = watcher.answers;
      const std::string own = std::exchange(watcher.key, "bench/herd");
      KONSUL_RETURN_IF_ERROR(Put(writer, own, "last"));
      KONSUL_RETURN_IF_ERROR(changed_.Await(
          [&] { return watcher.answers > before || !failure_.ok(); }, env_.After(kTimeout)));
      gathered += watcher.answers;
    }
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kSettle));
    again_ = false;
    const Instant sent = env_.clock.Now();
    KONSUL_RETURN_IF_ERROR(Put(writer, "bench/herd", "go"));
    const auto all = [&] {
      uint64_t answers = 0;
      for (uint64_t i = 0; i < options_.herd; ++i) answers += watchers_[i].answers;
      return answers == gathered + options_.herd;
    };
    const Instant end = env_.After(kTimeout);
    while (failure_.ok() && !all()) {
      if (env_.clock.Now() >= end) return absl::DeadlineExceededError("the herd is not answered");
      KONSUL_RETURN_IF_ERROR(env_.Sleep(10ms));
    }
    KONSUL_RETURN_IF_ERROR(failure_);
    for (uint64_t i = 0; i < options_.herd; ++i) {
      result.herd_all = std::max(result.herd_all, watchers_[i].answered - sent);
    }
    return absl::OkStatus();
  }

  void Fail(const absl::Status& status) {
    if (status.ok() || !failure_.ok()) return;
    failure_ = status;
    changed_.NotifyAll();
  }

  const env::Env& env_;
  OwnCluster& cluster_;
  const WatchOptions& options_;
  const WatchProgress& progress_;
  fiber::Condition changed_;
  absl::Status failure_;
  bool again_ = true;
  std::vector<Watcher> watchers_;
  fiber::Group waiting_;  // last: its fibers use everything above
};

}  // namespace

absl::StatusOr<WatchResult> RunWatch(const env::Env& env, OwnCluster& cluster,
                                     const WatchOptions& options, const WatchProgress& progress) {
  return Bench(env, cluster, options, progress).Run();
}

}  // namespace konsul::bench
