#include "sim/workloads/client.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/http/client.h"

namespace konsul::workloads {
namespace {

using checkers::Operation;
using checkers::OpKind;
using checkers::Outcome;

// Operations in a row with one server, on average.
constexpr uint64_t kStay = 25;
constexpr Duration kPauseAfterError = 20ms;
constexpr Duration kPauseInHurry = 1ms;
constexpr Duration kPauseWhenDone = 1s;
// Of a scripted client without a next step, until it hears of the heal.
constexpr Duration kPauseWhenIdle = 20ms;
// When the run wants to end: impatient clients can keep a slow cluster busy with work that nobody
// waits for any more.
constexpr Duration kPatience = 20s;

class Client {
 public:
  Client(const env::Env& env, const Spec& spec, uint32_t number, Shared& shared)
      : env_(env),
        spec_(spec),
        number_(number),
        shared_(shared),
        random_(env.random.Fork(absl::StrCat("client ", number))) {}

  void Run() {
    if (spec_.scripted && !FollowScript()) return;
    while (!shared_.stop && !env_.scheduler.cancelled()) {
      const bool good = Do(Draw());
      if (!good) server_.reset();
      const uint64_t mean = static_cast<uint64_t>(spec_.interval.count());
      Duration pause(static_cast<int64_t>(random_.Below(2 * mean + 1)));
      if (shared_.hurry_since.has_value()) {
        const bool done = shared_.last_acked_write[number_] > *shared_.hurry_since;
        pause = done ? kPauseWhenDone : kPauseInHurry;
      }
      if (!good) pause = std::max(pause, kPauseAfterError);
      if (!env_.Sleep(pause).ok()) return;
    }
  }

 private:
  using Step = chaos::Step;

  Step Draw() {
    Step step;
    if (server_ == nullptr || random_.Chance(1, kStay)) {
      step.dials = true;
      step.server = shared_.servers[random_.Below(shared_.servers.size())].host;
    } else {
      step.server = server_->server().host;
    }
    step.key = static_cast<uint32_t>(random_.Below(spec_.keys));
    const std::pair<uint32_t, Step::Kind> weights[] = {{spec_.read, Step::Kind::kRead},
                                                       {spec_.write, Step::Kind::kWrite},
                                                       {spec_.cas, Step::Kind::kCas},
                                                       {spec_.remove, Step::Kind::kDelete}};
    uint64_t draw = random_.Below(spec_.read + spec_.write + spec_.cas + spec_.remove);
    for (const auto& [weight, kind] : weights) {
      step.kind = kind;
      if (draw < weight) break;
      draw -= weight;
    }
    if (shared_.hurry_since.has_value()) step.kind = Step::Kind::kWrite;
    const bool reads = step.kind == Step::Kind::kRead || step.kind == Step::Kind::kCas;
    step.consistent = reads && (spec_.reads == Reads::kConsistent ||
                                (spec_.reads == Reads::kMixed && random_.Chance(1, 2)));
    if (step.kind == Step::Kind::kWrite || step.kind == Step::Kind::kCas) {
      step.value_size = random_.Between(spec_.value_size_min, spec_.value_size_max);
    }
    return step;
  }

  // Until the heal. False when the client has to end.
  bool FollowScript() {
    const std::vector<Step>& script = shared_.script[number_];
    size_t& next = shared_.next_step[number_];
    while (!shared_.stop && !env_.scheduler.cancelled() && !shared_.hurry_since.has_value()) {
      // What a dead process has missed.
      while (next < script.size() && script[next].at < shared_.now()) ++next;
      const bool idle = next == script.size();
      const Duration pause = idle ? kPauseWhenIdle : script[next].at - shared_.now();
      if (pause > Duration::zero() && !env_.Sleep(pause).ok()) return false;
      if (idle || shared_.stop || shared_.hurry_since.has_value()) continue;
      if (!Do(script[next++])) server_.reset();
    }
    return !env_.scheduler.cancelled();
  }

  // False when the server should be left.
  bool Do(const Step& step) {
    if (!shared_.hurry_since.has_value()) {
      shared_.done[number_].push_back(step);
      shared_.done[number_].back().at = shared_.now();
    }
    const bool elsewhere = server_ == nullptr || server_->server().host != step.server;
    if (step.dials || elsewhere) Dial(step.server);
    const std::string key = absl::StrCat(spec_.prefix, "/", step.key);
    switch (step.kind) {
      case Step::Kind::kRead:
        return Read(key, step.consistent, nullptr);
      case Step::Kind::kWrite:
        return Put(key, step.value_size);
      case Step::Kind::kCas:
        return Cas(key, step);
      case Step::Kind::kDelete:
        return Delete(key);
    }
    return false;
  }

  void Dial(const std::string& host) {
    env::Endpoint endpoint = shared_.servers.front();
    endpoint.host = host;
    server_ = std::make_unique<http::Client>(env_, endpoint);
  }

  bool Read(const std::string& key, bool consistent, std::optional<KvItem>* seen) {
    Begin(OpKind::kRead, key);
    const std::optional<http::Response> reply =
        Ask("GET", absl::StrCat("/v1/kv/", key, consistent ? "?consistent" : ""), "");
    if (!reply.has_value()) return false;
    if (reply->status == 404) {
      EndRead(std::nullopt);
      return true;
    }
    if (reply->status != 200) return Unexpected(*reply);
    absl::StatusOr<std::vector<KvItem>> items = ParseKvReply(reply->body);
    if (!items.ok() || items->size() != 1 || (*items)[0].key != key) return Unexpected(*reply);
    EndRead((*items)[0].value);
    if (seen != nullptr) *seen = std::move((*items)[0]);
    return true;
  }

