// konsul-sim: complete clusters in virtual time, broken on purpose.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/flags/flags.h"
#include "cmd/flags/nearest.h"
#include "cmd/konsul-sim/common.h"
#include "sim/scenarios/scenarios.h"

namespace konsul::simulator {
namespace {

constexpr char kUsage[] =
    R"(Usage: konsul-sim COMMAND [ARGUMENTS]

Runs complete Konsul servers (HTTP, RPC, consensus, log, tables) and their
clients on one thread in virtual time, cuts their network, kills them, takes
their power away, and judges what they did. The same seed gives the same run,
event for event, on every machine and in every build.

  run [SCENARIO] --seed N     one run: verdict, trace hash, what happened
  search [SCENARIO] --seeds N many runs on all processors, until one fails; the
                              last line is the command that repeats it. "all": every
                              scenario that is there to be searched, in turn
  replay BUNDLE               runs what a bundle keeps once more, and says whether it is the
                              same; --until EVENT, --diff OTHER
  shrink BUNDLE|SCENARIO      makes a failing run as small as it gets, while the same oracle
                              fires: -o min.yaml, an experiment to read and to keep
  crash-images [WORKLOAD]     records a server's disk, and starts one on everything that a power
                              loss may leave of it at any moment; --bound N, --json
  scenarios                   lists the scenarios that are compiled in
  mutants [NAME]              lists the planted bugs; with --search, looks for each of
                              them (or for one) and says who noticed

SCENARIO is the name of one of them or the path of an experiment file
(docs/formats/experiment.md); without one it is "default".

  konsul-sim run --seed 7
  konsul-sim run five --seed 7 --schedule --trace /tmp/trace.jsonl
  konsul-sim run five --seed 7 --html /tmp/run.html
  konsul-sim search --seeds 1000 --jobs 4
  konsul-sim search five --seeds 500 --mutant commit-older-term
  konsul-sim shrink konsul-sim-five-7.bundle.yaml -o min.yaml

Exit codes: 0 pass, 1 a promise was broken (safety), 2 wrong usage or scenario,
3 the healed cluster does not work (liveness), 4 two runs of one seed differ, or a bundle and
its replay, 5 a server gave up or a check failed, 6 a rare path was never taken
(search --cover), 130 interrupted. `shrink` says 0 when it has
written the result, 2 when there is nothing to shrink.
)";

const std::vector<flags::Flag>& RunFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"seed", Kind::kString, "N",
       "Which run. Without it the scenario's own seed, or a fresh one."},
      {"trace", Kind::kString, "FILE",
       "Writes every event as a line of JSON. Does not change the run."},
      {"html", Kind::kString, "FILE",
       "Draws the run: one page for a browser, without a network. Does not change the run."},
      {"schedule", Kind::kBool, "", "Prints the faults of a run that passed, too."},
      {"bundle", Kind::kString, "FILE",
       "Where a failed run is kept; konsul-sim-SCENARIO-SEED.bundle.yaml without it, nowhere when "
       "empty."},
      {"schedule-out", Kind::kString, "FILE",
       "Writes what the run did to the cluster as an experiment file that does exactly this."},
      {"operations", Kind::kBool, "",
       "With --schedule-out: the clients' operations and the operator's turns, too."},
      {"log", Kind::kBool, "", "Prints the servers' log lines as they come, to standard error."},
      {"json", Kind::kBool, "", "Prints the report as one line of JSON."},
      {"mutant", Kind::kString, "NAME",
       "Switches a planted bug on (builds of the preset mutants); NAME+unchecked: and the checks "
       "inside the servers off."},
  };
  return *all;
}

const std::vector<flags::Flag>& SearchFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"seeds", Kind::kString, "N", "How many seeds. Without it what the scenario says."},
      {"start", Kind::kString, "N", "The first seed; 1 without it."},
      {"jobs", Kind::kString, "N", "Processes at once; one per processor without it."},
      {"bundle", Kind::kString, "FILE",
       "Where a failed run is kept; konsul-sim-SCENARIO-SEED.bundle.yaml without it, nowhere when "
       "empty."},
      {"until-found", Kind::kBool, "", "Goes on until something is found."},
      {"for", Kind::kString, "DURATION",
       "No run begins later than this (60s, 5m); without --seeds there is no other limit."},
      {"index", Kind::kString, "I",
       "This machine does share I of --count, from 0. Also from KONSUL_SEARCH_INDEX, from a "
       "Kubernetes indexed job, or from a Slurm job array."},
      {"count", Kind::kString, "N",
       "How many shares there are. Also from KONSUL_SEARCH_COUNT, or from a Slurm job array."},
      {"twice-every", Kind::kString, "N",
       "Every N-th run is run twice, and the two compared; 50 without it."},
      {"coverage", Kind::kBool, "",
       "Tells which faults met which servers when, and which rare paths were taken how often."},
      {"cover", Kind::kBool, "", "Exit code 6 when a rare path was never taken."},
      {"json", Kind::kBool, "", "Prints the result as one line of JSON."},
      {"mutant", Kind::kString, "NAME",
       "Switches a planted bug on (builds of the preset mutants); NAME+unchecked: and the checks "
       "inside the servers off."},
  };
  return *all;
}

