// konsul-sim shrink: the smallest experiment in which the same oracle fires.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "chaos/values.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/explicit.h"
#include "cmd/konsul-sim/shrink.h"
#include "cmd/konsul-sim/shrink_kin.h"
#include "core/base/status.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

int Usage(const absl::Status& status) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

// What is to be shrunk.
struct Start {
  chaos::Experiment experiment;  // with its seed
  std::string mutant;
};

absl::StatusOr<Start> StartOf(const flags::Parsed& parsed) {
  Start out;
  const std::string what = parsed.positional.empty() ? "" : parsed.positional[0];
  const absl::StatusOr<std::string> text = ReadFile(what);
  if (text.ok() && IsBundle(*text)) {
    KONSUL_ASSIGN_OR_RETURN(const Bundle bundle, ParseBundle(*text, what));
    KONSUL_ASSIGN_OR_RETURN(out.experiment, chaos::ParseExperiment(bundle.experiment, what));
    out.experiment.seed = bundle.seed;
    out.mutant = bundle.mutant;
  } else {
    KONSUL_ASSIGN_OR_RETURN(const Scenario scenario, LoadScenario(what));
    out.experiment = scenario.experiment;
  }
  if (parsed.Has("mutant")) out.mutant = parsed.Get("mutant");
  if (parsed.Has("seed")) {
    out.experiment.seed = flags::ParseNumber(parsed.Get("seed"), 0, UINT64_MAX);
    if (!out.experiment.seed.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--seed must be a whole number, not \"", parsed.Get("seed"), "\""));
    }
  }
  if (!out.experiment.seed.has_value()) {
    return absl::InvalidArgumentError("which run is to be shrunk? Say --seed N, or give a bundle");
  }
  return out;
}

// What one run said.
struct Seen {
  std::string oracle;
  std::string finding;
  chaos::Experiment explicit_one;
};

Seen Look(const chaos::Experiment& experiment, const std::string& scratch_root) {
  Scratch scratch(scratch_root);
  cluster::RunOptions options;
  options.seed = *experiment.seed;
  options.scratch = scratch.Fresh();
  const cluster::Report report = cluster::RunExperiment(experiment, options);
  Seen seen;
  if (!report.findings.empty()) {
    seen.oracle = report.findings[0].oracle;
    seen.finding = report.findings[0].text;
  }
  seen.explicit_one =
      WithTunables(ExplicitExperiment(experiment, report, /*operations=*/true), report);
  return seen;
}

std::string Sizes(const Size& size) {
  return absl::StrCat(size.faults, " faults, ", size.operations, " operations, ", size.turns,
                      " operator turns, ", size.servers, " servers, ", size.clients, " clients");
}

// Everything explicit; where that is another run after all, operations stay drawn.
absl::StatusOr<chaos::Experiment> Explicit(const Seen& seen, Trials& trials) {
  const chaos::Experiment& all = seen.explicit_one;
  chaos::Experiment drawn = all;
  for (chaos::Workload& workload : drawn.workloads) workload.steps.reset();
  const auto which =
      trials.First({[&all] { return all; }, [&drawn] { return drawn; }}, seen.oracle);
  if (which.has_value()) return *which == 0 ? all : drawn;
  return absl::InternalError("the explicit schedule is another run than the seed's");
}

// Candidates, before a dense history is left for a sparser one.
constexpr uint64_t kPatience = 600;
// With a sparse one, before the next one gets its turn.
constexpr uint64_t kPatienceWithKin = 2500;

// What was made smaller, and what came of it.
struct Result {
  chaos::Experiment start;
  chaos::Experiment min;
  bool certified = false;
  std::string kin;  // when it is not the run that was given: which one it is
};

// Whoever is told how far it is.
using Watch = std::function<void(const std::string& stage, const chaos::Experiment& best)>;

Result ShrinkOne(const chaos::Experiment& start, const std::string& oracle, Trials& trials,
                 uint64_t patience, const Watch& watch) {
  Shrink shrink(start, oracle, trials);
  if (patience > 0) shrink.SetPatience(patience);
  trials.after = [&] { watch(shrink.stage(), shrink.best()); };
  Result result{.start = start, .min = shrink.Run(), .certified = false, .kin = ""};
  result.certified = !trials.out_of_time() && !shrink.gave_up();
  trials.after = nullptr;
  return result;
}

std::string Describe(const chaos::Experiment& kin, const chaos::Experiment& scenario) {
  return absl::StrCat("seed ", *kin.seed, " of the same scenario with ", kin.datacenter.clients,
                      " clients, ", kin.faults.size(), " of ", scenario.faults.size(),
                      " kinds of faults, operations ",
                      kin.workloads[0].interval / scenario.workloads[0].interval, " times as rare");
}

bool IsBetter(const Result& a, const Result& b) {
  if (a.certified != b.certified) return a.certified;
  return ToRead(SizeOf(a.min)) < ToRead(SizeOf(b.min));
}

