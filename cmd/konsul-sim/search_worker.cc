#include "cmd/konsul-sim/search_worker.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/konsul-sim/coverage.h"
#include "cmd/konsul-sim/divergence.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

void Tell(int pipe, const Line& line) {
  const std::string text = Encode(line) + "\n";
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = write(pipe, text.data() + sent, text.size() - sent);
    if (n <= 0) _exit(kExitUsage);  // the parent is gone
    sent += static_cast<size_t>(n);
  }
}

std::string CoverageOf(const cluster::Report& report) {
  Coverage coverage{report.probes, report.rare_paths, report.buggify, report.matrix};
  coverage.happened["operations-ok"] = report.operations.ok;
  coverage.happened["operations-unknown"] = report.operations.unknown;
  coverage.happened["entries-committed"] = report.committed;
  return coverage.Encode();
}

// One run. `twice`: and once more, event by event.
cluster::Report RunOne(const chaos::Experiment& experiment, uint64_t seed, bool twice,
                       Scratch& scratch) {
  if (twice) {
    const Side side{experiment, seed, ""};
    Comparison compared = Compare(side, side, scratch);
    if (compared.divergence.has_value()) {
      compared.a.verdict = cluster::Verdict::kNondeterminism;
      compared.a.findings = {
          {"nondeterminism",
           absl::StrCat("two runs differ, ", compared.a.hash.ToHex(), " and ",
                        compared.b.hash.ToHex(), "; ", compared.divergence->ToString())}};
    }
    return std::move(compared.a);
  }
  cluster::RunOptions options;
  options.seed = seed;
  options.scratch = scratch.Fresh();
  return cluster::RunExperiment(experiment, options);
}

}  // namespace

std::string Encode(const Line& line) {
  return absl::StrCat(static_cast<int>(line.kind), "\t", line.run, "\t", line.verdict, "\t",
                      line.events, "\t", line.simulated_ns, "\t", absl::CEscape(line.text));
}

std::optional<Line> Decode(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '\t');
  Line line;
  int kind = 0;
  if (parts.size() != 6 || !absl::SimpleAtoi(parts[0], &kind) ||
      !absl::SimpleAtoi(parts[1], &line.run) || !absl::SimpleAtoi(parts[2], &line.verdict) ||
      !absl::SimpleAtoi(parts[3], &line.events) ||
      !absl::SimpleAtoi(parts[4], &line.simulated_ns) || !absl::CUnescape(parts[5], &line.text)) {
    return std::nullopt;
  }
  line.kind = static_cast<Line::Kind>(kind);
  return line;
}

void WorkerMain(const SearchPlan& plan, uint64_t worker, int pipe) {
  // The parent has seen to it that there is such a mutant.
  if (!ActivateMutant(plan.mutant).ok()) _exit(kExitUsage);
  {
    Scratch scratch(plan.scratch);
    const uint64_t runs = plan.runs();
    for (uint64_t i = worker; i < runs; i += plan.jobs) {
      if (plan.deadline.has_value() && std::chrono::steady_clock::now() >= *plan.deadline) break;
      const uint64_t run = plan.RunAt(i);
      Tell(pipe, {.kind = Line::Kind::kBegin, .run = run});
      const bool twice = plan.twice_every > 0 && i % plan.twice_every == 0;
      const cluster::Report report =
          RunOne(plan.ScenarioOf(run).experiment, plan.SeedOf(run), twice, scratch);
      Line line{.kind = Line::Kind::kDone,
                .run = run,
                .verdict = static_cast<int>(report.verdict),
                .events = report.events,
                .simulated_ns = report.simulated.count(),
                .text = CoverageOf(report)};
      if (report.verdict != cluster::Verdict::kPass) {
        line.kind = Line::Kind::kFailed;
        line.text = absl::StrCat(report.findings[0].oracle, ": ", report.findings[0].text);
      }
      Tell(pipe, line);
      if (line.kind == Line::Kind::kFailed) break;
    }
  }
  _exit(0);
}

}  // namespace konsul::simulator
