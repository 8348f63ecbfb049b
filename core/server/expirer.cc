#include "core/server/expirer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mutation.h"
#include "core/state/kv_reader.h"
#include "core/state/meta.h"
#include "core/state/session_reader.h"
#include "core/wire/command.h"

namespace konsul::server {
namespace {

using state::Table;

// In one command; the rest follows with the next.
constexpr size_t kAtOnce = 512;
constexpr Duration kProposalTimeout = 5s;

}  // namespace

Expirer::Expirer(const World& world, Consensus& consensus, state::TableStore& store,
                 state::WatchIndex& watches, std::function<Office()> office, uint32_t drift_max_ppm)
    : world_(world),
      consensus_(consensus),
      store_(store),
      office_(std::move(office)),
      drift_max_ppm_(drift_max_ppm),
      something_to_do_(world.scheduler) {
  const auto load = [this] { Load(); };
  watches.Follow(Table::kRenewals, [this](absl::string_view id) { Renewed(id); }, load);
  watches.Follow(Table::kLockDelays, [this](absl::string_view key) { Delayed(key); }, load);
  Load();
}

void Expirer::Load() {
  sessions_.Clear();
  lock_delays_.Clear();
  std::vector<std::string> ids, keys;
  {
    const auto txn = store_.Read();
    const auto into = [](std::vector<std::string>& names) {
      return [&names](absl::string_view name, absl::string_view) {
        names.emplace_back(name);
        return true;
      };
    };
    txn->Scan(Table::kRenewals, "", into(ids));
    txn->Scan(Table::kLockDelays, "", into(keys));
  }
  for (const std::string& id : ids) Renewed(id);
  for (const std::string& key : keys) Delayed(key);
}

Duration Expirer::After(uint64_t nanoseconds) {
  clock_.Advance(world_.clock.Now());
  const auto length = Duration(static_cast<int64_t>(nanoseconds));
  return clock_.elapsed() + length + length / 1'000'000 * drift_max_ppm_;
}

void Expirer::WakeFor(Duration at) {
  if (at < rests_until_) something_to_do_.WakeAll();
}

void Expirer::Renewed(absl::string_view id) {
  const auto txn = store_.Read();
  const auto bytes = txn->Get(Table::kRenewals, id);
  const auto since = bytes ? state::DecodeU64(*bytes) : std::nullopt;
  const auto session = state::FindSession(*txn, id);
  if (!since || !session.ok() || !*session) {
    sessions_.End(id);
    return;
  }
  const Duration at = After((*session)->ttl);
  sessions_.Begin(id, *since, at);
  WakeFor(at);
}

void Expirer::Delayed(absl::string_view key) {
  const auto txn = store_.Read();
  const auto delay = state::FindLockDelay(*txn, key);
  if (!delay.ok() || !*delay) {
    lock_delays_.End(key);
    return;
  }
  const Duration at = After((*delay)->nanoseconds);
  lock_delays_.Begin(key, (*delay)->since, at);
  WakeFor(at);
}

void Expirer::Run() {
  bool was_leader = false;
  while (Rest().ok()) {
    const Office office = office_();
    clock_.Tick(world_.clock.Now(), office.leader_known);
    if (mutation::On(Mutation::kTtlBeginsAtElection) && office.is_leader && !was_leader) Load();
    was_leader = office.is_leader;
    if (office.is_leader) ProposeWhatIsOver();
  }
}

absl::Status Expirer::Rest() {
  if (sessions_.empty() && lock_delays_.empty()) {
    clock_.Pause();
    rests_until_ = Duration::max();
    return something_to_do_.Wait();
  }
  clock_.Advance(world_.clock.Now());
  // What is due already could not be ended, and is tried again in a while.
  Duration rest = AttentiveClock::kTick;
  for (const Due* due : {&sessions_, &lock_delays_}) {
    if (due->empty()) continue;
    const Duration left = due->first() - clock_.elapsed();
    if (left > Duration::zero()) rest = std::min(rest, left);
  }
  rests_until_ = clock_.elapsed() + rest;
  const absl::Status status = something_to_do_.Wait(world_.clock.Now() + rest);
  return absl::IsDeadlineExceeded(status) ? absl::OkStatus() : status;
}

void Expirer::ProposeWhatIsOver() {
  const std::vector<Due::Item> sessions = sessions_.Over(clock_.elapsed(), kAtOnce);
  const std::vector<Due::Item> delays = lock_delays_.Over(clock_.elapsed(), kAtOnce);
  if (sessions.empty() && delays.empty()) return;
  wire::Expire expire;
  for (const Due::Item& each : sessions) expire.sessions.push_back({each.name, each.since});
  for (const Due::Item& each : delays) expire.lock_delays.push_back({each.name, each.since});
  // What has ended is taken out as it is applied; what has not is proposed again.
  const auto result =
      consensus_.Execute(wire::EncodeCommand(expire), world_.clock.Now() + kProposalTimeout);
  if (!result.ok() && !absl::IsCancelled(result.status())) {
    world_.logger.Warn("sessions", result.status().message());
  }
}

}  // namespace konsul::server
