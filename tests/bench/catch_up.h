// What a follower that comes back after many writes costs the others.
//
// Clients put without pause through the two servers that stay; throughput is counted in windows of
// half a second, in four phases: all three servers up, the follower down (until so many writes have
// been made), the follower catching up, and all three up again. The claim is about the medians of
// the third and the first phase.
#ifndef KONSUL_TESTS_BENCH_CATCH_UP_H_
#define KONSUL_TESTS_BENCH_CATCH_UP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "tests/bench/own_cluster.h"

namespace konsul::bench {

struct CatchUpOptions {
  uint64_t missed_writes = 1'000'000;
  size_t clients = 64;
  uint64_t keys = 1'000'000;  // drawn uniformly
  size_t value_bytes = 256;
  Duration phase = 10s;     // how long to measure before, and after
  Duration give_up = 600s;  // for missing the writes, and again for catching up
};

struct CatchUpResult {
  double before_per_second = 0;  // medians
  double down_per_second = 0;
  double during_per_second = 0;
  double after_per_second = 0;
  Duration caught_up_after{};         // since its process was started
  size_t windows_during = 0;          // behind the median
  uint64_t failed = 0;                // requests
  uint64_t leader_memory_before = 0;  // resident bytes, when the follower was stopped
  uint64_t leader_memory_most = 0;    // until it had caught up
  bool leader_changed = false;        // the figures are then not about one leader
  double snapshots_installed = 0;     // by the follower; -1: it does not tell

  double SlowdownPercent() const {
    return before_per_second <= 0 ? 0 : 100 * (1 - during_per_second / before_per_second);
  }
};

// Told about the phases, for people.
using CatchUpTold = std::function<void(const std::string& phase, uint64_t done, uint64_t total)>;

// Suspends. `cluster` runs and has a leader.
absl::StatusOr<CatchUpResult> RunCatchUp(const env::Env& env, OwnCluster& cluster,
                                         const CatchUpOptions& options, const CatchUpTold& told);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_CATCH_UP_H_
