#include "cmd/konsul-sim/bundle.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "chaos/injection.h"
#include "chaos/parse.h"
#include "chaos/reader.h"
#include "chaos/write.h"
#include "chaos/yaml.h"
#include "cmd/konsul-sim/explicit.h"
#include "core/base/hash.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "sim/trace.h"

namespace konsul::simulator {
namespace {

constexpr size_t kTraceTail = 500;

void Block(absl::string_view key, absl::string_view text, std::string& out) {
  if (text.empty()) return;
  // The indentation is said, since a text may begin with a space.
  absl::StrAppend(&out, key, ": |2\n");
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&out, line.empty() ? "" : "  ", line, "\n");
  }
}

}  // namespace

std::string WriteBundle(const Bundle& b) {
  const auto quoted = [](const std::string& text) { return chaos::JsonString(text); };
  std::string out = absl::StrCat(
      "# A failed run of konsul-sim. Again: konsul-sim replay THIS-FILE; smaller: konsul-sim "
      "shrink "
      "THIS-FILE\napiVersion: konsul.io/v1alpha1\nkind: Bundle\nseed: ",
      b.seed, "\n");
  if (!b.mutant.empty()) absl::StrAppend(&out, "mutant: ", b.mutant, "\n");
  absl::StrAppend(&out, "build: ", quoted(b.build), "\nverdict: ", b.verdict,
                  "\noracle: ", quoted(b.oracle), "\nfinding: ", quoted(b.finding),
                  "\nrepeat: ", quoted(b.repeat), "\n");
  absl::StrAppend(&out, "hash: ", quoted(b.hash), "\nevents: ", b.events,
                  "\ncheckpoints:", b.checkpoints.empty() ? " []" : "", "\n");
  for (const std::string& each : b.checkpoints) absl::StrAppend(&out, "  - \"", each, "\"\n");
  Block("experiment", b.experiment, out);
  Block("schedule", b.schedule, out);
  Block("trace", b.trace, out);
  return out;
}

bool IsBundle(absl::string_view text) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StripAsciiWhitespace(line) == "kind: Bundle") return true;
    if (line.rfind("kind:", 0) == 0) return false;
  }
  return false;
}

absl::StatusOr<Bundle> ParseBundle(absl::string_view text, absl::string_view file) {
  KONSUL_ASSIGN_OR_RETURN(const chaos::YamlNode tree, chaos::ParseYaml(text, file));
  chaos::Problems problems(file);
  Bundle out;
  {
    chaos::MapReader root(&tree, "", problems);
    for (const char* key : {"apiVersion", "kind", "seed", "verdict", "oracle", "experiment"}) {
      root.Require(key);
    }
    root.Choice("apiVersion", {"konsul.io/v1alpha1"}, 0);
    root.Choice("kind", {"Bundle"}, 0);
    out.seed = root.Integer("seed", 0, 0, UINT64_MAX);
    out.mutant = root.String("mutant");
    out.build = root.String("build");
    out.verdict = root.String("verdict");
    out.oracle = root.String("oracle");
    out.finding = root.String("finding");
    out.repeat = root.String("repeat");
    out.hash = root.String("hash");
    out.events = root.Integer("events", 0, 0, UINT64_MAX);
    out.checkpoints = root.Strings("checkpoints");
    out.experiment = root.String("experiment");
    out.schedule = root.String("schedule");
    out.trace = root.String("trace");
  }
  KONSUL_RETURN_IF_ERROR(problems.ToStatus());
  for (const auto& [name, part] :
       {std::pair("experiment", &out.experiment), std::pair("schedule", &out.schedule)}) {
    if (part->empty()) continue;
    KONSUL_RETURN_IF_ERROR(
        chaos::ParseExperiment(*part, absl::StrCat(file, " (its ", name, ")")).status());
  }
  return out;
}

absl::StatusOr<Bundle> LoadBundle(const std::string& path) {
  KONSUL_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  if (!IsBundle(text)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " is not a bundle: it has no line \"kind: Bundle\"; a failing `konsul-sim run` or "
        "`search` writes one"));
  }
  return ParseBundle(text, path);
}

std::string BuildId() {
  const absl::StatusOr<std::string> program = ReadFile("/proc/self/exe");
  return absl::StrCat(__VERSION__, mutation::kCompiledIn ? ", planted bugs" : "", ", program ",
                      program.ok() ? ToHex(HashContent(*program)) : "unknown");
}

std::string BundleName(const std::string& scenario, uint64_t seed) {
  std::string stem = std::filesystem::path(scenario).filename().string();
  stem = stem.substr(0, stem.find('.'));
  return absl::StrCat("konsul-sim-", stem, "-", seed, ".bundle.yaml");
}

Bundle MakeBundle(const Scenario& scenario, uint64_t seed, const std::string& mutant,
                  const std::string& scratch) {
  Bundle out;
  out.seed = seed;
  out.mutant = mutant;
  out.build = BuildId();
  out.experiment = scenario.text;
  out.repeat = RepeatCommand(scenario.argument, seed, mutant);
  std::deque<std::string> tail;
  cluster::RunOptions options;
  options.seed = seed;
  options.scratch = scratch;
  options.trace = [&tail](const sim::TraceRecord& record) {
    tail.push_back(sim::ToJson(record));
    if (tail.size() > kTraceTail) tail.pop_front();
  };
  const cluster::Report report = cluster::RunExperiment(scenario.experiment, options);
  out.verdict = cluster::VerdictName(report.verdict);
  if (!report.findings.empty()) {
    out.oracle = report.findings[0].oracle;
    out.finding = report.findings[0].text;
  }
  out.hash = report.hash.ToHex();
  out.events = report.events;
  for (const Hash128& each : report.checkpoints) out.checkpoints.push_back(each.ToHex());
  out.schedule =
      chaos::WriteExperiment(ExplicitExperiment(scenario.experiment, report, /*operations=*/true));
  for (const std::string& line : tail) absl::StrAppend(&out.trace, line, "\n");
  return out;
}

}  // namespace konsul::simulator