  bool Put(const std::string& key, uint64_t size) {
    const std::string value = NewValue(size);
    Begin(OpKind::kPut, key, value);
    const std::optional<http::Response> reply = Ask("PUT", absl::StrCat("/v1/kv/", key), value);
    if (!reply.has_value()) return false;
    if (reply->status != 200 || reply->body != "true") return Unexpected(*reply);
    EndWrite(Outcome::kOk);
    return true;
  }

  bool Cas(const std::string& key, const Step& step) {
    std::optional<KvItem> seen;
    if (!Read(key, step.consistent, &seen)) return false;
    const std::string value = NewValue(step.value_size);
    Begin(OpKind::kCas, key, value);
    if (seen.has_value()) current_.expected = seen->value;
    const std::optional<http::Response> reply =
        Ask("PUT", absl::StrCat("/v1/kv/", key, "?cas=", seen.has_value() ? seen->modify_index : 0),
            value);
    if (!reply.has_value()) return false;
    if (reply->status != 200 || (reply->body != "true" && reply->body != "false")) {
      return Unexpected(*reply);
    }
    EndWrite(reply->body == "true" ? Outcome::kOk : Outcome::kFailed);
    return true;
  }

  bool Delete(const std::string& key) {
    Begin(OpKind::kDelete, key);
    const std::optional<http::Response> reply = Ask("DELETE", absl::StrCat("/v1/kv/", key), "");
    if (!reply.has_value()) return false;
    if (reply->status != 200 || reply->body != "true") return Unexpected(*reply);
    EndWrite(Outcome::kOk);
    return true;
  }

  std::string NewValue(uint64_t size) {
    std::string value = absl::StrCat("v", ++shared_.values_written, ".", number_);
    if (value.size() < size) value.append(size - value.size(), '.');
    return value;
  }

  void Begin(OpKind kind, const std::string& key, std::optional<std::string> value = {}) {
    current_ = Operation{};
    current_.client = number_;
    current_.kind = kind;
    current_.key = key;
    current_.value = std::move(value);
    current_.server = server_->server().host;
  }

  // Sends the request and enters the operation in the history. Nullopt when there is no answer to
  // rely on; the operation has ended then.
  std::optional<http::Response> Ask(const char* method, const std::string& target,
                                    const std::string& body) {
    current_.invoked = shared_.now();
    id_ = shared_.history.Invoke(current_);
    const absl::StatusOr<http::Response> reply =
        server_->Do(http::Request::Make(method, target, body),
                    env_.After(shared_.hurry_since.has_value() ? kPatience : spec_.timeout));
    // Too much to do, or the request did not arrive whole in time, by the server's clock: either
    // way it was not done.
    const bool refused = reply.ok() && (reply->status == 429 || reply->status == 408);
    if (reply.ok() && reply->status < 500 && !refused) return *reply;
    // After cancellation the process is dying: nobody notes anything any more.
    if (absl::IsCancelled(reply.status())) return std::nullopt;
    if (refused || !server_->maybe_sent()) {
      ++shared_.counts.not_sent;
      shared_.history.Return(id_, Outcome::kNever, shared_.now());
    } else {
      ++shared_.counts.unknown;
      shared_.history.Return(id_, Outcome::kUnknown, shared_.now());
    }
    return std::nullopt;
  }

  void EndRead(std::optional<std::string> value) {
    ++shared_.counts.ok;
    shared_.history.ReturnRead(id_, std::move(value), shared_.now());
  }

  void EndWrite(Outcome outcome) {
    ++(outcome == Outcome::kOk ? shared_.counts.ok : shared_.counts.refused);
    shared_.history.Return(id_, outcome, shared_.now());
    shared_.last_acked_write[number_] = shared_.now();
  }

  bool Unexpected(const http::Response& reply) {
    shared_.history.Return(id_, Outcome::kUnknown, shared_.now());
    shared_.findings->Report(
        "unexpected-reply",
        absl::StrCat("[", Describe(shared_.history.operations()[id_]),
                     "] was answered with status ", reply.status, ": ", reply.body.substr(0, 200)));
    return false;
  }

  const env::Env env_;
  const Spec& spec_;
  const uint32_t number_;
  Shared& shared_;
  env::Random random_;
  std::unique_ptr<http::Client> server_;
  Operation current_;
  checkers::History::Id id_ = 0;
};

}  // namespace

void RunClient(const env::Env& env, const Spec& spec, uint32_t client, Shared& shared) {
  Client(env, spec, client, shared).Run();
}

absl::StatusOr<std::vector<KvItem>> ReadAll(const env::Env& env, const env::Endpoint& server,
                                            Instant deadline) {
  http::Client client(env, server);
  const absl::StatusOr<http::Response> reply =
      client.Do(http::Request::Make("GET", "/v1/kv/?recurse&consistent"), deadline);
  if (!reply.ok()) return reply.status();
  if (reply->status == 404) return std::vector<KvItem>();
  if (reply->status != 200) {
    return absl::UnavailableError(absl::StrCat("status ", reply->status, ": ", reply->body));
  }
  return ParseKvReply(reply->body);
}

}  // namespace konsul::workloads
