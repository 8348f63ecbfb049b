// konsul-bench watch: memory and latency of parked blocking queries.
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/command.h"
#include "tests/bench/progress.h"
#include "tests/bench/watch.h"

namespace konsul::bench {
namespace {

using flags::Kind;

// For everything that is not a watcher's connection, here and in the server.
constexpr uint64_t kOtherDescriptors = 200;

absl::Status CheckDescriptors(const WatchOptions& options) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::OkStatus();
  const uint64_t needed = std::max(options.parked, options.herd) + kOtherDescriptors;
  if (limit.rlim_max >= needed) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("a process may have ", limit.rlim_max, " descriptors here, and this needs ",
                   needed, ": raise the hard limit (ulimit -Hn), or ask for less with -parked"));
}

double PerQuery(const WatchOptions& options, const WatchResult& result) {
  return (static_cast<double>(result.resident_parked) -
          static_cast<double>(result.resident_before)) /
         static_cast<double>(std::max(options.parked, options.herd));
}

double Mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

std::string Text(const WatchOptions& options, const WatchResult& result) {
  return absl::StrFormat(
      "%d blocking queries parked on one server: %.0f bytes each (resident memory %.1f MiB before, "
      "%.1f MiB with them, %.1f MiB after the herd)\n"
      "%d writes, one key each:\n  acknowledged after     %s\n  its query answered     %s   "
      "later\n  from write to answer   %s\n"
      "a herd of %d on one key: all answered %.1f ms after the write was sent\n",
      std::max(options.parked, options.herd), PerQuery(options, result),
      Mebibytes(result.resident_before), Mebibytes(result.resident_parked),
      Mebibytes(result.resident_after), options.writes, Summary(result.put), Summary(result.wake),
      Summary(result.write_to_answer), options.herd, ToMilliseconds(result.herd_all));
}

std::string Json(const WatchOptions& options, const WatchResult& result) {
  const auto ms = [](const Samples& samples, double percent) {
    return ToMilliseconds(Percentile(samples, percent));
  };
  return absl::StrFormat(
      "{\"parked\":%d,\"bytes_per_query\":%.0f,\"resident_before\":%d,\"resident_parked\":%d,"
      "\"resident_after\":%d,\"writes\":%d,\"put_p50_ms\":%.3f,\"put_p99_ms\":%.3f,"
      "\"wake_p50_ms\":%.3f,\"wake_p99_ms\":%.3f,\"wake_max_ms\":%.3f,"
      "\"write_to_answer_p50_ms\":%.3f,\"write_to_answer_p99_ms\":%.3f,\"herd\":%d,"
      "\"herd_ms\":%.1f}\n",
      std::max(options.parked, options.herd), PerQuery(options, result), result.resident_before,
      result.resident_parked, result.resident_after, options.writes, ms(result.put, 50),
      ms(result.put, 99), ms(result.wake, 50), ms(result.wake, 99), ms(result.wake, 100),
      ms(result.write_to_answer, 50), ms(result.write_to_answer, 99), options.herd,
      ToMilliseconds(result.herd_all));
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  WatchOptions options;
  KONSUL_ASSIGN_OR_RETURN(options.parked, Number(parsed, "parked", 100'000, 1, 1'000'000));
  KONSUL_ASSIGN_OR_RETURN(options.herd, Number(parsed, "herd", 10'000, 1, 1'000'000));
  KONSUL_ASSIGN_OR_RETURN(options.writes, Number(parsed, "writes", 1000, 1, 1'000'000));
  KONSUL_RETURN_IF_ERROR(CheckDescriptors(options));
  KONSUL_ASSIGN_OR_RETURN(OwnCluster::Options servers, OwnServers(parsed));
  servers.servers = 1;
  servers.all_addresses = true;
  WatchResult result;
  Progress progress;
  KONSUL_RETURN_IF_ERROR(RunInterruptibly([&](const env::Env& env) {
    OwnCluster cluster(env, servers);
    KONSUL_RETURN_IF_ERROR(cluster.Start());
    KONSUL_ASSIGN_OR_RETURN(result,
                            RunWatch(env, cluster, options,
                                     [&](const std::string& phase, uint64_t done, uint64_t total) {
                                       progress.Show(done, total, phase);
                                     }));
    return absl::OkStatus();
  }));
  std::cout << (WantsJson(parsed) ? Json(options, result) : Text(options, result));
  return kExitOk;
}

}  // namespace

Command WatchCommand() {
  std::vector<flags::Flag> all = {
      {"parked", Kind::kString, "N", "Queries that wait for a key each. Default: 100000."},
      {"herd", Kind::kString, "N",
       "Of these, how many wait for one key in the end. Default: 10000."},
      {"writes", Kind::kString, "N", "That wake one query each. Default: 1000."},
      FormatFlag(),
  };
  for (flags::Flag& flag : OwnServerFlags()) all.push_back(std::move(flag));
  return {
      "watch",
      "Parks blocking queries on a server of its own, and wakes them.\n\n"
      "Memory for each, how soon the one is answered whose key is written, and how soon all of\n"
      "a herd that waits for the same key are. Needs a descriptor for each, on either side.",
      std::move(all), RunCommand};
}

}  // namespace konsul::bench
