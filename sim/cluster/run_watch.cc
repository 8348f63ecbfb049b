// Watchers: while faults happen they only look on; when all is well, what they were told is
// checked.
#include "absl/strings/str_cat.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {
namespace {

// For a change to reach a watcher, when there are no faults.
constexpr Duration kLate = 10s;
// Longer than anything here: who is woken by it has slept through a change.
constexpr Duration kLongWait = 590s;
constexpr Duration kAllRounds = 600s;
// A server goes on with a restore whose client is gone.
constexpr Duration kRestoreEnds = 15s;

}  // namespace

void Run::AddWatchers() {
  watch_.clients = &shared_;
  watch_.oracle = &oracles_.watches;
  watch_.first_client = static_cast<uint32_t>(shared_.last_acked_write.size()) + 1;
  for (const chaos::Workload& workload : experiment_.workloads) {
    if (workload.watchers == 0) continue;
    for (uint32_t k = 0; k < workload.keys; ++k) {
      watch_.keys.push_back(absl::StrCat(workload.name, "/", k));
    }
    for (uint32_t i = 0; i < workload.watchers; ++i) {
      if (i % 3 == 2) {
        oracles_.watches.Add(absl::StrCat(workload.name, "/"), true);
      } else {
        oracles_.watches.Add(absl::StrCat(workload.name, "/", i % workload.keys), false);
      }
    }
  }
}

void Run::StartWatchers() {
  if (oracles_.watches.size() == 0) return;
  cluster_.watchers()->Start([this](env::Env env) {
    fiber::Group group(env.scheduler);
    for (size_t i = 0; i < oracles_.watches.size(); ++i) {
      group.Spawn("watcher", [this, env, i] { workloads::RunWatcher(env, i, watch_); });
    }
    group.Join();
  });
}

void Run::CheckWatchers() {
  if (oracles_.watches.size() == 0) return;
  // Connections of before may lead nowhere, without anybody's fault.
  cluster_.watchers()->Kill();
  if (experiment_.blast_radius.damage_anywhere) return;
  RecordPhase("changes are watched");
  RecordCheck("watch-completeness");
  watch_.longest_wait = kLongWait;
  watch_.restores = cluster_.restorer() != nullptr;
  if (watch_.restores) world_.RunFor(kRestoreEnds);
  StartWatchers();
  cluster_.auditor().Start([this](env::Env env) {
    const absl::Status status = workloads::RunChanges(env, watch_, kLate);
    if (!status.ok()) Fail("liveness", absl::StrCat("nothing is broken, but ", status.message()));
    watch_.changes_done = true;
  });
  world_.RunUntilTrue([this] { return failed() || watch_.changes_done; }, kAllRounds);
  if (!failed() && !watch_.changes_done) Fail("liveness", "the watched changes do not end");
  cluster_.auditor().Kill();
  cluster_.watchers()->Kill();
  probes_["watch-answers"] += watch_.answers;
  probes_["watch-news"] += watch_.news;
  if (watch_.restores) probes_["watch-restored"] += watch_.restored;
}

}  // namespace konsul::cluster
