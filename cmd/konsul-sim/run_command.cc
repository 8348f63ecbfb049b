// konsul-sim run: one scenario, one seed, and everything there is to say about it.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chaos/injection.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/bundle.h"
#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/explicit.h"
#include "sim/cluster/runner.h"
#include "sim/report/recorder.h"
#include "sim/report/serialize.h"

namespace konsul::simulator {
namespace {

using chaos::JsonString;
using cluster::Report;

// "short-append=12 ...", or "none".
std::string Buggified(const Report& report) {
  std::vector<std::string> fired;
  for (const auto& [site, count] : report.buggify) {
    if (count > 0) fired.push_back(absl::StrCat(site, "=", count));
  }
  return fired.empty() ? "none" : absl::StrJoin(fired, " ");
}

void PrintText(const Report& report, const std::string& repeat, double wall, bool schedule) {
  std::printf("seed      %llu\n", static_cast<unsigned long long>(report.seed));
  std::printf("verdict   %s\n", cluster::VerdictName(report.verdict));
  for (const checkers::Finding& finding : report.findings) {
    std::printf("finding   %s: %s\n", finding.oracle.c_str(), finding.text.c_str());
  }
  std::printf("hash      %s\n", report.hash.ToHex().c_str());
  std::printf("simulated %.3f s\n", ToSeconds(report.simulated));
  std::printf("wall      %.3f s (%.0f times as fast)\n", wall,
              ToSeconds(report.simulated) / std::max(wall, 1e-9));
  std::printf("events    %llu (%.0f/s)\n", static_cast<unsigned long long>(report.events),
              static_cast<double>(report.events) / std::max(wall, 1e-9));
  std::printf("clients   %llu ok, %llu comparisons failed, %llu unknown, %llu not sent\n",
              static_cast<unsigned long long>(report.operations.ok),
              static_cast<unsigned long long>(report.operations.refused),
              static_cast<unsigned long long>(report.operations.unknown),
              static_cast<unsigned long long>(report.operations.not_sent));
  std::printf("committed %llu entries\n", static_cast<unsigned long long>(report.committed));
  std::vector<std::string> probes;
  for (const auto& [name, count] : report.probes) probes.push_back(absl::StrCat(name, "=", count));
  std::printf("happened  %s\n", absl::StrJoin(probes, " ").c_str());
  std::printf("buggify   %s\n", Buggified(report).c_str());
  std::printf("tunables  %s\n", report.tunables.c_str());
  if (schedule || report.verdict != cluster::Verdict::kPass) {
    std::printf("schedule\n");
    for (const chaos::Injection& injection : report.schedule) {
      std::printf("  %s\n", chaos::Describe(injection).c_str());
    }
  }
  if (report.verdict != cluster::Verdict::kPass) {
    std::printf("servers at the end\n");
    for (const std::string& state : report.states) std::printf("  %s\n", state.c_str());
    std::printf("log, the last lines\n");
    for (const std::string& line : report.log_tail) std::printf("  %s\n", line.c_str());
    std::printf("repeat    %s\n", repeat.c_str());
  }
}

void PrintJson(const Report& report, const std::string& repeat, double wall) {
  const auto probes = absl::StrJoin(report.probes, ",", [](std::string* out, const auto& probe) {
    absl::StrAppend(out, JsonString(probe.first), ":", probe.second);
  });
  const auto buggify = absl::StrJoin(report.buggify, ",", [](std::string* out, const auto& site) {
    absl::StrAppend(out, JsonString(site.first), ":", site.second);
  });
  const auto findings =
      absl::StrJoin(report.findings, ",", [](std::string* out, const checkers::Finding& finding) {
        absl::StrAppend(out, "{\"oracle\":", JsonString(finding.oracle),
                        ",\"text\":", JsonString(finding.text), "}");
      });
  const auto schedule =
      absl::StrJoin(report.schedule, ",", [](std::string* out, const chaos::Injection& injection) {
        out->append(chaos::ToJson(injection));
      });
  std::printf(
      "{\"seed\":%llu,\"verdict\":\"%s\",\"hash\":\"%s\",\"simulated_ns\":%lld,\"wall_seconds\":%."
      "6f,"
      "\"events\":%llu,\"operations\":{\"ok\":%llu,\"refused\":%llu,\"unknown\":%llu,"
      "\"not_sent\":%llu},\"committed\":%llu,\"probes\":{%s},\"buggify\":{%s},\"findings\":[%s],"
      "\"schedule\":[%s],"
      "\"repeat\":%s}\n",
      static_cast<unsigned long long>(report.seed), cluster::VerdictName(report.verdict),
      report.hash.ToHex().c_str(), static_cast<long long>(report.simulated.count()), wall,
      static_cast<unsigned long long>(report.events),
      static_cast<unsigned long long>(report.operations.ok),
      static_cast<unsigned long long>(report.operations.refused),
      static_cast<unsigned long long>(report.operations.unknown),
      static_cast<unsigned long long>(report.operations.not_sent),
      static_cast<unsigned long long>(report.committed), probes.c_str(), buggify.c_str(),
      findings.c_str(), schedule.c_str(), JsonString(repeat).c_str());
}

// The seed asked for, the file's own, or a fresh one.
absl::StatusOr<uint64_t> SeedOf(const flags::Parsed& parsed, const chaos::Experiment& experiment) {
  if (parsed.Has("seed")) {
    const auto seed = flags::ParseNumber(parsed.Get("seed"), 0, UINT64_MAX);
    if (!seed.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--seed must be a whole number, not \"", parsed.Get("seed"), "\""));
    }
    return *seed;
  }
  if (experiment.seed.has_value()) return *experiment.seed;
  std::random_device device;
  return device();
}

