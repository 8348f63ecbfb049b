// The subcommands of konsul-bench: one Command each, found by its name.
#ifndef KONSUL_TESTS_BENCH_COMMAND_H_
#define KONSUL_TESTS_BENCH_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cmd/flags/flags.h"
#include "core/env/network.h"
#include "tests/bench/own_cluster.h"

namespace konsul::bench {

// Exit codes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure =
    1;  // could not be measured, or what was asked for does not hold
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;  // as shells say it of SIGINT

struct Command {
  std::string name;
  std::string help;  // one line, then whatever else is worth saying
  std::vector<flags::Flag> flags;
  // The exit code. InvalidArgument: wrong usage; Cancelled: by a signal; any other error is
  // printed.
  absl::StatusOr<int> (*run)(const flags::Parsed& parsed);
};

Command KvCommand();
Command LoadCommand();
Command VerifyCommand();
Command FailoverCommand();
Command SteadyCommand();
Command CatchUpCommand();
Command BurnCommand();
Command WatchCommand();
Command BulkCommand();

// For the commands ------------------------------------------------------------------------------

// The flag's number, or `fallback` where it was not given. InvalidArgument names flag and limits.
absl::StatusOr<uint64_t> Number(const flags::Parsed& parsed, const std::string& flag,
                                uint64_t fallback, uint64_t low, uint64_t high);

// -format=json, or -json.
bool WantsJson(const flags::Parsed& parsed);
flags::Flag FormatFlag();

// -http-addr, the servers that run already.
flags::Flag ServersFlag();
absl::StatusOr<std::vector<env::Endpoint>> Servers(const flags::Parsed& parsed);

// -konsul, -agent-flag and -logs, for benchmarks that start servers of their own.
std::vector<flags::Flag> OwnServerFlags();
// InvalidArgument when there is no such program, or no such directory for logs.
absl::StatusOr<OwnCluster::Options> OwnServers(const flags::Parsed& parsed);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_COMMAND_H_
