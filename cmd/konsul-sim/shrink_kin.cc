#include "cmd/konsul-sim/shrink_kin.h"

#include <algorithm>
#include <utility>

namespace konsul::simulator {
namespace {

using chaos::Experiment;

constexpr uint64_t kSeeds = 64;           // of each sparser scenario
constexpr uint64_t kSeedsPerFaults = 24;  // of each with fewer faults
constexpr uint32_t kClients = 3;
// As much to read as an operation.
constexpr size_t kFaultWeighs = 4;

// The smallest of runs in which the oracle fired.
struct Smallest {
  std::optional<Experiment> run;
  size_t weight = SIZE_MAX;
};

void Look(const std::vector<Experiment>& scenarios, uint64_t first_seed, uint64_t seeds,
          const std::string& oracle, Trials& trials, Smallest& smallest) {
  std::vector<Experiment> runs;
  for (const Experiment& scenario : scenarios) {
    for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
      runs.push_back(scenario);
      runs.back().seed = seed;
    }
  }
  std::vector<Candidate> candidates;
  for (const Experiment& run : runs) candidates.push_back([&run] { return run; });
  const std::vector<Outcome> outcomes = trials.All(candidates);
  for (size_t i = 0; i < runs.size(); ++i) {
    const size_t weight = outcomes[i].faults * kFaultWeighs + outcomes[i].operations;
    if (outcomes[i].oracle != oracle || weight >= smallest.weight) continue;
    smallest = {runs[i], weight};
  }
}

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

std::optional<Experiment> SparsestKin(const Experiment& scenario, const std::string& oracle,
                                      Trials& trials) {
  Smallest smallest;
  const uint64_t seed = scenario.seed.value_or(1);
  for (const Experiment& sparser : SparserScenarios(scenario)) {
    Look({sparser}, seed, kSeeds, oracle, trials, smallest);
    if (smallest.run.has_value()) break;
  }
  for (bool again = smallest.run.has_value(); again;) {
    const size_t before = smallest.weight;
    Look(ScenariosWithFewerFaults(*smallest.run), seed, kSeedsPerFaults, oracle, trials, smallest);
    again = smallest.weight < before;
  }
  return smallest.run;
}

}  // namespace konsul::simulator
