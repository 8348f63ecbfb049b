// konsul-bench kv: throughput and latency of puts or gets.
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "cmd/client/client_world.h"
#include "core/base/status.h"
#include "tests/bench/command.h"
#include "tests/bench/kv_bench.h"
#include "tests/bench/statistics.h"

namespace konsul::bench {
namespace {

using flags::Kind;

absl::StatusOr<KvOptions> ParseOptions(const flags::Parsed& parsed) {
  KvOptions options;
  std::string op = parsed.Get("op", "put");
  if (op == "get") {
    options.operation = Operation::kGet;
  } else if (op == "stale-get") {
    options.operation = Operation::kStaleGet;
  } else if (op != "put") {
    return absl::InvalidArgumentError("-op is put, get or stale-get");
  }
  KONSUL_ASSIGN_OR_RETURN(options.servers, Servers(parsed));
  KONSUL_ASSIGN_OR_RETURN(options.clients, Number(parsed, "clients", 1, 1, 10'000));
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 5, 1, 86'400));
  KONSUL_ASSIGN_OR_RETURN(uint64_t warmup, Number(parsed, "warmup", 1, 0, 3600));
  KONSUL_ASSIGN_OR_RETURN(options.value_bytes, Number(parsed, "value-bytes", 256, 0, 512 * 1024));
  KONSUL_ASSIGN_OR_RETURN(options.keys, Number(parsed, "keys", 10'000, 1, 100'000'000));
  options.duration = std::chrono::seconds(seconds);
  options.warmup = std::chrono::seconds(warmup);
  return options;
}

std::string Report(const KvResult& result, const KvOptions& options, const std::string& op,
                   bool json) {
  double per_second = static_cast<double>(result.succeeded) / ToSeconds(result.measured);
  auto us = [&](double percent) { return ToMicros(Percentile(result.latencies, percent)); };
  double seconds = ToSeconds(result.measured);
  if (json) {
    return absl::StrFormat(
        "{\"op\":\"%s\",\"clients\":%d,\"value_bytes\":%d,\"seconds\":%.1f,"
        "\"per_second\":%.1f,\"p50_us\":%d,\"p99_us\":%d,\"max_us\":%d,\"failed\":%d}\n",
        op, options.clients, options.value_bytes, seconds, per_second, us(50), us(99), us(100),
        result.failed);
  }
  return absl::StrFormat(
      "%s, %d clients, values of %d bytes, %.1f s: %.0f per second, p50 %d us, p99 %d us, max %d "
      "us, %d failed\n",
      op, options.clients, options.value_bytes, seconds, per_second, us(50), us(99), us(100),
      result.failed);
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(KvOptions options, ParseOptions(parsed));
  KvResult result;
  client::ClientWorld world;
  world.Run([&](const env::Env& env) { result = RunKv(env, options); });
  std::cout << Report(result, options, parsed.Get("op", "put"), WantsJson(parsed));
  if (result.failed > 0) std::cerr << "first error: " << result.first_error << "\n";
  return result.succeeded > 0 && result.failed == 0 ? kExitOk : kExitFailure;
}

}  // namespace

Command KvCommand() {
  return {"kv",
          "Puts or gets against running servers: throughput and latency.",
          {
              ServersFlag(),
              {"op", Kind::kString, "OP", "put (default), get (linearizable) or stale-get."},
              {"clients", Kind::kString, "N", "How many at once. Default: 1."},
              {"seconds", Kind::kString, "N", "How long to measure. Default: 5."},
              {"warmup", Kind::kString, "N", "Seconds before that, not measured. Default: 1."},
              {"value-bytes", Kind::kString, "N", "Size of values. Default: 256."},
              {"keys", Kind::kString, "N", "How many keys, drawn uniformly. Default: 10000."},
              FormatFlag(),
              {"json", Kind::kBool, "", "The same as -format=json."},
          },
          RunCommand};
}

}  // namespace konsul::bench