// The first of its kin that can be read in the end, or else the smallest; nothing without any.
std::optional<Result> ShrinkKin(const Start& start, const std::string& oracle, Trials& trials,
                                const std::string& scratch, const Watch& watch) {
  trials.after = [&] { watch("sparser runs", start.experiment); };
  std::optional<Result> best;
  for (const auto& kin : SparsestKin(start.experiment, oracle, trials)) {
    const absl::StatusOr<chaos::Experiment> sparse = Explicit(Look(kin, scratch), trials);
    if (!sparse.ok()) continue;
    Result result = ShrinkOne(*sparse, oracle, trials, kPatienceWithKin, watch);
    result.kin = Describe(kin, start.experiment);
    if (result.certified && Readable(SizeOf(result.min))) return result;
    if (!best.has_value() || IsBetter(result, *best)) best = std::move(result);
  }
  return best;
}

// The run itself when that can be read in the end; else one of its kin; else the run again, without
// giving up.
Result ShrinkRun(const Start& start, const chaos::Experiment& all, const std::string& oracle,
                 Trials& trials, const std::string& scratch, const Watch& watch) {
  Result own = ShrinkOne(all, oracle, trials, kPatience, watch);
  const bool good = own.certified && Readable(SizeOf(own.min));
  if (good || trials.out_of_time()) return own;
  std::optional<Result> kin = ShrinkKin(start, oracle, trials, scratch, watch);
  if (kin.has_value() && IsBetter(*kin, own)) return *std::move(kin);
  return own.certified ? own : ShrinkOne(own.min, oracle, trials, 0, watch);
}

int Tell(const Start& start, const Seen& seen, const Result& result, const Size& before,
         const Trials& trials, double seconds, const std::string& path) {
  const Size after = SizeOf(result.min);
  const std::string certified =
      result.certified
          ? absl::StrCat("minimal: without any single one of its ", after.faults, " faults, ",
                         after.operations, " operations and ", after.turns, " operator turns, ",
                         seen.oracle, " does not fire")
          : std::string("not minimal: the time was up");
  const std::string by_way_of =
      result.kin.empty()
          ? ""
          : absl::StrCat(",\nby way of ", Sizes(SizeOf(result.start)), ":\n", result.kin);
  const std::string comment =
      absl::StrCat(seen.oracle, ": ", seen.finding, "\n\nShrunk from ", Sizes(before), by_way_of,
                   ".\nCertified ", certified, ".\nAgain: konsul-sim run THIS-FILE",
                   start.mutant.empty() ? "" : absl::StrCat(" --mutant ", start.mutant));
  const std::string text = chaos::WriteExperiment(result.min, comment);
  if (const absl::Status status = WriteFile(path, text); !status.ok()) return Usage(status);
  std::printf("oracle    %s\nbefore    %s\n", seen.oracle.c_str(), Sizes(before).c_str());
  if (!result.kin.empty()) {
    std::printf("by way of %s (%s)\n", Sizes(SizeOf(result.start)).c_str(), result.kin.c_str());
  }
  std::printf("after     %s\ncertified %s\nruns      %llu in %.1f s\nwritten   %s\n",
              Sizes(after).c_str(), certified.c_str(),
              static_cast<unsigned long long>(trials.done()), seconds, path.c_str());
  return 0;
}

}  // namespace

int ShrinkCommand(const flags::Parsed& parsed) {
  const absl::StatusOr<Start> start = StartOf(parsed);
  if (!start.ok()) return Usage(start.status());
  uint64_t jobs = static_cast<uint64_t>(std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN)));
  if (parsed.Has("jobs")) {
    const auto number = flags::ParseNumber(parsed.Get("jobs"), 1, 256);
    if (!number.has_value()) {
      return Usage(absl::InvalidArgumentError("--jobs must be a whole number from 1 to 256"));
    }
    jobs = *number;
  }
  const std::string path = parsed.Get("o", "min.yaml");
  const auto begin = std::chrono::steady_clock::now();
  const Scratch scratch;
  if (const absl::Status status = ActivateMutant(start->mutant); !status.ok()) return Usage(status);
  const Seen seen = Look(start->experiment, scratch.root());
  if (seen.oracle.empty()) {
    return Usage(absl::FailedPreconditionError(
        absl::StrCat("seed ", *start->experiment.seed, " passes: there is nothing to shrink")));
  }
  Trials trials(start->mutant, scratch.root(), jobs);
  const absl::StatusOr<Duration> lasts = chaos::ParseDuration(parsed.Get("for", "10m"));
  if (!lasts.ok() || *lasts <= Duration::zero()) {
    return Usage(absl::InvalidArgumentError(
        absl::StrCat("--for must be a duration such as \"2m\", not \"", parsed.Get("for"), "\"")));
  }
  trials.SetDeadline(begin + *lasts);
  const absl::StatusOr<chaos::Experiment> all = Explicit(seen, trials);
  if (!all.ok()) return Usage(all.status());
  const bool tty = isatty(STDERR_FILENO) != 0;
  const Watch watch = [&](const std::string& stage, const chaos::Experiment& best) {
    if (!tty) return;
    std::fprintf(stderr, "\r%-22s %6llu runs: %s\033[K", stage.c_str(),
                 static_cast<unsigned long long>(trials.done()), Sizes(SizeOf(best)).c_str());
  };
  const Result result = ShrinkRun(*start, *all, seen.oracle, trials, scratch.root(), watch);
  if (tty) std::fprintf(stderr, "\r\033[K");
  const Seen last = Look(result.min, scratch.root());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return Tell(*start, last, result, SizeOf(*all), trials, wall.count(), path);
}

}  // namespace konsul::simulator
