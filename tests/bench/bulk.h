// How long it takes to list, save and restore many keys, and what those notice who read and write
// meanwhile.
#ifndef KONSUL_TESTS_BENCH_BULK_H_
#define KONSUL_TESTS_BENCH_BULK_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "tests/bench/own_cluster.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {

struct BulkOptions {
  uint64_t keys = 1'000'000;
  uint64_t value_bytes = 100;
  uint64_t rounds = 3;
};

// One sample for each round; ascending.
struct BulkResult {
  Samples list;     // GET ?recurse of all
  Samples keys;     // GET ?keys of all
  Samples save;     // GET /v1/snapshot
  Samples restore;  // PUT /v1/snapshot, nearly all keys of which were deleted before
  uint64_t list_bytes = 0;
  uint64_t archive_bytes = 0;
  // Of small writes, one after the other, to the leader all the while; the longest of each phase.
  Samples write_while_listing;
  Samples write_while_saving;
  Samples write_while_restoring;
  uint64_t resident_before = 0;  // of the leader's process, the keys being there
  uint64_t resident_after = 0;
};

using BulkProgress = std::function<void(const std::string& phase, uint64_t done, uint64_t total)>;

// Fills the cluster with keys first. Suspends.
absl::StatusOr<BulkResult> RunBulk(const env::Env& env, OwnCluster& cluster,
                                   const BulkOptions& options, const BulkProgress& progress);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_BULK_H_
