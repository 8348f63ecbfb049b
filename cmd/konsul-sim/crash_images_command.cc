// konsul-sim crash-images: does a server start on everything that a power loss can leave of its
// disk, with all that it has promised?
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chaos/injection.h"
#include "cmd/konsul-sim/common.h"
#include "core/base/check.h"
#include "sim/images/check.h"
#include "sim/images/workloads.h"

namespace konsul::simulator {
namespace {

using Clock = std::chrono::steady_clock;

volatile sig_atomic_t interrupted = 0;
void Interrupt(int) { interrupted = 1; }

int Usage(absl::string_view text) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(text).c_str());
  return kExitUsage;
}

// Of the command under way, for a check that fails.
std::string scratch_root;

void CheckFailed(const std::string& text) {
  std::printf("verdict   crash: %s\n", text.c_str());
  std::fflush(stdout);
  std::error_code ignored;
  std::filesystem::remove_all(scratch_root, ignored);
  _exit(kExitCrash);
}

// "1,234" up to 2^53, then "1.2e+30".
std::string Count(double n) {
  if (n > 9e15) return absl::StrFormat("%.1e", n);
  std::string digits = absl::StrFormat("%.0f", n);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), tty_(isatty(STDOUT_FILENO) != 0) {}

  void Tell(const std::string& workload, uint64_t done, uint64_t of) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    if (quiet_ || seconds - told_ < (tty_ ? 0.1 : 10)) return;
    told_ = seconds;
    if (!tty_) {
      std::printf("%s: %llu of %llu moments\n", workload.c_str(),
                  static_cast<unsigned long long>(done), static_cast<unsigned long long>(of));
    } else {
      constexpr uint64_t kWidth = 40;
      const uint64_t filled = of == 0 ? kWidth : done * kWidth / of;
      std::printf("\r[%s%s] %s %llu/%llu ", std::string(filled, '#').c_str(),
                  std::string(kWidth - filled, '.').c_str(), workload.c_str(),
                  static_cast<unsigned long long>(done), static_cast<unsigned long long>(of));
    }
    std::fflush(stdout);
  }
  void Clear() const {
    if (!quiet_ && tty_) std::printf("\r\033[K");
  }

 private:
  const bool quiet_;
  const bool tty_;
  const Clock::time_point begin_ = Clock::now();
  double told_ = 0;
};

void PrintRow(const images::WorkloadResult& r) {
  const auto n = [](uint64_t v) { return Count(static_cast<double>(v)); };
  std::printf("%-13s %8s %8s %16s %10s %10s %10s %10s   %s\n", r.name.c_str(), n(r.moments).c_str(),
              n(r.barriers).c_str(), Count(r.possible).c_str(), n(r.exhaustive).c_str(),
              n(r.tried).c_str(), n(r.distinct).c_str(), n(r.recoveries).c_str(),
              !r.finding.empty()          ? "FAILED"
              : r.exhaustive == r.moments ? "all"
                                          : "sampled");
}

std::string ToJson(const images::WorkloadResult& r) {
  return absl::StrFormat(
      "{\"name\":%s,\"moments\":%u,\"barriers\":%u,\"images_possible\":%.17g,"
      "\"moments_exhaustive\":%u,\"images_tried\":%u,\"images_distinct\":%u,\"process_ends\":%u,"
      "\"recoveries\":%u,"
      "\"finding\":%s}",
      chaos::JsonString(r.name), r.moments, r.barriers, r.possible, r.exhaustive, r.tried,
      r.distinct, r.ended, r.recoveries, chaos::JsonString(r.finding));
}

}  // namespace

int CrashImagesCommand(const flags::Parsed& parsed) {
  images::CheckOptions options;
  if (const absl::Status status =
          ReadNumbers(parsed, {{"bound", &options.bound}, {"seed", &options.seed}});
      !status.ok()) {
    return Usage(status.message());
  }
  std::vector<std::string> names;
  for (const images::Workload& each : images::Workloads()) names.push_back(each.name);
  if (!parsed.positional.empty()) {
    options.workload = parsed.positional[0];
    if (std::find(names.begin(), names.end(), options.workload) == names.end()) {
      return Usage(absl::StrCat("no workload \"", options.workload, "\": it is one of ",
                                absl::StrJoin(names, ", ")));
    }
  }
  const std::string mutant = parsed.Get("mutant");
  if (const absl::Status status = ActivateMutant(mutant); !status.ok()) {
    return Usage(status.message());
  }
  signal(SIGINT, &Interrupt);
  signal(SIGTERM, &Interrupt);

  const bool json = parsed.GetBool("json");
  Scratch scratch;
  scratch_root = scratch.root();
  SetCheckFailureHandler(&CheckFailed);
  Progress progress(json);
  const Clock::time_point begin = Clock::now();
  if (!json) {
    std::printf("%-13s %8s %8s %16s %10s %10s %10s %10s   %s\n", "workload", "moments", "barriers",
                "images possible", "exhausted", "tried", "distinct", "recoveries", "");
  }
  images::CheckResult result;
  for (const std::string& name : names) {
    if (!options.workload.empty() && options.workload != name) continue;
    images::CheckOptions one = options;
    one.workload = name;
    one.directory = scratch.Fresh();
    one.progress = [&](uint64_t done, uint64_t of) {
      progress.Tell(name, done, of);
      return interrupted == 0;
    };
    const images::CheckResult part = images::CheckCrashImages(one);
    result.workloads.push_back(part.workloads.front());
    result.interrupted = part.interrupted;
    if (!json) {
      progress.Clear();
      PrintRow(part.workloads.front());
      std::fflush(stdout);
    }
    if (part.interrupted) break;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (json) {
    std::printf("{\"bound\":%llu,\"seed\":%llu,\"wall_seconds\":%.3f,\"workloads\":[%s]}\n",
                static_cast<unsigned long long>(options.bound),
                static_cast<unsigned long long>(options.seed), seconds,
                absl::StrJoin(result.workloads, ",", [](std::string* out, const auto& each) {
                  out->append(ToJson(each));
                }).c_str());
  } else {
    for (const images::WorkloadResult& each : result.workloads) {
      if (each.finding.empty()) continue;
      std::printf("finding   crash images, %s: %s\n", each.name.c_str(), each.finding.c_str());
    }
    std::printf("%.1f s\n", seconds);
  }
  if (result.interrupted) return 130;
  return result.failed() ? 1 : 0;
}

}  // namespace konsul::simulator