const std::vector<flags::Flag>& ReplayFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"until", Kind::kString, "EVENT",
       "Stops after this event of the trace, and prints what every server knows."},
      {"diff", Kind::kString, "OTHER",
       "Runs both, and prints the first event that differs: another bundle, a scenario, or "
       "another seed."},
  };
  return *all;
}

const std::vector<flags::Flag>& ShrinkFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"o", Kind::kString, "FILE", "Where the experiment goes; min.yaml without it."},
      {"for", Kind::kString, "DURATION",
       "Stops then, with what it has; 10m without it. What it writes says whether it is minimal."},
      {"seed", Kind::kString, "N", "Which run of a scenario."},
      {"jobs", Kind::kString, "N", "Processes at once; one per processor without it."},
      {"mutant", Kind::kString, "NAME",
       "Switches a planted bug on (builds of the preset mutants); NAME+unchecked: and the checks "
       "inside the servers off."},
  };
  return *all;
}

int ListScenarios() {
  for (const scenarios::Scenario& scenario : scenarios::All()) {
    std::printf("%-10s %s\n", scenario.name.c_str(), scenario.Summary().c_str());
  }
  return 0;
}

const std::vector<flags::Flag>& MutantsFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"search", Kind::kBool, "", "Looks for them (builds of the preset mutants)."},
      {"without-checks", Kind::kBool, "",
       "Switches the checks inside the servers off: the oracles must find it alone."},
      {"markdown", Kind::kBool, "", "Prints the table of docs/mutants.md."},
      {"seeds", Kind::kString, "N", "How many seeds of each scenario at most; 500 without it."},
      {"jobs", Kind::kString, "N", "Processes at once; one per processor without it."},
  };
  return *all;
}

const std::vector<flags::Flag>& CrashImagesFlags() {
  using flags::Kind;
  static const auto* const all = new std::vector<flags::Flag>{
      {"bound", Kind::kString, "N",
       "Images of one moment: all of them where there are no more, else a sample; 256 without it."},
      {"seed", Kind::kString, "N", "Of the samples and of the order of fibers; 1 without it."},
      {"json", Kind::kBool, "", "Prints the counts as one line of JSON."},
      {"mutant", Kind::kString, "NAME",
       "Switches a planted bug on (builds of the preset mutants)."},
  };
  return *all;
}

int WithFlags(const std::vector<flags::Flag>& known, const std::vector<std::string>& args,
              int (*command)(const flags::Parsed&)) {
  const absl::StatusOr<flags::Parsed> parsed = flags::Parse(known, args);
  if (!parsed.ok()) {
    std::fprintf(stderr, "konsul-sim: %s\n", std::string(parsed.status().message()).c_str());
    return kExitUsage;
  }
  if (parsed->help) {
    std::printf("%s\nFlags:\n%s", kUsage, flags::Help(known).c_str());
    return 0;
  }
  if (parsed->positional.size() > 1) {
    std::fprintf(stderr, "konsul-sim: one at a time, not also \"%s\"\n",
                 parsed->positional[1].c_str());
    return kExitUsage;
  }
  return command(*parsed);
}

int Main(const std::vector<std::string>& args) {
  const std::string command = args.empty() ? "" : args[0];
  const std::vector<std::string> rest(args.empty() ? args.end() : args.begin() + 1, args.end());
  if (command == "run") return WithFlags(RunFlags(), rest, &RunCommand);
  if (command == "search") return WithFlags(SearchFlags(), rest, &SearchCommand);
  if (command == "replay") return WithFlags(ReplayFlags(), rest, &ReplayCommand);
  if (command == "shrink") return WithFlags(ShrinkFlags(), rest, &ShrinkCommand);
  if (command == "crash-images") return WithFlags(CrashImagesFlags(), rest, &CrashImagesCommand);
  if (command == "scenarios") return ListScenarios();
  if (command == "mutants") return WithFlags(MutantsFlags(), rest, &MutantsCommand);
  const bool help =
      command == "help" || command == "-h" || command == "-help" || command == "--help";
  if (help) {
    std::printf("%s", kUsage);
    return 0;
  }
  const std::vector<std::string> commands = {"run",          "search",    "replay",  "shrink",
                                             "crash-images", "scenarios", "mutants", "help"};
  const std::string problem = command.empty()
                                  ? ""
                                  : absl::StrCat("konsul-sim: unknown command \"", command, "\"",
                                                 flags::DidYouMean(command, commands), "\n\n");
  std::fprintf(stderr, "%s%s", problem.c_str(), kUsage);
  return kExitUsage;
}

}  // namespace
}  // namespace konsul::simulator

int main(int argc, char** argv) {
  return konsul::simulator::Main(std::vector<std::string>(argv + 1, argv + argc));
}
