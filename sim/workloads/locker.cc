#include "sim/workloads/locker.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/http/client.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {
namespace {

using checkers::LockExclusion;
using Span = LockExclusion::Span;

// Requests in a row to one server, on average.
constexpr uint64_t kStay = 15;
constexpr Duration kTtls[] = {1s, 1500ms, 2s, 3s};
constexpr Duration kLockDelays[] = {0ms, 0ms, 300ms, 1s};
constexpr Duration kPauseMax = 120ms;
constexpr Duration kLifeMin = 1s;
constexpr Duration kLifeMax = 8s;
// When the servers may just be ending a session that was not renewed: they add 5 % and some ticks.
constexpr Duration kLateBy = 200ms;
constexpr Duration kLateSpread = 250ms;

class Locker {
 public:
  Locker(const env::Env& env, uint32_t number, LockShared& shared)
      : env_(env),
        name_(absl::StrCat("locker ", number)),
        shared_(shared),
        random_(env.random.Fork(name_)) {}

  void Run() {
    while (!Over()) {
      if (Create()) {
        Live();
        End();
      }
      if (!Pause()) return;
    }
  }

 private:
  enum class Fate { kRelease, kDestroy, kAbandon };

  bool Over() const { return shared_.clients->stop || env_.scheduler.cancelled(); }
  Duration Now() const { return shared_.clients->now(); }
  Duration Between(Duration low, Duration high) {
    return Duration(static_cast<int64_t>(
        random_.Between(static_cast<uint64_t>(low.count()), static_cast<uint64_t>(high.count()))));
  }
  bool Pause() { return env_.Sleep(Between(1ms, kPauseMax)).ok(); }

  struct Answer {
    Span span;
    http::Response reply;
    // What was asked for did not make sense, or a condition did not hold.
    bool refused() const { return reply.status != 200; }
  };
  // Nullopt when there is no answer to rely on; `mistake` is part of the text of a 500 that is one.
  std::optional<Answer> Ask(const char* method, const std::string& target, const std::string& body,
                            absl::string_view mistake = {}) {
    const std::vector<env::Endpoint>& servers = shared_.clients->servers;
    if (server_ == nullptr || random_.Chance(1, kStay)) {
      server_ = std::make_unique<http::Client>(env_, servers[random_.Below(servers.size())]);
    }
    const Duration sent = Now();
    absl::StatusOr<http::Response> reply =
        server_->Do(http::Request::Make(method, target, body), env_.After(shared_.timeout));
    const bool told =
        reply.ok() && reply->status != 429 && reply->status != 408 &&
        (reply->status < 500 || (!mistake.empty() && absl::StrContains(reply->body, mistake)));
    if (told) {
      backoff_.Reset();
      return Answer{{sent, Now()}, *std::move(reply)};
    }
    server_.reset();
    (void)env_.Sleep(backoff_.Next());
    return std::nullopt;
  }

  void Unexpected(const http::Response& reply) {
    server_.reset();
    shared_.clients->findings->Report(
        "unexpected-reply", absl::StrCat(name_, " was answered with status ", reply.status, ": ",
                                         reply.body.substr(0, 200)));
  }

  bool Create() {
    checkers::Lease lease;
    lease.client = name_;
    lease.ttl = kTtls[random_.Below(std::size(kTtls))];
    lease.lock_delay = kLockDelays[random_.Below(std::size(kLockDelays))];
    // The others depend on the health of the server that creates them.
    lease.ttl_only = !random_.Chance(1, 6);
    late_ = random_.Chance(1, 2);
    const bool deletes = random_.Chance(1, 2);
    const std::string body = absl::StrCat("{\"TTL\":\"", ToMillis(lease.ttl),
                                          "ms\",\"LockDelay\":\"", ToMillis(lease.lock_delay),
                                          "ms\",\"Behavior\":\"", deletes ? "delete" : "release",
                                          "\"", lease.ttl_only ? ",\"NodeChecks\":[]" : "", "}");
    const auto answer = Ask("PUT", "/v1/session/create", body, "heck");
    if (!answer || answer->refused()) return false;  // its server is thought to be dead
    const auto id = ParseSessionId(answer->reply.body);
    if (!id.ok()) {
      Unexpected(answer->reply);
      return false;
    }
    session_ = *id;
    lease.renewed = answer->span.sent;
    ttl_ = lease.ttl;
    shared_.leases->OnCreated(session_, std::move(lease));
    ++shared_.sessions;
    gone_ = held_ = false;
    token_.reset();
    PlanRenewal();
    return true;
  }

  void PlanRenewal() {
    const Duration last = shared_.leases->at(session_).renewed;
    renew_at_ = last + Between(ttl_ / 4, ttl_ / 2);
    if (late_ && random_.Chance(1, 2)) {
      renew_at_ = last + ttl_ + ttl_ / 20 + kLateBy + Between(0ms, kLateSpread);
      ++shared_.late_renewals;
    }
  }

