#include "cmd/konsul-sim/shrink_kin.h"

#include <algorithm>
#include <utility>

namespace konsul::simulator {
namespace {

using chaos::Experiment;

constexpr uint64_t kSeeds = 64;           // of each sparser scenario
constexpr uint64_t kMoreSeeds = 64;       // of the first in which the oracle fires
constexpr uint64_t kSeedsPerFaults = 12;  // of each with fewer faults
constexpr uint32_t kClients = 3;
constexpr size_t kMany = 3;  // kin to choose from
// As much to read as an operation.
constexpr size_t kFaultWeighs = 4;

struct Kin {
  Experiment run;
  size_t weight = 0;
};

// The smallest of the runs in which the oracle fired.
class Smallest {
 public:
  Smallest(const std::string& oracle, Trials& trials) : oracle_(oracle), trials_(trials) {}

  void Look(const std::vector<Experiment>& scenarios, uint64_t first_seed, uint64_t seeds) {
    std::vector<Experiment> runs;
    for (const Experiment& scenario : scenarios) {
      for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
        runs.push_back(scenario);
        runs.back().seed = seed;
      }
    }
    std::vector<Candidate> candidates;
    for (const Experiment& run : runs) candidates.push_back([&run] { return run; });
    const std::vector<Outcome> outcomes = trials_.All(candidates);
    for (size_t i = 0; i < runs.size(); ++i) {
      if (outcomes[i].oracle != oracle_) continue;
      kin_.push_back({runs[i], outcomes[i].faults * kFaultWeighs + outcomes[i].operations});
    }
    std::stable_sort(kin_.begin(), kin_.end(),
                     [](const Kin& a, const Kin& b) { return a.weight < b.weight; });
    if (kin_.size() > kMany) kin_.resize(kMany);
  }

  bool empty() const { return kin_.empty(); }
  const Kin& best() const { return kin_.front(); }
  std::vector<Experiment> Take() {
    std::vector<Experiment> out;
    for (Kin& each : kin_) out.push_back(std::move(each.run));
    return out;
  }

 private:
  const std::string& oracle_;
  Trials& trials_;
  std::vector<Kin> kin_;
};

}  // namespace

std::vector<Experiment> SparserScenarios(const Experiment& scenario) {
  std::vector<Experiment> out;
  const bool scripted = std::any_of(scenario.workloads.begin(), scenario.workloads.end(),
                                    [](const chaos::Workload& w) { return w.steps.has_value(); });
  if (scripted || scenario.workloads.empty()) return out;
  for (const int64_t times : {64, 32, 16, 8, 4, 2}) {
    Experiment sparser = scenario;
    for (chaos::Workload& w : sparser.workloads) w.interval *= times;
    sparser.datacenter.clients = std::min(kClients, scenario.datacenter.clients);
    out.push_back(std::move(sparser));
  }
  return out;
}

std::vector<Experiment> ScenariosWithFewerFaults(const Experiment& scenario) {
  std::vector<Experiment> out;
  const size_t count = scenario.faults.size();
  for (size_t piece = count / 2; piece > 0; piece /= 2) {
    for (size_t from = 0; from < count; from += piece) {
      Experiment fewer = scenario;
      const auto begin = fewer.faults.begin() + static_cast<ptrdiff_t>(from);
      fewer.faults.erase(begin, begin + static_cast<ptrdiff_t>(std::min(piece, count - from)));
      out.push_back(std::move(fewer));
    }
  }
  return out;
}

std::vector<Experiment> SparsestKin(const Experiment& scenario, const std::string& oracle,
                                    Trials& trials) {
  Smallest smallest(oracle, trials);
  const uint64_t seed = scenario.seed.value_or(1);
  for (const Experiment& sparser : SparserScenarios(scenario)) {
    smallest.Look({sparser}, seed, kSeeds);
    if (smallest.empty()) continue;
    smallest.Look({sparser}, seed + kSeeds, kMoreSeeds);
    break;
  }
  for (bool again = !smallest.empty(); again;) {
    const size_t before = smallest.best().weight;
    smallest.Look(ScenariosWithFewerFaults(smallest.best().run), seed, kSeedsPerFaults);
    again = smallest.best().weight < before;
  }
  return smallest.Take();
}

}  // namespace konsul::simulator
