// konsul-sim replay: a bundle's run once more; up to an event, or beside another run.
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chaos/parse.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/divergence.h"
#include "core/base/status.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

using cluster::Report;

int Usage(const absl::Status& status) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

Report RunSide(const Side& side, Scratch& scratch, uint64_t until, sim::Trace::Sink sink) {
  cluster::RunOptions options;
  options.seed = side.seed;
  options.scratch = scratch.Fresh();
  options.until_event = until;
  options.trace = std::move(sink);
  return cluster::RunExperiment(side.experiment, options);
}

std::string OracleOf(const Report& report) {
  return report.findings.empty() ? "" : report.findings[0].oracle;
}

int Again(const Bundle& bundle, const Side& side, Scratch& scratch) {
  const Report report = RunSide(side, scratch, 0, nullptr);
  const std::string verdict = cluster::VerdictName(report.verdict);
  const bool same_verdict = verdict == bundle.verdict && OracleOf(report) == bundle.oracle;
  const bool same_hash = report.hash.ToHex() == bundle.hash;
  std::printf(
      "verdict   %s %s, %s\n", verdict.c_str(), OracleOf(report).c_str(),
      same_verdict ? "the same" : absl::StrCat("not ", bundle.verdict, " ", bundle.oracle).c_str());
  std::printf("hash      %s, %s\n", report.hash.ToHex().c_str(),
              same_hash             ? "the same"
              : bundle.hash.empty() ? "the bundle has none"
                                    : absl::StrCat("not ", bundle.hash).c_str());
  if (same_verdict && same_hash) return 0;
  size_t i = 0;
  while (i < report.checkpoints.size() && i < bundle.checkpoints.size() &&
         report.checkpoints[i].ToHex() == bundle.checkpoints[i]) {
    ++i;
  }
  std::printf("differs   between events %zu and %zu\n", i * sim::Trace::kCheckpointEvery + 1,
              (i + 1) * sim::Trace::kCheckpointEvery);
  if (BuildId() != bundle.build) {
    std::printf("build     another one: %s; the bundle is of %s\n", BuildId().c_str(),
                bundle.build.c_str());
  }
  return static_cast<int>(cluster::Verdict::kNondeterminism);
}

int Until(const Side& side, uint64_t event, Scratch& scratch) {
  std::string last;
  const Report report = RunSide(side, scratch, event, [&](const sim::TraceRecord& record) {
    if (record.number <= event) last = sim::ToJson(record);
  });
  if (report.events < event) {
    return Usage(absl::OutOfRangeError(
        absl::StrCat("the run has ", report.events, " events only, --until ", event)));
  }
  std::printf("event     %s\nsimulated %.9f s\nfaults\n", last.c_str(),
              ToSeconds(report.simulated));
  for (const chaos::Injection& injection : report.schedule) {
    std::printf("  %s\n", chaos::Describe(injection).c_str());
  }
  std::printf("servers\n");
  for (const std::string& state : report.states) std::printf("  %s\n", state.c_str());
  std::printf("log, the last lines\n");
  for (const std::string& line : report.log_tail) std::printf("  %s\n", line.c_str());
  return 0;
}

void Print(const char* mark, const std::string& event) {
  std::printf("%s %s\n", mark, event.empty() ? "(the run has ended)" : event.c_str());
}

int Diff(const Side& a, const Side& b, Scratch& scratch) {
  const Comparison compared = Compare(a, b, scratch);
  std::printf("a  %s: %s, %llu events\nb  %s: %s, %llu events\n", a.name.c_str(),
              compared.a.hash.ToHex().c_str(), static_cast<unsigned long long>(compared.a.events),
              b.name.c_str(), compared.b.hash.ToHex().c_str(),
              static_cast<unsigned long long>(compared.b.events));
  if (!compared.divergence.has_value()) {
    std::printf("no event differs\n");
    return 0;
  }
  const Divergence& divergence = *compared.divergence;
  std::printf("the first event that differs is %llu\n",
              static_cast<unsigned long long>(divergence.event));
  for (const std::string& event : divergence.before) Print(" ", event);
  Print("a", divergence.a);
  Print("b", divergence.b);
  return static_cast<int>(cluster::Verdict::kNondeterminism);
}

// Another bundle, an experiment, or another seed of the same one.
absl::StatusOr<Side> OtherSide(const std::string& what, const Side& side) {
  Side other = side;
  if (absl::SimpleAtoi(what, &other.seed)) {
    other.name = absl::StrCat("seed ", what);
    return other;
  }
  other.name = what;
  const absl::StatusOr<std::string> text = ReadFile(what);
  if (text.ok() && IsBundle(*text)) {
    KONSUL_ASSIGN_OR_RETURN(const Bundle bundle, ParseBundle(*text, what));
    KONSUL_ASSIGN_OR_RETURN(other.experiment, chaos::ParseExperiment(bundle.experiment, what));
    other.seed = bundle.seed;
    return other;
  }
  KONSUL_ASSIGN_OR_RETURN(const Scenario scenario, LoadScenario(what));
  other.experiment = scenario.experiment;
  other.seed = scenario.experiment.seed.value_or(side.seed);
  return other;
}

}  // namespace

int ReplayCommand(const flags::Parsed& parsed) {
  if (parsed.positional.empty()) {
    return Usage(absl::InvalidArgumentError("replay needs the path of a bundle"));
  }
  const absl::StatusOr<Bundle> bundle = LoadBundle(parsed.positional[0]);
  if (!bundle.ok()) return Usage(bundle.status());
  Side side;
  side.experiment = *chaos::ParseExperiment(bundle->experiment, parsed.positional[0]);
  side.seed = bundle->seed;
  side.name = parsed.positional[0];
  if (const absl::Status status = ActivateMutant(bundle->mutant); !status.ok()) {
    return Usage(status);
  }
  Scratch scratch;
  if (parsed.Has("until")) {
    const auto event = flags::ParseNumber(parsed.Get("until"), 1, UINT64_MAX);
    if (!event.has_value()) {
      return Usage(absl::InvalidArgumentError(absl::StrCat(
          "--until must be the number of an event, from 1, not \"", parsed.Get("until"), "\"")));
    }
    return Until(side, *event, scratch);
  }
  if (!parsed.Has("diff")) return Again(*bundle, side, scratch);
  const absl::StatusOr<Side> other = OtherSide(parsed.Get("diff"), side);
  if (!other.ok()) return Usage(other.status());
  return Diff(side, *other, scratch);
}

}  // namespace konsul::simulator
