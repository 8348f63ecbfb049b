// konsul-sim search: what was found, for people and for scripts.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chaos/injection.h"
#include "chaos/values.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/search.h"
#include "core/base/status.h"
#include "sim/cluster/runner.h"
#include "sim/scenarios/scenarios.h"

namespace konsul::simulator {
namespace {

// As shells say it of SIGINT.
constexpr int kExitInterrupted = 130;
constexpr int kExitNotCovered = 6;
// In place of a scenario: each that is there to be searched.
constexpr char kAll[] = "all";

class Teller {
 public:
  Teller(const SearchPlan& plan, const SearchResult& result) : plan_(plan), result_(result) {}

  std::string Repeat() const {
    return RepeatCommand(plan_.ScenarioOf(result_.run).argument, plan_.SeedOf(result_.run),
                         plan_.mutant);
  }

  int ExitCode(bool cover) const {
    if (result_.failed) return result_.verdict;
    if (result_.interrupted) return kExitInterrupted;
    return cover && !result_.coverage.NeverTaken().empty() ? kExitNotCovered : 0;
  }

  void Text(bool coverage) const {
    std::printf("seeds     %llu, %.0f per minute%s\n",
                static_cast<unsigned long long>(result_.done),
                static_cast<double>(result_.done) * 60 / result_.seconds, ShareText().c_str());
    std::printf("simulated %.0f s in %.1f s, %.0f events/s\n", Simulated(), result_.seconds,
                static_cast<double>(result_.events) / result_.seconds);
    if (result_.failed) {
      std::printf("verdict   %s\nfinding   %s\nrepeat    %s\n", VerdictText(),
                  result_.finding.c_str(), Repeat().c_str());
      return;
    }
    std::printf("happened  %s\n",
                absl::StrJoin(result_.coverage.happened, " ", absl::PairFormatter("=")).c_str());
    if (coverage) std::printf("\n%s", result_.coverage.Table().c_str());
    const std::vector<std::string> never = result_.coverage.NeverTaken();
    const bool told = coverage || plan_.scenarios.size() > 1;
    if (told && !never.empty()) {
      std::printf("never     %s (rare paths that no run took)\n",
                  absl::StrJoin(never, " ").c_str());
    }
    std::printf("verdict   %s\n", result_.interrupted ? "none: interrupted" : "pass");
  }

  void Json() const {
    const std::string failure =
        result_.failed ? absl::StrCat(",\"seed\":", plan_.SeedOf(result_.run), ",\"scenario\":",
                                      chaos::JsonString(plan_.ScenarioOf(result_.run).argument),
                                      ",\"finding\":", chaos::JsonString(result_.finding),
                                      ",\"repeat\":", chaos::JsonString(Repeat()))
                       : std::string();
    std::printf(
        "{\"verdict\":\"%s\",\"seeds\":%llu,\"index\":%llu,\"count\":%llu,\"simulated_seconds\":%."
        "3f,\"seconds\":%.3f,\"processor_seconds\":%.3f,\"events\":%llu%s,%s}\n",
        result_.failed ? VerdictText() : (result_.interrupted ? "none" : "pass"),
        static_cast<unsigned long long>(result_.done),
        static_cast<unsigned long long>(plan_.share.index),
        static_cast<unsigned long long>(plan_.share.count), Simulated(), result_.seconds,
        result_.processor_seconds, static_cast<unsigned long long>(result_.events), failure.c_str(),
        result_.coverage.Json().c_str());
  }

 private:
  double Simulated() const { return static_cast<double>(result_.simulated_ns) / 1e9; }
  const char* VerdictText() const {
    return cluster::VerdictName(static_cast<cluster::Verdict>(result_.verdict));
  }
  std::string ShareText() const {
    if (plan_.share.count == 1) return "";
    return absl::StrCat(", share ", plan_.share.index, " of ", plan_.share.count);
  }

