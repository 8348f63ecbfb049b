// Clients of locks and transactions work while faults happen and until all clients stop. Then none
// of them renews anything any more, and whatever sessions there are have to end, though the
// leadership is handed on all the time.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/http/client.h"
#include "sim/cluster/run.h"
#include "sim/workloads/locker.h"
#include "sim/workloads/txn_client.h"

namespace konsul::cluster {
namespace {

// The longest of any session, here and in the workload; and what everybody may rely on.
constexpr Duration kTtlMax = 3s;
constexpr Duration kGoneWithin = 2 * kTtlMax + 10s;
constexpr Duration kHandOverEvery = 2s;
constexpr Duration kTimeout = 5s;
constexpr int kTries = 5;
// Who is refused because too much is under way is told to come later.
constexpr Duration kComeLater = 200ms;
constexpr Duration kSessionsLimit = 120s;
// Of three clients, two hold locks and one does transactions.
constexpr uint32_t kThird = 3;

}  // namespace

void Run::AddLockers() {
  for (const chaos::Workload& workload : experiment_.workloads) {
    if (workload.lockers == 0) continue;
    locks_.prefix = workload.name;
    lockers_ = workload.lockers;
  }
  locks_.clients = &shared_;
  locks_.leases = &oracles_.leases;
  locks_.exclusion = &oracles_.locks;
  locks_.expiry = &oracles_.sessions;
  locks_.atomicity = &oracles_.txns;
  locks_.timeout = tunables_.client_timeout;
  // Behind the watchers, and who makes changes for them.
  locks_.first_client = watch_.first_client + static_cast<uint32_t>(oracles_.watches.size()) + 1;
  if (lockers_ > 0) oracles_.now = [this] { return Elapsed(); };
}

void Run::StartLockers() {
  if (lockers_ == 0) return;
  cluster_.lockers()->Start([this](env::Env env) {
    fiber::Group group(env.scheduler);
    for (uint32_t i = 0; i < lockers_; ++i) {
      group.Spawn("locker", [this, env, i] {
        if (i % kThird == kThird - 1) {
          workloads::RunTxnClient(env, i, locks_);
        } else {
          workloads::RunLocker(env, i, locks_);
        }
      });
    }
    group.Join();
  });
}

// On the auditor's fiber: a session of its own beside those that were left behind.
absl::StatusOr<bool> Run::SessionsEnd(const env::Env& env) {
  env::Random random = env.random.Fork("sessions");
  const auto ask = [&](const char* method, const char* target, const std::string& body) {
    http::Client client(env, shared_.servers[random.Below(shared_.servers.size())]);
    return client.Do(http::Request::Make(method, target, body), env.After(kTimeout));
  };
  const std::string session =
      absl::StrCat("{\"TTL\":\"", ToMillis(kTtlMax), "ms\",\"NodeChecks\":[]}");
  // Leaders may change without any fault, and then nobody knows.
  for (int tries = 1;; ++tries) {
    const auto created = ask("PUT", "/v1/session/create", session);
    if (created.ok() && created->status == 200) break;
    if (absl::IsCancelled(created.status())) return created.status();
    if (tries == kTries) {
      return created.ok() ? absl::UnavailableError(created->body) : created.status();
    }
    KONSUL_RETURN_IF_ERROR(env.Sleep(kComeLater));
  }
  const Instant end = env.After(kGoneWithin);
  while (true) {
    const auto left = ask("GET", "/v1/session/list?consistent", "");
    if (left.ok() && left->status == 200 && left->body == "[]") return true;
    if (env.clock.Now() >= end) {
      Fail("session-expiry",
           absl::StrCat("nobody has renewed a session for ", ToSeconds(kGoneWithin),
                        " s, and these are there: ", left.ok() ? left->body.substr(0, 400) : ""));
      return false;
    }
    // Whoever cannot take over in time does not.
    (void)ask("POST", "/v1/operator/raft/transfer-leader", "");
    const absl::Status slept = env.Sleep(kHandOverEvery);
    if (!slept.ok()) return slept;
  }
}

void Run::CheckLockers() {
  if (lockers_ == 0) return;
  cluster_.lockers()->Kill();
  if (experiment_.blast_radius.damage_anywhere) return;
  RecordPhase("sessions end");
  RecordCheck("session-expiry");
  bool over = false;
  cluster_.auditor().Start([this, &over](env::Env env) {
    const absl::StatusOr<bool> ended = SessionsEnd(env);
    if (!ended.ok() && !absl::IsCancelled(ended.status())) {
      Fail("liveness",
           absl::StrCat("nothing is broken, but sessions fail: ", ended.status().message()));
    }
    over = true;
  });
  world_.RunUntilTrue([&] { return failed() || over; }, kSessionsLimit);
  if (!failed() && !over) Fail("liveness", "the look at the sessions does not end");
  cluster_.auditor().Kill();
  probes_["sessions"] = locks_.sessions;
  probes_["sessions-abandoned"] = locks_.abandoned;
  probes_["sessions-expired"] = oracles_.sessions.expiries();
  probes_["late-renewals"] = locks_.late_renewals;
  probes_["locks-acquired"] = oracles_.locks.acquired();
  probes_["fenced-writes"] = locks_.fenced_writes;
  probes_["fenced-off"] = locks_.fenced_off;
  probes_["txns"] = locks_.txns;
  probes_["txn-reads"] = oracles_.txns.reads();
}

}  // namespace konsul::cluster
