// Writes that go on while servers come and go, and what their clients had to bear.
//
// Each client keeps one connection to one server and has one write under way. What counts as a
// failed request is strict: one that was sent, or may have been, and was not answered with 200. A
// connection that is refused carries no request: the client goes to the next server with the same
// write, as every client of a replicated service does; its wait is measured all the same. A server
// that wants to end without failing anybody therefore answers what it was sent, says `Connection:
// close` with the answer, and takes no new connections.
#ifndef KONSUL_TESTS_BENCH_LOAD_H_
#define KONSUL_TESTS_BENCH_LOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/env/env.h"
#include "tests/bench/history.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {

struct LoadOptions {
  std::vector<env::Endpoint> servers;  // clients are dealt out to them in turn
  size_t clients = 64;
  Duration pace = 0ns;  // between a client's writes
  size_t value_bytes = 256;
  Duration timeout = 10s;
  // Every so many writes of a client go to one key, over and over; the others write a key once.
  uint64_t hot_every = 4;
  std::string prefix = "bench/load";
};

struct LoadResult {
  uint64_t acknowledged = 0;
  uint64_t failed = 0;   // without an answer, or with an error: may have been done
  uint64_t busy = 0;     // 429: not done
  uint64_t refused = 0;  // connections that could not be made
  std::string first_error;
  Duration longest_gap{};   // in which no client at all had an acknowledgement
  Duration longest_wait{};  // of one client for one write, all its attempts together
  Samples latencies;        // of acknowledged writes, all attempts together
};

// Writes until the deadline or until the calling fiber is cancelled, then lets what is under way
// end. `history` may be null.
LoadResult RunLoad(const env::Env& env, const LoadOptions& options, Instant until,
                   HistoryWriter* history);

// The value that a write of this number stores, and back; empty for what RunLoad never wrote.
std::string LoadValue(absl::string_view identity, size_t bytes);
std::string LoadIdentity(absl::string_view value);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_LOAD_H_
