// linearizability-bench: how long the simulator's linearizability checker takes for a history of
// 10,000 operations of 16 clients, each of which always has one open, all on one key.
//
//   linearizability-bench [-operations=N] [-clients=N] [-seeds=N] [-json]
//
// Exit codes: 0, 1 when an answer is wrong or missing, 2 wrong usage.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "cmd/flags/flags.h"
#include "sim/checkers/history_generator.h"
#include "sim/checkers/linearizability.h"

namespace konsul::bench {
namespace {

using checkers::HistoryShape;
using checkers::Linearizable;

std::vector<HistoryShape> Shapes() {
  return {
      {.name = "mixed"},
      {.name = "puts", .read = 0, .put = 100, .cas = 0, .remove = 0},
      {.name = "writes", .read = 10, .put = 60, .cas = 15, .remove = 15},
      {.name = "compare-and-set", .read = 20, .put = 10, .cas = 60, .remove = 10},
      {.name = "deletes", .read = 30, .put = 20, .cas = 10, .remove = 40},
      {.name = "reads", .read = 90, .put = 5, .cas = 3, .remove = 2},
      {.name = "no-answers", .unknown_percent = 25},
      {.name = "pauses", .pause = std::chrono::nanoseconds(8000)},
      {.name = "stale-read", .stale_reads = true},
  };
}

struct Measured {
  double seconds = 0;
  uint64_t explored = 0;
  bool right = false;
};

Measured Measure(const HistoryShape& shape, uint64_t seed) {
  const checkers::History history = checkers::GenerateHistory(shape, seed);
  std::vector<const checkers::Operation*> operations;
  for (const checkers::Operation& op : history.operations()) operations.push_back(&op);
  const auto begin = std::chrono::steady_clock::now();
  const checkers::LinearizabilityResult result = checkers::CheckKey(operations);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const Linearizable expected = shape.stale_reads ? Linearizable::kNo : Linearizable::kYes;
  return {took.count(), result.explored, result.answer == expected};
}

int Main(const std::vector<std::string>& args) {
  using flags::Kind;
  const std::vector<flags::Flag> known = {
      {"operations", Kind::kString, "N", "Of each history; 10000 without it."},
      {"clients", Kind::kString, "N", "16 without it."},
      {"seeds", Kind::kString, "N", "Histories of each shape; 9 without it."},
      {"json", Kind::kBool, "", "A line of JSON for each shape."},
  };
  const absl::StatusOr<flags::Parsed> parsed = flags::Parse(known, args);
  if (parsed.ok() && parsed->help) {
    std::cout
        << "Usage: linearizability-bench [FLAGS]\n\nHow long the linearizability checker takes "
           "for hard histories of one key.\n\nFlags:\n"
        << flags::Help(known);
    return 0;
  }
  uint64_t numbers[] = {10'000, 16, 9};
  bool usage = !parsed.ok() || !parsed->positional.empty();
  for (size_t i = 0; !usage && i < 3; ++i) {
    if (!parsed->Has(known[i].name)) continue;
    const auto number = flags::ParseNumber(parsed->Get(known[i].name), 1, 1'000'000);
    usage = !number.has_value();
    if (!usage) numbers[i] = *number;
  }
  if (usage) {
    std::cerr << "linearizability-bench: "
              << (parsed.ok() ? "numbers from 1 are needed" : parsed.status().message()) << "\n";
    return 2;
  }
  const bool json = parsed->GetBool("json");
  if (!json) std::printf("%-16s %10s %10s %14s\n", "shape", "median", "slowest", "pasts explored");
  bool all_right = true;
  for (HistoryShape shape : Shapes()) {
    shape.operations = numbers[0];
    shape.clients = static_cast<uint32_t>(numbers[1]);
    std::vector<double> seconds;
    uint64_t explored = 0;
    bool right = true;
    for (uint64_t seed = 1; seed <= numbers[2]; ++seed) {
      const Measured one = Measure(shape, seed);
      seconds.push_back(one.seconds);
      explored = std::max(explored, one.explored);
      right = right && one.right;
    }
    std::sort(seconds.begin(), seconds.end());
    std::printf(json ? "{\"shape\":\"%s\",\"median_s\":%.4f,\"slowest_s\":%.4f,\"explored\":%llu,"
                       "\"right\":%s}\n"
                     : "%-16s %8.3f s %8.3f s %14llu%s\n",
                shape.name, seconds[seconds.size() / 2], seconds.back(),
                static_cast<unsigned long long>(explored),
                json ? (right ? "true" : "false") : (right ? "" : "   WRONG OR UNDECIDED"));
    std::fflush(stdout);
    all_right = all_right && right;
  }
  return all_right ? 0 : 1;
}

}  // namespace
}  // namespace konsul::bench

int main(int argc, char** argv) {
  return konsul::bench::Main(std::vector<std::string>(argv + 1, argv + argc));
}