  const SearchPlan& plan_;
  const SearchResult& result_;
};

// The run once more, for what the worker did not tell.
void KeepRun(const SearchPlan& plan, const SearchResult& result, const std::string& path) {
  if (path.empty() || !ActivateMutant(plan.mutant).ok()) return;
  Scratch scratch(plan.scratch);
  Bundle bundle = MakeBundle(plan.ScenarioOf(result.run), plan.SeedOf(result.run), plan.mutant,
                             scratch.Fresh());
  if (bundle.oracle.empty()) {  // two runs of the seed differed
    bundle.verdict = cluster::VerdictName(static_cast<cluster::Verdict>(result.verdict));
    bundle.oracle = result.finding.substr(0, result.finding.find(':'));
    bundle.finding = result.finding;
  }
  const absl::Status written = WriteFile(path, WriteBundle(bundle));
  std::fprintf(stderr, "konsul-sim: %s\n",
               written.ok() ? absl::StrCat("the run is kept in ", path).c_str()
                            : std::string(written.message()).c_str());
}

absl::StatusOr<std::vector<std::unique_ptr<Scenario>>> LoadAll(const std::string& name) {
  std::vector<std::string> names = {name};
  if (name == kAll) {
    names.clear();
    for (const scenarios::Scenario& each : scenarios::All()) names.push_back(each.name);
  }
  std::vector<std::unique_ptr<Scenario>> loaded;
  for (const std::string& each : names) {
    KONSUL_ASSIGN_OR_RETURN(Scenario scenario, LoadScenario(each));
    const auto suite = scenario.experiment.labels.find("suite");
    const bool wanted = suite != scenario.experiment.labels.end() && suite->second == "search";
    if (name != kAll || wanted) loaded.push_back(std::make_unique<Scenario>(std::move(scenario)));
  }
  return loaded;
}

absl::Status ReadPlan(const flags::Parsed& parsed, SearchPlan& plan) {
  KONSUL_RETURN_IF_ERROR(ReadNumbers(parsed, {{"seeds", &plan.seeds},
                                              {"start", &plan.start},
                                              {"jobs", &plan.jobs},
                                              {"twice-every", &plan.twice_every}}));
  const bool endless = parsed.GetBool("until-found") || (parsed.Has("for") && !parsed.Has("seeds"));
  if (endless) plan.seeds = 1'000'000'000'000;
  if (parsed.Has("for")) {
    const auto lasts = chaos::ParseDuration(parsed.Get("for"));
    if (!lasts.ok() || *lasts <= Duration::zero()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--for must be a duration such as \"60s\" or \"5m\", not \"", parsed.Get("for"), "\""));
    }
    plan.deadline = std::chrono::steady_clock::now() + *lasts;
  }
  KONSUL_ASSIGN_OR_RETURN(plan.share, ShareOf(parsed, [](const char* n) { return getenv(n); }));
  plan.jobs = std::max<uint64_t>(1, std::min<uint64_t>({plan.jobs, plan.runs(), 256}));
  return CheckMutant(plan.mutant);
}

int Usage(const absl::Status& status) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

}  // namespace

int SearchCommand(const flags::Parsed& parsed) {
  const auto scenarios = LoadAll(parsed.positional.empty() ? std::string() : parsed.positional[0]);
  if (!scenarios.ok()) return Usage(scenarios.status());
  SearchPlan plan;
  for (const auto& scenario : *scenarios) plan.scenarios.push_back(scenario.get());
  plan.mutant = parsed.Get("mutant");
  plan.seeds = plan.scenarios.front()->experiment.runs;
  plan.jobs = static_cast<uint64_t>(std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN)));
  if (const absl::Status status = ReadPlan(parsed, plan); !status.ok()) return Usage(status);
  const bool json = parsed.GetBool("json");
  const Scratch scratch;
  plan.scratch = scratch.root();
  const SearchResult result = RunSearch(plan, /*quiet=*/json);
  if (result.failed && !result.interrupted) {
    const std::string path = parsed.Has("bundle") ? parsed.Get("bundle")
                                                  : BundleName(plan.ScenarioOf(result.run).argument,
                                                               plan.SeedOf(result.run));
    KeepRun(plan, result, path);
  }
  const Teller teller(plan, result);
  if (json) {
    teller.Json();
  } else {
    teller.Text(parsed.GetBool("coverage"));
  }
  return teller.ExitCode(parsed.GetBool("cover"));
}

}  // namespace konsul::simulator
