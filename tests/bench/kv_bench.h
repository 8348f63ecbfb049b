// Load for a running cluster: N clients, each one request after the other on its own connection.
#ifndef KONSUL_TESTS_BENCH_KV_BENCH_H_
#define KONSUL_TESTS_BENCH_KV_BENCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/env/env.h"
#include "core/env/network.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {

enum class Operation { kPut, kGet, kStaleGet };

struct KvOptions {
  Operation operation = Operation::kPut;
  std::vector<env::Endpoint> servers;  // clients are dealt out to them in turn
  size_t clients = 1;
  Duration warmup = 1s;
  Duration duration = 5s;
  size_t value_bytes = 256;
  uint64_t keys = 10'000;  // drawn uniformly
};

struct KvResult {
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  std::string first_error;
  Duration measured{};
  Samples latencies;  // of those that succeeded
};

// Suspends until done. For gets, the keys are written first.
KvResult RunKv(const env::Env& env, const KvOptions& options);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_KV_BENCH_H_
