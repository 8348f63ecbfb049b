// What parked blocking queries cost a server, and how soon they are answered.
//
// First, `parked` clients watch a key of their own each. Then one key after the other is written,
// and its client takes the time from the write's acknowledgement, and from its sending, until its
// own answer is there; it goes on watching. Then `herd` of them watch one key, which is written.
#ifndef KONSUL_TESTS_BENCH_WATCH_H_
#define KONSUL_TESTS_BENCH_WATCH_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "tests/bench/own_cluster.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {

struct WatchOptions {
  uint64_t parked = 100'000;
  uint64_t herd = 10'000;
  uint64_t writes = 1000;
};

struct WatchResult {
  uint64_t resident_before = 0;  // of the server's process
  uint64_t resident_parked = 0;
  uint64_t resident_after = 0;  // of everything
  Samples put;                  // of the writes
  Samples wake;                 // after the acknowledgement; 0 when it came later than the answer
  Samples write_to_answer;
  Duration herd_all{};  // from sending the write to the last answer
};

using WatchProgress = std::function<void(const std::string& phase, uint64_t done, uint64_t total)>;

// Against a cluster of one, whose server must accept connections on all addresses of loopback (one
// address has not enough ports), while nobody else uses it. Suspends.
absl::StatusOr<WatchResult> RunWatch(const env::Env& env, OwnCluster& cluster,
                                     const WatchOptions& options, const WatchProgress& progress);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_WATCH_H_
