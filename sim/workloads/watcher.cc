#include "sim/workloads/watcher.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/http/client.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {
namespace {

using checkers::Operation;
using checkers::OpKind;
using checkers::Outcome;

// Questions in a row to one server, on average.
constexpr uint64_t kStay = 20;
constexpr Duration kShortestWait = 100ms;
// For the answer, beyond the wait.
constexpr Duration kTimeout = 5s;
constexpr Duration kPauseAfterError = 20ms;
constexpr int kRounds = 6;
constexpr uint64_t kChangesInARow = 4;
constexpr Duration kBetweenRounds = 200ms;
constexpr Duration kLookEvery = 20ms;
constexpr Duration kChangeTimeout = 20s;
// Where links have long tails and elections come early, leaders change without any fault, and a
// change that was under way may have been made or not. By then it has, or never is.
constexpr int kTries = 5;
constexpr Duration kSettled = 3s;

class Watcher {
 public:
  Watcher(const env::Env& env, size_t number, WatchShared& shared)
      : env_(env),
        number_(number),
        shared_(shared),
        key_(shared.oracle->key(number)),
        prefix_(shared.oracle->prefix(number)),
        random_(env.random.Fork(absl::StrCat("watcher ", number))) {}

  void Run() {
    while (!env_.scheduler.cancelled()) {
      const std::vector<env::Endpoint>& servers = shared_.clients->servers;
      if (server_ == nullptr || random_.Chance(1, kStay)) {
        server_ = std::make_unique<http::Client>(env_, servers[random_.Below(servers.size())]);
      }
      if (Ask()) continue;
      server_.reset();
      if (!env_.Sleep(kPauseAfterError).ok()) return;
    }
  }

 private:
  // False when the server should be left.
  bool Ask() {
    const Duration wait(static_cast<int64_t>(
        random_.Between(ToMillis(kShortestWait), ToMillis(shared_.longest_wait)) * 1'000'000));
    const std::string target =
        absl::StrCat("/v1/kv/", key_, "?", prefix_ ? "recurse&" : "",
                     "index=", shared_.oracle->index(number_), "&wait=", ToMillis(wait), "ms");
    Begin();
    const absl::StatusOr<http::Response> reply =
        server_->Do(http::Request::Make("GET", target), env_.After(wait + wait / 16 + kTimeout));
    if (absl::IsCancelled(reply.status())) return false;
    if (!reply.ok() || reply->status >= 500 || reply->status == 429 || reply->status == 408) {
      End(Outcome::kNever, std::nullopt);
      return false;
    }
    return Learn(*reply);
  }

  bool Learn(const http::Response& reply) {
    uint64_t index = 0;
    absl::StatusOr<std::vector<KvItem>> items = std::vector<KvItem>();
    if (reply.status == 200) items = ParseKvReply(reply.body);
    const bool good = (reply.status == 200 || reply.status == 404) && items.ok() &&
                      absl::SimpleAtoi(reply.headers.Get("X-Consul-Index").value_or(""), &index);
    if (!good) {
      End(Outcome::kNever, std::nullopt);
      shared_.clients->findings->Report(
          "unexpected-reply",
          absl::StrCat("watcher ", number_, " of ", key_, " was answered with status ",
                       reply.status, ": ", reply.body.substr(0, 200)));
      return false;
    }
    checkers::WatchCompleteness::Values values;
    for (KvItem& item : *items) values[std::move(item.key)] = std::move(item.value);
    const auto own = values.find(key_);
    End(Outcome::kOk, own == values.end() ? std::nullopt : std::make_optional(own->second));
    ++shared_.answers;
    if (index > shared_.oracle->index(number_)) ++shared_.news;
    shared_.oracle->OnAnswer(number_, server_->server().host, index, std::move(values));
    return true;
  }

  // Of a single key, an answer is a read, however long it took.
  void Begin() {
    if (prefix_) return;
    Operation op;
    op.client = shared_.first_client + static_cast<uint32_t>(number_);
    op.key = key_;
    op.server = server_->server().host;
    op.invoked = shared_.clients->now();
    id_ = shared_.clients->history.Invoke(std::move(op));
  }
  void End(Outcome outcome, std::optional<std::string> value) {
    if (prefix_) return;
    if (outcome == Outcome::kOk) {
      shared_.clients->history.ReturnRead(id_, std::move(value), shared_.clients->now());
    } else {
      shared_.clients->history.Return(id_, outcome, shared_.clients->now());
    }
  }

  const env::Env env_;
  const size_t number_;
  WatchShared& shared_;
  const std::string key_;
  const bool prefix_;
  env::Random random_;
  std::unique_ptr<http::Client> server_;
  checkers::History::Id id_ = 0;
};

class Changes {
 public:
  Changes(const env::Env& env, WatchShared& shared, Duration limit)
      : env_(env), shared_(shared), limit_(limit), random_(env.random.Fork("changes")) {}

