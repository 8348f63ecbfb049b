// Streamers: they follow what happens through all faults, and everything that they are told is
// checked at once. When all is well again they have to learn of every change there was.
#include "absl/strings/str_cat.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {
namespace {

// For a change to reach a streamer, when there are no faults, beyond the patience with one server.
constexpr Duration kLate = 10s;
constexpr Duration kAllChanges = 600s;

}  // namespace

void Run::AddStreamers() {
  streams_.clients = &shared_;
  streams_.oracle = &oracles_.streams;
  for (const chaos::Workload& workload : experiment_.workloads) {
    if (workload.streamers == 0) continue;
    const std::string all = absl::StrCat(workload.name, "/");
    streams_.changed = absl::StrCat(all, "s/");
    for (uint32_t i = 0; i < workload.streamers; ++i) {
      const std::string one = absl::StrCat(all, i % workload.keys);
      const bool coalesce = i % 4 == 1;
      if (i % 4 < 2) {
        oracles_.streams.Add({all}, coalesce);
      } else if (i % 4 == 2) {
        oracles_.streams.Add({one, streams_.changed}, coalesce);
      } else {
        oracles_.streams.Add({one}, coalesce);
      }
    }
  }
  if (oracles_.streams.size() == 0) return;
  const StreamTunables& drawn = cluster_.stream_tunables();
  oracles_.streams.SetKept(drawn.changes.changes_max);
  streams_.patience = 3 * drawn.streams.progress_interval + 2s;
  oracles_.truth.emplace(absl::StrCat(options_.scratch, "/committed"), oracles_.streams);
}

void Run::StartStreamers() {
  if (oracles_.streams.size() == 0) return;
  cluster_.streamers()->Start([this](env::Env env) {
    fiber::Group group(env.scheduler);
    for (size_t i = 0; i < oracles_.streams.size(); ++i) {
      group.Spawn("streamer", [this, env, i] { workloads::RunStreamer(env, i, streams_); });
    }
    group.Join();
  });
}

void Run::CheckStreamers() {
  if (oracles_.streams.size() == 0) return;
  // Connections of before may lead nowhere, without anybody's fault.
  cluster_.streamers()->Kill();
  if (experiment_.blast_radius.damage_anywhere) return;
  RecordPhase("changes are streamed");
  RecordCheck("stream-completeness");
  StartStreamers();
  cluster_.auditor().Start([this](env::Env env) {
    const absl::Status status = workloads::RunStreamedChanges(env, streams_);
    if (!status.ok()) Fail("liveness", absl::StrCat("nothing is broken, but ", status.message()));
    streams_.changes_done = true;
  });
  world_.RunUntilTrue([this] { return failed() || streams_.changes_done; }, kAllChanges);
  if (!failed() && !streams_.changes_done) Fail("liveness", "the streamed changes do not end");
  cluster_.auditor().Kill();
  const Duration limit = streams_.patience + kLate;
  const auto all_told = [this] { return failed() || oracles_.streams.WhoIsBehind().empty(); };
  if (!failed() && !world_.RunUntilTrue(all_told, limit)) {
    Fail("stream-completeness", absl::StrCat(ToSeconds(limit), " s after the last change ",
                                             oracles_.streams.WhoIsBehind()));
  }
  cluster_.streamers()->Kill();
  probes_["stream-states"] += streams_.states;
  probes_["stream-changes"] += streams_.changes;
  probes_["stream-progress"] += streams_.progress;
  probes_["stream-too-late"] += streams_.too_late;
  probes_["stream-resumed"] += streams_.resumed;
}

}  // namespace konsul::cluster
