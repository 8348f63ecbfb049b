// konsul-bench bulk: listing, saving and restoring many keys.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/bulk.h"
#include "tests/bench/command.h"
#include "tests/bench/progress.h"

namespace konsul::bench {
namespace {

using flags::Kind;

double Mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }
double Median(const Samples& samples) { return ToMilliseconds(Percentile(samples, 50)); }
double Longest(const Samples& samples) { return ToMilliseconds(Percentile(samples, 100)); }

std::string Text(const BulkOptions& options, size_t servers, const BulkResult& result) {
  const auto line = [](absl::string_view what, const Samples& took, const Samples* write) {
    std::string out = absl::StrFormat("%-34s%9.0f ms", what, Median(took));
    if (write != nullptr) {
      absl::StrAppendFormat(&out, "   longest write beside it %7.0f ms", Longest(*write));
    }
    return absl::StrCat(out, "\n");
  };
  return absl::StrCat(
      absl::StrFormat("%d keys of %d bytes on %d servers; medians of %d\n", options.keys,
                      options.value_bytes, servers, options.rounds),
      line(absl::StrFormat("list all (%.0f MiB)", Mebibytes(result.list_bytes)), result.list,
           &result.write_while_listing),
      line("list the keys", result.keys, nullptr),
      line(absl::StrFormat("save (%.1f MiB)", Mebibytes(result.archive_bytes)), result.save,
           &result.write_while_saving),
      line("restore", result.restore, &result.write_while_restoring),
      absl::StrFormat("resident memory of the leader: %.0f MiB before, %.0f MiB in the end\n",
                      Mebibytes(result.resident_before), Mebibytes(result.resident_after)));
}

std::string Json(const BulkOptions& options, size_t servers, const BulkResult& result) {
  return absl::StrFormat(
      "{\"keys\":%d,\"value_bytes\":%d,\"servers\":%d,\"rounds\":%d,\"list_ms\":%.1f,"
      "\"keys_ms\":%.1f,\"save_ms\":%.1f,\"restore_ms\":%.1f,\"list_bytes\":%d,"
      "\"archive_bytes\":%d,\"write_while_listing_max_ms\":%.1f,"
      "\"write_while_saving_max_ms\":%.1f,\"write_while_restoring_max_ms\":%.1f,"
      "\"resident_before\":%d,\"resident_after\":%d}\n",
      options.keys, options.value_bytes, servers, options.rounds, Median(result.list),
      Median(result.keys), Median(result.save), Median(result.restore), result.list_bytes,
      result.archive_bytes, Longest(result.write_while_listing), Longest(result.write_while_saving),
      Longest(result.write_while_restoring), result.resident_before, result.resident_after);
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  BulkOptions options;
  KONSUL_ASSIGN_OR_RETURN(options.keys, Number(parsed, "keys", 1'000'000, 1, 100'000'000));
  KONSUL_ASSIGN_OR_RETURN(options.value_bytes, Number(parsed, "value-bytes", 100, 1, 4096));
  KONSUL_ASSIGN_OR_RETURN(options.rounds, Number(parsed, "rounds", 3, 1, 100));
  KONSUL_ASSIGN_OR_RETURN(OwnCluster::Options servers, OwnServers(parsed));
  KONSUL_ASSIGN_OR_RETURN(servers.servers, Number(parsed, "servers", 3, 1, 7));
  BulkResult result;
  Progress progress;
  KONSUL_RETURN_IF_ERROR(RunInterruptibly([&](const env::Env& env) {
    OwnCluster cluster(env, servers);
    KONSUL_RETURN_IF_ERROR(cluster.Start());
    KONSUL_ASSIGN_OR_RETURN(result,
                            RunBulk(env, cluster, options,
                                    [&](const std::string& phase, uint64_t done, uint64_t total) {
                                      progress.Show(done, total, phase);
                                    }));
    return absl::OkStatus();
  }));
  std::cout << (WantsJson(parsed) ? Json(options, servers.servers, result)
                                  : Text(options, servers.servers, result));
  return kExitOk;
}

}  // namespace

Command BulkCommand() {
  std::vector<flags::Flag> all = {
      {"keys", Kind::kString, "N", "How many. Default: 1000000."},
      {"value-bytes", Kind::kString, "N", "Of each value. Default: 100."},
      {"rounds", Kind::kString, "N", "Of everything. Default: 3."},
      {"servers", Kind::kString, "N", "Default: 3."},
      FormatFlag(),
  };
  for (flags::Flag& flag : OwnServerFlags()) all.push_back(std::move(flag));
  return {
      "bulk",
      "Lists, saves and restores many keys on servers of its own.\n\n"
      "Each time with one client beside it that writes a small key again and again, whose longest\n"
      "wait is told. Before each restore the keys are deleted, so that all have to be made.",
      std::move(all), RunCommand};
}

}  // namespace konsul::bench