  absl::Status Run() {
    if (shared_.restores) KONSUL_RETURN_IF_ERROR(EndOtherRestores());
    for (int round = 0; round < kRounds; ++round) {
      const std::vector<env::Endpoint>& servers = shared_.clients->servers;
      http::Client server(env_, servers[random_.Below(servers.size())]);
      if (saved_ && random_.Chance(1, 2)) {
        KONSUL_RETURN_IF_ERROR(Try([&] { return Restore(server); }));
        KONSUL_RETURN_IF_ERROR(AwaitWatchers());
      }
      // Nobody knows what was there before.
      for (const std::string& key : shared_.keys) {
        if (round == 0) {
          KONSUL_RETURN_IF_ERROR(Change(server, key, false));
          continue;
        }
        for (uint64_t n = random_.Between(0, kChangesInARow); n > 0; --n) {
          const bool remove = values_.contains(key) && random_.Chance(1, 3);
          KONSUL_RETURN_IF_ERROR(Change(server, key, !remove));
        }
      }
      KONSUL_RETURN_IF_ERROR(AwaitWatchers());
      if (shared_.restores && !saved_) KONSUL_RETURN_IF_ERROR(Try([&] { return Save(server); }));
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kBetweenRounds));
    }
    return absl::OkStatus();
  }

 private:
  std::string NewValue() { return absl::StrCat("w", ++shared_.clients->values_written); }

  // Puts a new value there, or deletes what is there.
  absl::Status Change(http::Client& server, const std::string& key, bool put) {
    return Try([&] {
      return TryChange(server, key, put ? std::make_optional(NewValue()) : std::nullopt);
    });
  }

  absl::Status Try(absl::FunctionRef<absl::Status()> change) {
    absl::Status status;
    for (int tries = 0; tries < kTries; ++tries) {
      status = change();
      if (!absl::IsUnavailable(status)) return status;
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kSettled));
    }
    return status;
  }

  // What a client has begun to restore and nobody waits for any more is refused once another one
  // has begun.
  absl::Status EndOtherRestores() {
    const std::vector<env::Endpoint>& servers = shared_.clients->servers;
    http::Client server(env_, servers[random_.Below(servers.size())]);
    KONSUL_RETURN_IF_ERROR(Try([&] { return Save(server); }));
    KONSUL_RETURN_IF_ERROR(Try([&] { return Restore(server); }));
    saved_.reset();
    return absl::OkStatus();
  }

  // All that there is, as it is now.
  absl::Status Save(http::Client& server) {
    const auto reply =
        server.Do(http::Request::Make("GET", "/v1/snapshot"), env_.After(kChangeTimeout));
    KONSUL_RETURN_IF_ERROR(Answered("saving", server, reply));
    saved_ = Saved{reply->body, values_};
    return absl::OkStatus();
  }

  // As it was then: whoever watches learns of it as of any other change.
  absl::Status Restore(http::Client& server) {
    const auto reply = server.Do(http::Request::Make("PUT", "/v1/snapshot", saved_->archive),
                                 env_.After(kChangeTimeout));
    KONSUL_RETURN_IF_ERROR(Answered("restoring", server, reply));
    values_ = saved_->values;
    ++shared_.restored;
    return absl::OkStatus();
  }

  static absl::Status Answered(absl::string_view what, http::Client& server,
                               const absl::StatusOr<http::Response>& reply) {
    if (absl::IsCancelled(reply.status()) || (reply.ok() && reply->status == 200)) {
      return reply.status();
    }
    return absl::UnavailableError(absl::StrCat(
        what, " through ", server.server().host, " was answered with ",
        reply.ok() ? absl::StrCat(reply->status, " ", reply->body) : reply.status().ToString()));
  }

  absl::Status TryChange(http::Client& server, const std::string& key,
                         std::optional<std::string> value) {
    Operation op;
    op.client = shared_.first_client + static_cast<uint32_t>(shared_.oracle->size());
    op.kind = value.has_value() ? OpKind::kPut : OpKind::kDelete;
    op.key = key;
    op.value = value;
    op.server = server.server().host;
    op.invoked = shared_.clients->now();
    const auto id = shared_.clients->history.Invoke(std::move(op));
    const auto reply = server.Do(http::Request::Make(value.has_value() ? "PUT" : "DELETE",
                                                     "/v1/kv/" + key, value.value_or("")),
                                 env_.After(kChangeTimeout));
    const bool done = reply.ok() && reply->status == 200 && reply->body == "true";
    if (absl::IsCancelled(reply.status())) return reply.status();
    shared_.clients->history.Return(id, done ? Outcome::kOk : Outcome::kUnknown,
                                    shared_.clients->now());
    KONSUL_RETURN_IF_ERROR(Answered(absl::StrCat("a change of ", key), server, reply));
    if (!done) return absl::UnavailableError(absl::StrCat(key, ": ", reply->body));
    if (value.has_value()) {
      values_[key] = *value;
    } else {
      values_.erase(key);
    }
    return absl::OkStatus();
  }

  absl::Status AwaitWatchers() {
    const Instant end = env_.After(limit_);
    while (!shared_.oracle->WhoIsBehind(values_).empty()) {
      if (env_.clock.Now() >= end) {
        shared_.clients->findings->Report(
            "watch-completeness", absl::StrCat(ToSeconds(limit_), " s after the last change ",
                                               shared_.oracle->WhoIsBehind(values_)));
        return absl::OkStatus();
      }
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kLookEvery));
    }
    return absl::OkStatus();
  }

  const env::Env env_;
  WatchShared& shared_;
  const Duration limit_;
  env::Random random_;
  checkers::WatchCompleteness::Values values_;
  struct Saved {
    std::string archive;
    checkers::WatchCompleteness::Values values;
  };
  std::optional<Saved> saved_;
};

}  // namespace

void RunWatcher(const env::Env& env, size_t watcher, WatchShared& shared) {
  Watcher(env, watcher, shared).Run();
}

absl::Status RunChanges(const env::Env& env, WatchShared& shared, Duration limit) {
  return Changes(env, shared, limit).Run();
}

}  // namespace konsul::workloads
