// konsul-sim search: what was found, for people.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/search.h"
#include "cmd/konsul-sim/search_worker.h"
#include "core/base/check.h"
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
  std::vector<std::string> happened;
  std::vector<std::string> fired;
  std::vector<std::string> never;
  for (const auto& [probe, count] : result.probes) {
    absl::string_view name = probe;
    if (!absl::ConsumePrefix(&name, kBuggifyProbe)) {
      happened.push_back(absl::StrCat(probe, "=", count));
    } else if (count > 0) {
      fired.push_back(absl::StrCat(name, "=", count));
    } else {
      never.push_back(std::string(name));
    }
  }
  std::printf("happened  %s\n", absl::StrJoin(happened, " ").c_str());
  std::printf("buggify   %s%s%s\n", absl::StrJoin(fired, " ").c_str(),
              never.empty() ? "" : (fired.empty() ? "never: " : "; never: "),
              absl::StrJoin(never, " ").c_str());
  if (result.interrupted) {
    std::printf("verdict   none: interrupted\n");
    return kExitInterrupted;
  }
  std::printf("verdict   pass\n");
  return 0;
}

void Verdict(const SearchResult& result, Bundle& bundle) {
  bundle.verdict = cluster::VerdictName(static_cast<cluster::Verdict>(result.verdict));
  bundle.oracle = result.finding.substr(0, result.finding.find(':'));
  bundle.finding = result.finding;
}

// In a process of its own, since the run may end with a failed check. What nobody could write then
// is written here: without a hash, a schedule and a trace.
void KeepRun(const SearchPlan& plan, const SearchResult& result, const std::string& path) {
  if (path.empty()) return;
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    SetCheckFailureHandler([](const std::string&) { _exit(kExitCrash); });
    if (!ActivateMutant(plan.mutant).ok()) _exit(kExitUsage);
    Scratch scratch(plan.scratch);
    Bundle bundle = MakeBundle(*plan.scenario, result.seed, plan.mutant, scratch.Fresh());
    if (bundle.oracle.empty()) Verdict(result, bundle);  // two runs of the seed differed
    _exit(WriteFile(path, WriteBundle(bundle)).ok() ? 0 : kExitUsage);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return;
  absl::Status written;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    Bundle bundle;
    bundle.seed = result.seed;
    bundle.mutant = plan.mutant;
    bundle.build = BuildId();
    bundle.experiment = plan.scenario->text;
    bundle.repeat = RepeatCommand(plan.scenario->argument, result.seed, plan.mutant);
    Verdict(result, bundle);
    written = WriteFile(path, WriteBundle(bundle));
  }
  std::fprintf(stderr, "konsul-sim: %s\n",
               written.ok() ? absl::StrCat("the run is kept in ", path).c_str()
                            : std::string(written.message()).c_str());
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
  const SearchResult result = RunSearch(plan, /*quiet=*/false);
  if (result.failed && !result.interrupted) {
    const std::string path =
        parsed.Has("bundle") ? parsed.Get("bundle") : BundleName(scenario->argument, result.seed);
    KeepRun(plan, result, path);
  }
  return Tell(plan, result);
}

}  // namespace konsul::simulator
