// konsul-sim shrink: the smallest experiment in which the same oracle fires.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "chaos/values.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/explicit.h"
#include "cmd/konsul-sim/shrink.h"
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
  seen.explicit_one = ExplicitExperiment(experiment, report, /*operations=*/true);
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

int Tell(const Start& start, const Seen& seen, Shrink& shrink, const Size& before, Trials& trials,
         double seconds, const std::string& path) {
  const Size after = SizeOf(shrink.best());
  const std::string certified =
      trials.out_of_time()
          ? std::string("not minimal: the time was up")
          : absl::StrCat("minimal: without any single one of its ", after.faults, " faults, ",
                         after.operations, " operations and ", after.turns, " operator turns, ",
                         seen.oracle, " does not fire");
  const std::string comment =
      absl::StrCat(seen.oracle, ": ", seen.finding, "\n\nShrunk from ", Sizes(before),
                   ".\nCertified ", certified, ".\nAgain: konsul-sim run THIS-FILE",
                   start.mutant.empty() ? "" : absl::StrCat(" --mutant ", start.mutant));
  const std::string text = chaos::WriteExperiment(shrink.best(), comment);
  if (const absl::Status status = WriteFile(path, text); !status.ok()) return Usage(status);
  std::printf(
      "oracle    %s\nbefore    %s\nafter     %s\ncertified %s\nruns      %llu in %.1f s\n"
      "written   %s\n",
      seen.oracle.c_str(), Sizes(before).c_str(), Sizes(after).c_str(), certified.c_str(),
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
  Shrink shrink(*all, seen.oracle, trials);
  const bool tty = isatty(STDERR_FILENO) != 0;
  if (tty) {
    trials.after = [&] {
      std::fprintf(stderr, "\r%-22s %6llu runs: %s\033[K", shrink.stage().c_str(),
                   static_cast<unsigned long long>(trials.done()),
                   Sizes(SizeOf(shrink.best())).c_str());
    };
  }
  shrink.Run();
  if (tty) std::fprintf(stderr, "\r\033[K");
  const Seen last = Look(shrink.best(), scratch.root());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return Tell(*start, last, shrink, SizeOf(*all), trials, wall.count(), path);
}

}  // namespace konsul::simulator
