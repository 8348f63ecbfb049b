// What a run has to say at its end.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {
namespace {

constexpr size_t kLogTail = 40;

}  // namespace

std::vector<std::vector<chaos::Step>> Run::StepsDone() const {
  std::vector<std::vector<chaos::Step>> out(experiment_.workloads.size());
  for (size_t host = 0; host < cluster_.client_hosts(); ++host) {
    const std::vector<uint32_t> numbers = cluster_.ClientNumbers(host);
    for (size_t w = 0; w < numbers.size(); ++w) {
      for (chaos::Step step : shared_.done[numbers[w]]) {
        step.client = static_cast<uint32_t>(host + 1);
        step.server = cluster_.NameOf(step.server);
        out[w].push_back(std::move(step));
      }
    }
  }
  for (auto& steps : out) {
    std::stable_sort(steps.begin(), steps.end(),
                     [](const chaos::Step& a, const chaos::Step& b) { return a.at < b.at; });
  }
  return out;
}

Report Run::MakeReport() {
  Report report;
  report.seed = options_.seed;
  report.findings = oracles_.findings.list();
  if (!report.findings.empty()) {
    const std::string& oracle = report.findings[0].oracle;
    report.verdict = oracle == "liveness"      ? Verdict::kLiveness
                     : oracle == "server-exit" ? Verdict::kCrash
                     : oracle == "invariant"   ? Verdict::kCrash
                                               : Verdict::kSafety;
  }
  report.hash = world_.trace().hash();
  report.checkpoints = world_.trace().checkpoints();
  report.events = world_.trace().events();
  report.simulated = Elapsed();
  report.operations = shared_.counts;
  report.committed = oracles_.logs.highest_commit().value;
  report.probes = probes_;
  for (const auto& [kind, count] : injector_.counts()) report.probes["fault-" + kind] = count;
  for (size_t i = 0; i < kBuggifySites; ++i) {
    const auto site = static_cast<BuggifySite>(i);
    report.buggify[BuggifyName(site)] = world_.buggify().fired(site);
  }
  report.probes["leaders"] = oracles_.elections.terms_with_leader();
  report.probes["configurations"] = oracles_.configurations.changes();
  report.probes["compactions"] = oracles_.compactions;
  report.probes["snapshots-installed"] = oracles_.restores;
  report.probes["availability-judged"] = availability_.judged();
  report.probes["operator-done"] = operator_state_.done;
  report.probes["operator-unknown"] = operator_state_.unknown;
  report.probes["digests-compared"] = oracles_.digests.comparisons();
  for (size_t i = 0; i < probe::kCount; ++i) {
    report.rare_paths[std::string(probe::Names()[i].name)] = rare_paths_[i];
  }
  report.matrix = matrix_.cells();
  report.schedule = director_.record();
  report.turns = operator_state_.turns;
  report.steps = StepsDone();
  report.drawn = tunables_;
  report.tunables = tunables_.ToString();
  if (failed()) {
    for (const auto& server : cluster_.servers()) {
      report.states.push_back(absl::StrCat(server->name(), " ", server->observer().Describe()));
    }
    // By time; of one moment, hosts in their order.
    std::map<std::pair<sim::Time, size_t>, const sim::LogLine*> lines;
    for (const sim::HostId id : world_.host_ids()) {
      for (const sim::LogLine& line : world_.host(id).log().lines()) {
        lines.emplace(std::make_pair(line.time, lines.size()), &line);
      }
    }
    auto it = lines.begin();
    if (lines.size() > kLogTail) std::advance(it, lines.size() - kLogTail);
    for (; it != lines.end(); ++it) report.log_tail.push_back(it->second->ToString());
  }
  return report;
}

}  // namespace konsul::cluster