  // Until the session is gone, or it has been enough.
  void Live() {
    const Duration until = Now() + Between(kLifeMin, kLifeMax);
    lock_ = absl::StrCat(shared_.prefix, "/lock/", random_.Below(shared_.locks));
    while (!Over() && !gone_ && Now() < until) {
      if (Now() >= renew_at_) {
        Renew();
      } else if (!held_) {
        Acquire();
      } else if (!token_ || random_.Chance(1, 3)) {
        Look();
      } else {
        Write();
      }
      const Duration pause = std::min(Between(1ms, kPauseMax), renew_at_ - Now());
      if (pause > Duration::zero() && !env_.Sleep(pause).ok()) return;
    }
  }

  void Gone(Duration told) {
    gone_ = true;
    held_ = false;
    shared_.expiry->OnGone(session_, told);
  }

  void Renew() {
    const auto answer = Ask("PUT", absl::StrCat("/v1/session/renew/", session_), "");
    if (!answer) return;
    if (answer->reply.status == 404) return Gone(answer->span.told);
    if (answer->refused()) return Unexpected(answer->reply);
    shared_.leases->OnRenewed(session_, answer->span.sent);
    shared_.exclusion->OnRenewed(session_, answer->span.sent);
    PlanRenewal();
  }

  void Acquire() {
    const auto answer =
        Ask("PUT", absl::StrCat("/v1/kv/", lock_, "?acquire=", session_), name_, "invalid session");
    if (!answer) return;
    if (answer->refused()) return Gone(answer->span.told);
    held_ = answer->reply.body == "true";
    token_.reset();
    if (held_) shared_.exclusion->OnAcquired(lock_, session_, answer->span);
  }

  // Who holds it, and with which token?
  void Look() {
    const auto answer = Ask("GET", absl::StrCat("/v1/kv/", lock_, "?consistent"), "");
    if (!answer) return;
    if (answer->reply.status == 404) {
      shared_.exclusion->OnRead(lock_, "", {}, answer->span);
      held_ = false;
      return;
    }
    const auto items = ParseKvReply(answer->reply.body);
    if (answer->refused() || !items.ok() || items->size() != 1) return Unexpected(answer->reply);
    const KvItem& item = items->front();
    const LockExclusion::Token token(item.create_index, item.lock_index);
    shared_.exclusion->OnRead(lock_, item.session, token, answer->span);
    held_ = item.session == session_;
    if (held_) token_ = token;
  }

  // Something that others may rely on, only if the lock is still held.
  void Write() {
    const std::string value = absl::Base64Escape(
        absl::StrCat(name_, " ", ++shared_.clients->values_written, " ", token_->second));
    const auto answer =
        Ask("PUT", "/v1/txn",
            absl::StrCat("[{\"KV\":{\"Verb\":\"check-session\",\"Key\":\"", lock_,
                         "\",\"Session\":\"", session_, "\"}},{\"KV\":{\"Verb\":\"set\",\"Key\":\"",
                         lock_, ".data\",\"Value\":\"", value, "\"}}]"));
    if (!answer) return;
    if (answer->reply.status == 409) {
      ++shared_.fenced_off;
      held_ = false;
      return shared_.exclusion->OnRefused(lock_, session_, answer->span);
    }
    const auto items = ParseTxnReply(answer->reply.body);
    if (answer->refused() || !items.ok() || items->empty()) return Unexpected(answer->reply);
    shared_.exclusion->OnWrite(lock_, *token_, items->back().modify_index);
    ++shared_.fenced_writes;
  }

  void End() {
    if (gone_ || Over()) return;
    switch (static_cast<Fate>(random_.Below(3))) {
      case Fate::kAbandon:
        ++shared_.abandoned;
        return;
      case Fate::kRelease:
        Release();
        [[fallthrough]];
      case Fate::kDestroy:
        shared_.leases->OnGivenUp(session_);
        (void)Ask("PUT", absl::StrCat("/v1/session/destroy/", session_), "");
        return;
    }
  }

  void Release() {
    if (!held_) return;
    shared_.exclusion->OnReleasing(lock_, session_);
    (void)Ask("PUT", absl::StrCat("/v1/kv/", lock_, "?release=", session_), name_);
  }

  const env::Env env_;
  const std::string name_;
  LockShared& shared_;
  env::Random random_;
  Backoff backoff_;
  std::unique_ptr<http::Client> server_;
  std::string session_;
  std::string lock_;
  Duration ttl_{};
  Duration renew_at_{};
  bool late_ = false;
  bool gone_ = false;
  bool held_ = false;
  std::optional<LockExclusion::Token> token_;
};

}  // namespace

void RunLocker(const env::Env& env, uint32_t number, LockShared& shared) {
  Locker(env, number, shared).Run();
}

}  // namespace konsul::workloads
