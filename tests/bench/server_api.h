// What the benchmarks ask of one server, in one call each. All suspend; every call has a connection
// of its own, so that no answer comes from a connection of before a fault.
#ifndef KONSUL_TESTS_BENCH_SERVER_API_H_
#define KONSUL_TESTS_BENCH_SERVER_API_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/env.h"

namespace konsul::bench {

// The body of a 200; Unavailable with status and body of anything else.
absl::StatusOr<std::string> Ask(const env::Env& env, const env::Endpoint& server,
                                absl::string_view method, absl::string_view target,
                                std::string body, Instant deadline);

// The RPC address of the leader as this server knows it; empty when it knows none.
absl::StatusOr<std::string> LeaderAddress(const env::Env& env, const env::Endpoint& server,
                                          Instant deadline);

absl::Status Put(const env::Env& env, const env::Endpoint& server, absl::string_view key,
                 std::string value, Instant deadline);
// From the server's own tables, whoever leads. Empty when there is no such key.
absl::StatusOr<std::string> StaleGet(const env::Env& env, const env::Endpoint& server,
                                     absl::string_view key, Instant deadline);

// The samples of /v1/agent/metrics in Prometheus' text format, by name with labels as printed.
absl::StatusOr<std::map<std::string, double>> Metrics(const env::Env& env,
                                                      const env::Endpoint& server,
                                                      Instant deadline);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_SERVER_API_H_
