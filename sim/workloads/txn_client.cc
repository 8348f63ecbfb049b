#include "sim/workloads/txn_client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/http/client.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {
namespace {

using checkers::Operation;
using checkers::OpKind;
using checkers::Outcome;

constexpr uint64_t kStay = 15;
constexpr uint64_t kPauseMaxMs = 100;
constexpr uint64_t kSets = 2;
constexpr size_t kKeys = 4;  // of a set

std::string Op(absl::string_view verb, absl::string_view key, absl::string_view more = "") {
  return absl::StrCat("{\"KV\":{\"Verb\":\"", verb, "\",\"Key\":\"", key, "\"", more, "}}");
}

class TxnClient {
 public:
  TxnClient(const env::Env& env, uint32_t number, LockShared& shared)
      : env_(env),
        number_(shared.first_client + number),
        shared_(shared),
        random_(env.random.Fork(absl::StrCat("transactions ", number))) {}

  void Run() {
    while (!shared_.clients->stop && !env_.scheduler.cancelled()) {
      Step();
      const Duration pause = std::chrono::milliseconds(random_.Between(1, kPauseMaxMs));
      if (!env_.Sleep(pause).ok()) return;
    }
  }

 private:
  std::string Key(size_t i) const { return absl::StrCat(set_, i); }

  void Step() {
    const std::vector<env::Endpoint>& servers = shared_.clients->servers;
    if (server_ == nullptr || random_.Chance(1, kStay)) {
      server_ = std::make_unique<http::Client>(env_, servers[random_.Below(servers.size())]);
    }
    set_ = absl::StrCat(shared_.prefix, "/set", random_.Below(kSets), "/");
    bool good = false;
    switch (random_.Below(4)) {
      case 0:
        good = Write(nullptr);
        break;
      case 1: {
        std::optional<std::vector<KvItem>> seen;
        good = ReadAll(&seen) && (!seen.has_value() || Write(&*seen));
        break;
      }
      case 2:
        good = ReadAll(nullptr);
        break;
      default:
        good = ReadOne();
    }
    if (good) {
      backoff_.Reset();
      return;
    }
    server_.reset();
    (void)env_.Sleep(backoff_.Next());
  }

  // Nullopt when there is no answer to rely on; the operation has ended then.
  std::optional<http::Response> Ask(Operation op, const char* method, const std::string& target,
                                    const std::string& body) {
    const bool reads = op.kind == OpKind::kRead;
    op.client = number_;
    op.key = Key(0);
    op.server = server_->server().host;
    op.invoked = shared_.clients->now();
    id_ = shared_.clients->history.Invoke(std::move(op));
    absl::StatusOr<http::Response> reply =
        server_->Do(http::Request::Make(method, target, body), env_.After(shared_.timeout));
    const bool refused = reply.ok() && (reply->status == 429 || reply->status == 408);
    if (reply.ok() && reply->status < 500 && !refused) return *std::move(reply);
    if (absl::IsCancelled(reply.status())) return std::nullopt;
    const bool never = reads || refused || !server_->maybe_sent();
    End(never ? Outcome::kNever : Outcome::kUnknown);
    return std::nullopt;
  }

  void End(Outcome outcome) {
    shared_.clients->history.Return(id_, outcome, shared_.clients->now());
  }
  void EndRead(std::optional<std::string> value) {
    shared_.clients->history.ReturnRead(id_, std::move(value), shared_.clients->now());
  }
  bool Unexpected(const http::Response& reply) {
    End(Outcome::kUnknown);
    shared_.clients->findings->Report(
        "unexpected-reply", absl::StrCat("a transaction was answered with status ", reply.status,
                                         ": ", reply.body.substr(0, 200)));
    return false;
  }

  bool ReadAll(std::optional<std::vector<KvItem>>* seen) {
    const auto reply = Ask({}, "PUT", random_.Chance(1, 2) ? "/v1/txn?consistent" : "/v1/txn",
                           absl::StrCat("[", Op("get-tree", set_), "]"));
    if (!reply) return false;
    auto items = ParseTxnReply(reply->body);
    if (reply->status != 200 || !items.ok()) return Unexpected(*reply);
    std::vector<checkers::TxnAtomicity::Item> shown;
    for (const KvItem& item : *items) shown.push_back({item.key, item.value, item.modify_index});
    shared_.atomicity->OnRead(set_, kKeys, server_->server().host, shown);
    EndRead(items->empty() ? std::nullopt : std::make_optional(items->front().value));
    if (seen != nullptr) *seen = *std::move(items);
    return true;
  }

  bool ReadOne() {
    const std::string target = absl::StrCat("/v1/kv/", Key(random_.Below(kKeys)));
    const auto reply = Ask({}, "GET", random_.Chance(1, 2) ? target + "?consistent" : target, "");
    if (!reply) return false;
    if (reply->status == 404) {
      EndRead(std::nullopt);
      return true;
    }
    const auto items = ParseKvReply(reply->body);
    if (reply->status != 200 || !items.ok() || items->size() != 1) return Unexpected(*reply);
    EndRead(items->front().value);
    return true;
  }

  // With `seen` only if that is still so.
  bool Write(const std::vector<KvItem>* seen) {
    Operation op;
    op.kind = seen == nullptr ? OpKind::kPut : OpKind::kCas;
    op.value = absl::StrCat("t", ++shared_.clients->values_written);
    if (seen != nullptr && !seen->empty()) op.expected = seen->front().value;
    std::vector<std::string> ops;
    if (seen != nullptr && seen->empty()) {
      for (size_t i = 0; i < kKeys; ++i) ops.push_back(Op("check-not-exists", Key(i)));
    } else if (seen != nullptr) {
      for (const KvItem& item : *seen) {
        ops.push_back(Op("check-index", item.key, absl::StrCat(",\"Index\":", item.modify_index)));
      }
    }
    const std::string value = absl::StrCat(",\"Value\":\"", absl::Base64Escape(*op.value), "\"");
    for (size_t i = 0; i < kKeys; ++i) ops.push_back(Op("set", Key(i), value));
    const auto reply =
        Ask(std::move(op), "PUT", "/v1/txn", absl::StrCat("[", absl::StrJoin(ops, ","), "]"));
    if (!reply) return false;
    const bool failed = reply->status == 409 && seen != nullptr;
    if (reply->status != 200 && !failed) return Unexpected(*reply);
    End(failed ? Outcome::kFailed : Outcome::kOk);
    if (!failed) ++shared_.txns;
    return true;
  }

  const env::Env env_;
  const uint32_t number_;
  LockShared& shared_;
  env::Random random_;
  Backoff backoff_;
  std::unique_ptr<http::Client> server_;
  std::string set_;  // the prefix of the keys
  checkers::History::Id id_ = 0;
};

}  // namespace

void RunTxnClient(const env::Env& env, uint32_t number, LockShared& shared) {
  TxnClient(env, number, shared).Run();
}

}  // namespace konsul::workloads
