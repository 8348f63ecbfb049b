#include "cmd/konsul-sim/search_worker.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
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

// Of this process, for a check that fails.
int told_to = -1;
uint64_t under_way = 0;

// The parent tells people, and removes what is left.
void TellCheckFailure(const std::string& text) {
  Tell(told_to, {.kind = Line::Kind::kFailed,
                 .seed = under_way,
                 .verdict = kExitCrash,
                 .text = absl::StrCat("invariant: ", text)});
  _exit(0);
}

std::string ProbesOf(const cluster::Report& report) {
  std::map<std::string, uint64_t> probes = report.probes;
  probes["operations-ok"] = report.operations.ok;
  probes["operations-unknown"] = report.operations.unknown;
  probes["entries-committed"] = report.committed;
  for (const auto& [site, count] : report.buggify) {
    probes[absl::StrCat(kBuggifyProbe, site)] = count;
  }
  return absl::StrJoin(probes, " ", absl::PairFormatter("="));
}

// Where two runs of one seed part, as the checkpoints tell.
std::string Divergence(const cluster::Report& a, const cluster::Report& b) {
  size_t i = 0;
  while (i < a.checkpoints.size() && i < b.checkpoints.size() &&
         a.checkpoints[i] == b.checkpoints[i]) {
    ++i;
  }
  return absl::StrCat("two runs differ: ", a.hash.ToHex(), " and ", b.hash.ToHex(),
                      "; the first difference is between event ", i * 1000 + 1, " and ",
                      (i + 1) * 1000);
}

}  // namespace

std::string Encode(const Line& line) {
  return absl::StrCat(static_cast<int>(line.kind), "\t", line.seed, "\t", line.verdict, "\t",
                      line.events, "\t", line.simulated_ns, "\t", absl::CEscape(line.text));
}

std::optional<Line> Decode(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '\t');
  Line line;
  int kind = 0;
  if (parts.size() != 6 || !absl::SimpleAtoi(parts[0], &kind) ||
      !absl::SimpleAtoi(parts[1], &line.seed) || !absl::SimpleAtoi(parts[2], &line.verdict) ||
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
  told_to = pipe;
  SetCheckFailureHandler(&TellCheckFailure);
  {
    Scratch scratch(plan.scratch);
    for (uint64_t i = worker; i < plan.seeds; i += plan.jobs) {
      const uint64_t seed = plan.start + i;
      Tell(pipe, {.kind = Line::Kind::kBegin, .seed = seed});
      under_way = seed;
      cluster::RunOptions options;
      options.seed = seed;
      options.scratch = scratch.Fresh();
      cluster::Report report = cluster::RunExperiment(plan.scenario->experiment, options);
      if (report.verdict == cluster::Verdict::kPass && plan.twice_every > 0 &&
          i % plan.twice_every == 0) {
        options.scratch = scratch.Fresh();
        const cluster::Report again = cluster::RunExperiment(plan.scenario->experiment, options);
        if (again.hash != report.hash) {
          report.verdict = cluster::Verdict::kNondeterminism;
          report.findings.push_back({"nondeterminism", Divergence(report, again)});
        }
      }
      Line line{.kind = Line::Kind::kDone,
                .seed = seed,
                .verdict = static_cast<int>(report.verdict),
                .events = report.events,
                .simulated_ns = report.simulated.count(),
                .text = ProbesOf(report)};
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