absl::Status WritePicture(const std::string& path, const Report& report, const Scenario& scenario,
                          const std::string& repeat, const report::Recording& recording) {
  const report::Heading heading{
      scenario.argument,   report.seed,      cluster::VerdictName(report.verdict),
      report.hash.ToHex(), repeat,           report.events,
      report.tunables,     Buggified(report)};
  std::ofstream file(path, std::ios::binary);
  file << report::Page(heading, recording);
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write the picture to ", path));
}

int Usage(const absl::Status& status) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

}  // namespace

int RunCommand(const flags::Parsed& parsed) {
  const auto scenario =
      LoadScenario(parsed.positional.empty() ? std::string() : parsed.positional[0]);
  if (!scenario.ok()) return Usage(scenario.status());
  const absl::StatusOr<uint64_t> seed = SeedOf(parsed, scenario->experiment);
  if (!seed.ok()) return Usage(seed.status());
  const std::string mutant = parsed.Get("mutant");
  if (const absl::Status status = ActivateMutant(mutant); !status.ok()) return Usage(status);
  const std::string repeat = RepeatCommand(scenario->argument, *seed, mutant);

  Scratch scratch;
  cluster::RunOptions options;
  options.seed = *seed;
  options.scratch = scratch.Fresh();
  std::ofstream trace;
  if (parsed.Has("trace")) {
    trace.open(parsed.Get("trace"));
    if (!trace) {
      return Usage(absl::PermissionDeniedError(
          absl::StrCat("cannot write the trace to ", parsed.Get("trace"))));
    }
    options.trace = [&trace](const sim::TraceRecord& record) {
      trace << sim::ToJson(record) << '\n';
    };
  }
  if (parsed.GetBool("log")) {
    options.log_level = LogLevel::kInfo;
    options.log = [](const sim::LogLine& line) {
      std::fprintf(stderr, "%s\n", line.ToString().c_str());
    };
  }
  report::Recorder recorder;
  if (parsed.Has("html")) {
    options.recorder = &recorder;
    options.log_level = LogLevel::kInfo;
    // A long run should not end with the news that nothing can be written there.
    if (!std::ofstream(parsed.Get("html"), std::ios::app)) {
      return Usage(absl::PermissionDeniedError(
          absl::StrCat("cannot write the picture to ", parsed.Get("html"))));
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  const Report report = cluster::RunExperiment(scenario->experiment, options);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  if (parsed.Has("schedule-out")) {
    const absl::Status written = WriteFile(
        parsed.Get("schedule-out"),
        chaos::WriteExperiment(
            ExplicitExperiment(scenario->experiment, report, parsed.GetBool("operations")),
            absl::StrCat("What this did: ", repeat, "\nVerdict ",
                         cluster::VerdictName(report.verdict), ", hash ", report.hash.ToHex())));
    if (!written.ok()) return Usage(written);
  }
  if (report.verdict != cluster::Verdict::kPass) {
    const std::string path =
        parsed.Has("bundle") ? parsed.Get("bundle") : BundleName(scenario->argument, *seed);
    if (!path.empty()) {
      const absl::Status written =
          WriteFile(path, WriteBundle(MakeBundle(*scenario, *seed, mutant, scratch.Fresh())));
      if (!written.ok()) return Usage(written);
      std::fprintf(stderr, "konsul-sim: the run is kept in %s\n", path.c_str());
    }
  }
  if (parsed.GetBool("json")) {
    PrintJson(report, repeat, wall.count());
  } else {
    PrintText(report, repeat, wall.count(), parsed.GetBool("schedule"));
  }
  if (parsed.Has("html")) {
    const absl::Status written =
        WritePicture(parsed.Get("html"), report, *scenario, repeat, recorder.recording());
    if (!written.ok()) return Usage(written);
  }
  return static_cast<int>(report.verdict);
}

}  // namespace konsul::simulator
