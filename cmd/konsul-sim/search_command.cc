// konsul-sim search: what was found, for people.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsul-sim/search.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

// As shells say it of SIGINT.
constexpr int kExitInterrupted = 130;

int Tell(const SearchPlan& plan, const SearchResult& result) {
  std::printf("seeds     %llu, %.0f per minute\n", static_cast<unsigned long long>(result.done),
              static_cast<double>(result.done) * 60 / result.seconds);
  std::printf("simulated %.0f s in %.1f s, %.0f events/s\n",
              static_cast<double>(result.simulated_ns) / 1e9, result.seconds,
              static_cast<double>(result.events) / result.seconds);
  if (result.failed) {
    std::printf("verdict   %s\nfinding   %s\nrepeat    %s\n",
                cluster::VerdictName(static_cast<cluster::Verdict>(result.verdict)),
                result.finding.c_str(),
                RepeatCommand(plan.scenario->argument, result.seed, plan.mutant).c_str());
    return result.verdict;
  }
  std::printf("happened  %s\n",
              absl::StrJoin(result.probes, " ", absl::PairFormatter("=")).c_str());
  if (result.interrupted) {
    std::printf("verdict   none: interrupted\n");
    return kExitInterrupted;
  }
  std::printf("verdict   pass\n");
  return 0;
}

int Usage(absl::string_view text) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(text).c_str());
  return kExitUsage;
}

}  // namespace

int SearchCommand(const flags::Parsed& parsed) {
  const auto scenario =
      LoadScenario(parsed.positional.empty() ? std::string() : parsed.positional[0]);
  if (!scenario.ok()) return Usage(scenario.status().message());
  SearchPlan plan;
  plan.scenario = &*scenario;
  plan.mutant = parsed.Get("mutant");
  plan.seeds = scenario->experiment.runs;
  plan.jobs = static_cast<uint64_t>(std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN)));
  const std::pair<const char*, uint64_t*> numbers[] = {
      {"seeds", &plan.seeds}, {"start", &plan.start}, {"jobs", &plan.jobs}};
  for (const auto& [name, value] : numbers) {
    if (!parsed.Has(name)) continue;
    const auto number = flags::ParseNumber(parsed.Get(name), 1, 1'000'000'000'000);
    if (!number.has_value()) {
      return Usage(absl::StrCat("--", name, " must be a whole number from 1, not \"",
                                parsed.Get(name), "\""));
    }
    *value = *number;
  }
  if (parsed.GetBool("until-found")) plan.seeds = UINT64_MAX / 2;
  plan.jobs = std::min<uint64_t>({plan.jobs, plan.seeds, 256});
  if (const absl::Status status = CheckMutant(plan.mutant); !status.ok()) {
    return Usage(status.message());
  }
  const Scratch scratch;
  plan.scratch = scratch.root();
  return Tell(plan, RunSearch(plan, /*quiet=*/false));
}

}  // namespace konsul::simulator
