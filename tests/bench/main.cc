// konsul-bench: how fast a running cluster is, as its clients see it.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cmd/client/address.h"
#include "cmd/client/client_world.h"
#include "cmd/flags/flags.h"
#include "core/base/status.h"
#include "tests/bench/kv_bench.h"

namespace konsul::bench {
namespace {

using flags::Kind;

std::vector<flags::Flag> Flags() {
  return {
      {"http-addr", Kind::kList, "ADDR",
       "A server; may be repeated or have commas. Clients are dealt out in turn. Default: "
       "127.0.0.1:8500."},
      {"op", Kind::kString, "OP", "put (default), get (linearizable) or stale-get."},
      {"clients", Kind::kString, "N", "How many at once. Default: 1."},
      {"seconds", Kind::kString, "N", "How long to measure. Default: 5."},
      {"warmup", Kind::kString, "N", "Seconds before that, not measured. Default: 1."},
      {"value-bytes", Kind::kString, "N", "Size of values. Default: 256."},
      {"keys", Kind::kString, "N", "How many keys, drawn uniformly. Default: 10000."},
      {"json", Kind::kBool, "", "One JSON object instead of text."},
  };
}

absl::StatusOr<uint64_t> Number(const flags::Parsed& parsed, const std::string& flag,
                                uint64_t fallback, uint64_t low, uint64_t high) {
  if (!parsed.Has(flag)) return fallback;
  std::optional<uint64_t> value = flags::ParseNumber(parsed.Get(flag), low, high);
  if (value) return *value;
  return absl::InvalidArgumentError(
      absl::StrCat("-", flag, " is a number from ", low, " to ", high));
}

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
  std::vector<std::string> servers = {"127.0.0.1:8500"};
  if (parsed.Has("http-addr")) servers = parsed.values.at("http-addr");
  for (const std::string& several : servers) {
    for (absl::string_view one : absl::StrSplit(several, ',', absl::SkipWhitespace())) {
      KONSUL_ASSIGN_OR_RETURN(env::Endpoint server, client::ResolveHttpAddress(one));
      options.servers.push_back(std::move(server));
    }
  }
  if (options.servers.empty()) return absl::InvalidArgumentError("-http-addr is empty");
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
  auto us = [&](double percent) { return ToMicros(Percentile(result, percent)); };
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
      "us, "
      "%d failed\n",
      op, options.clients, options.value_bytes, seconds, per_second, us(50), us(99), us(100),
      result.failed);
}

int UsageError(absl::string_view text) {
  std::cerr << "konsul-bench: " << text << "\n`konsul-bench kv -h` lists the flags.\n";
  return 2;
}

int Main(std::vector<std::string> args) {
  if (args.empty() || args[0] != "kv") return UsageError("the only benchmark is kv");
  args.erase(args.begin());
  absl::StatusOr<flags::Parsed> parsed = flags::Parse(Flags(), args);
  if (!parsed.ok()) return UsageError(parsed.status().message());
  if (parsed->help) {
    std::cout << "Usage: konsul-bench kv [FLAGS]\n\nPuts or gets against running servers.\n\n"
              << flags::Help(Flags());
    return 0;
  }
  if (!parsed->positional.empty()) return UsageError("unexpected argument");
  absl::StatusOr<KvOptions> options = ParseOptions(*parsed);
  if (!options.ok()) return UsageError(options.status().message());

  KvResult result;
  client::ClientWorld world;
  world.Run([&](const env::Env& env) { result = RunKv(env, *options); });
  std::cout << Report(result, *options, parsed->Get("op", "put"), parsed->GetBool("json"));
  if (result.failed > 0) std::cerr << "first error: " << result.first_error << "\n";
  return result.succeeded > 0 && result.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace konsul::bench

int main(int argc, char** argv) {
  return konsul::bench::Main(std::vector<std::string>(argv + 1, argv + argc));
}
