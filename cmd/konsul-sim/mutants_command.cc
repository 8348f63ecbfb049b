// konsul-sim mutants: are the planted bugs found, by whom, and at what price?
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsul-sim/mutant_plans.h"
#include "cmd/konsul-sim/search.h"
#include "core/base/check.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

std::string NameOf(Mutation mutation) {
  for (const mutation::Named& each : mutation::All()) {
    if (each.mutation == mutation) return std::string(each.name);
  }
  KONSUL_CHECK(false, "a planted bug without a name");
}

int List() {
  for (const mutation::Named& mutant : mutation::All()) {
    if (mutant.mutation == Mutation::kNone) continue;
    std::printf("%-26s %s\n", std::string(mutant.name).c_str(), std::string(mutant.what).c_str());
  }
  if (!mutation::kCompiledIn) {
    std::printf("This build has none of them compiled in: cmake --preset mutants\n");
  }
  return 0;
}

int Usage(absl::string_view text) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(text).c_str());
  return kExitUsage;
}

// What looking for one bug came to, over all scenarios that were tried.
struct Hunt {
  SearchResult found;    // of the last scenario
  std::string scenario;  // its name
  uint64_t seed = 0;     // that shows it
  uint64_t seeds = 0;
  int64_t simulated_ns = 0;
  double processor_seconds = 0;
  // The seed fails without the bug as well: something else was found.
  bool dirty = false;
};

Hunt Look(const MutantPlan& mutant, SearchPlan plan, bool unchecked) {
  Hunt hunt;
  const std::string name_of_bug = NameOf(mutant.mutation);
  plan.mutant = unchecked ? Unchecked(name_of_bug) : name_of_bug;
  plan.twice_every = mutant.nondeterminism ? 1 : 0;
  for (const std::string& name : mutant.scenarios) {
    const auto scenario = LoadScenario(name);
    KONSUL_CHECK(scenario.ok(), scenario.status().ToString());
    plan.scenarios = {&*scenario};
    hunt.scenario = name;
    hunt.found = RunSearch(plan, /*quiet=*/true);
    hunt.seeds += hunt.found.done;
    hunt.simulated_ns += hunt.found.simulated_ns;
    hunt.processor_seconds += hunt.found.processor_seconds;
    if (hunt.found.interrupted) break;
    if (!hunt.found.failed) continue;
    hunt.seed = plan.SeedOf(hunt.found.run);
    SearchPlan again = plan;
    again.mutant = unchecked ? Unchecked("") : "";
    again.start = hunt.seed;
    again.seeds = again.jobs = 1;
    hunt.dirty = RunSearch(again, /*quiet=*/true).failed;
    break;
  }
  return hunt;
}

// A planted bug that ends the process is found, but by nobody who could tell what it is.
bool FoundByOracle(const Hunt& hunt, bool unchecked) {
  const bool died =
      hunt.found.verdict == kExitCrash && !absl::StartsWith(hunt.found.finding, "server-exit:");
  return hunt.found.failed && !hunt.dirty && !(unchecked && died);
}

std::string OracleOf(const Hunt& hunt) {
  const std::string& finding = hunt.found.finding;
  return hunt.found.failed ? finding.substr(0, finding.find(':')) : "NOT FOUND";
}

// Rows of docs/mutants.md.
class Page {
 public:
  void Begin() const {
    std::printf(
        "| planted bug | what it does | seen in | first oracle | scenario | seed | seeds | "
        "simulated "
        "s | processor s |\n|---|---|---|---|---|---|---|---|---|\n");
  }

  void Add(const MutantPlan& mutant, const Hunt& hunt) {
    const auto named =
        std::find_if(mutation::All().begin(), mutation::All().end(),
                     [&](const mutation::Named& each) { return each.mutation == mutant.mutation; });
    std::printf("| `%s` | %s | %s | %s | %s | %llu | %llu | %.0f | %.1f |\n",
                std::string(named->name).c_str(), std::string(named->what).c_str(), mutant.seen_in,
                OracleOf(hunt).c_str(), hunt.scenario.c_str(),
                static_cast<unsigned long long>(hunt.seed),
                static_cast<unsigned long long>(hunt.seeds),
                static_cast<double>(hunt.simulated_ns) / 1e9, hunt.processor_seconds);
    std::fflush(stdout);
    seconds_.push_back(hunt.processor_seconds);
    if (hunt.found.failed && !hunt.dirty) ++found_;
  }

  void End() {
    if (seconds_.empty()) return;
    std::sort(seconds_.begin(), seconds_.end());
    std::printf(
        "\n%zu of %zu found. Processor seconds: median %.1f, at most %.1f, together %.1f.\n",
        found_, seconds_.size(), seconds_[seconds_.size() / 2], seconds_.back(),
        std::accumulate(seconds_.begin(), seconds_.end(), 0.0));
  }

 private:
  std::vector<double> seconds_;
  size_t found_ = 0;
};

void Tell(const MutantPlan& mutant, const Hunt& hunt) {
  std::printf("%-26s %-22s %-13s %6llu %6llu %9.0f s %8.1f s   %s\n",
              NameOf(mutant.mutation).c_str(), OracleOf(hunt).c_str(), hunt.scenario.c_str(),
              static_cast<unsigned long long>(hunt.seed),
              static_cast<unsigned long long>(hunt.seeds),
              static_cast<double>(hunt.simulated_ns) / 1e9, hunt.processor_seconds, mutant.seen_in);
  if (hunt.dirty) {
    std::printf("    THIS SEED FAILS WITHOUT IT, TOO: %s\n",
                RepeatCommand(hunt.scenario, hunt.seed, "").c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int MutantsCommand(const flags::Parsed& parsed) {
  if (!parsed.GetBool("search")) return List();
  const bool unchecked = parsed.GetBool("without-checks");
  const std::string only = parsed.positional.empty() ? "" : parsed.positional[0];
  if (const absl::Status status = CheckMutant(only.empty() ? NameOf(Mutation::kForgetVote) : only);
      !status.ok()) {
    return Usage(status.message());
  }
  SearchPlan plan;
  plan.seeds = 500;
  plan.jobs = static_cast<uint64_t>(std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN)));
  if (const absl::Status status =
          ReadNumbers(parsed, {{"seeds", &plan.seeds}, {"jobs", &plan.jobs}});
      !status.ok()) {
    return Usage(status.message());
  }
  const Scratch scratch;
  plan.scratch = scratch.root();
  const bool markdown = parsed.GetBool("markdown");
  Page page;
  if (markdown) {
    page.Begin();
  } else {
    std::printf("%-26s %-22s %-13s %6s %6s %11s %10s   %s\n", "planted bug", "first oracle",
                "scenario", "seed", "seeds", "simulated", "processor", "seen in");
  }
  int hidden = 0;
  for (const MutantPlan& mutant : MutantPlans()) {
    if (!only.empty() && NameOf(mutant.mutation) != only) continue;
    const Hunt hunt = Look(mutant, plan, unchecked);
    if (hunt.found.interrupted) return 130;
    if (markdown) {
      page.Add(mutant, hunt);
    } else {
      Tell(mutant, hunt);
    }
    if (!FoundByOracle(hunt, unchecked)) ++hidden;
  }
  if (markdown) page.End();
  if (hidden > 0) std::printf("%d of them were not found by an oracle\n", hidden);
  return hidden == 0 ? 0 : 1;
}

}  // namespace konsul::simulator
