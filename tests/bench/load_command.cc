// konsul-bench load: writes that go on while servers come and go.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "tests/bench/bench_world.h"
#include "tests/bench/command.h"
#include "tests/bench/load.h"

namespace konsul::bench {
namespace {

using flags::Kind;

absl::StatusOr<LoadOptions> ParseOptions(const flags::Parsed& parsed) {
  LoadOptions options;
  KONSUL_ASSIGN_OR_RETURN(options.servers, Servers(parsed));
  KONSUL_ASSIGN_OR_RETURN(options.clients, Number(parsed, "clients", 64, 1, 10'000));
  KONSUL_ASSIGN_OR_RETURN(uint64_t pace, Number(parsed, "pace", 0, 0, 60'000));
  KONSUL_ASSIGN_OR_RETURN(options.value_bytes, Number(parsed, "value-bytes", 256, 0, 512 * 1024));
  options.pace = std::chrono::milliseconds(pace);
  options.prefix = parsed.Get("prefix", "bench/load");
  return options;
}

std::string Report(const LoadResult& result, Duration lasted, bool json) {
  const double per_second = static_cast<double>(result.acknowledged) / ToSeconds(lasted);
  const auto ms = [&](double percent) {
    return ToMilliseconds(Percentile(result.latencies, percent));
  };
  // One of two layouts of the same fields; which is known at run time only.
  using Layout = absl::ParsedFormat<'d', 'f', 'd', 'd', 'd', 'f', 'f', 'f', 'f'>;
  static const Layout kJson(
      "{\"acknowledged\":%d,\"per_second\":%.1f,\"failed\":%d,\"busy\":%d,\"refused\":%d,"
      "\"longest_gap_ms\":%.1f,\"longest_wait_ms\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n");
  static const Layout kText(
      "%d writes, %.0f per second; %d requests failed, %d were answered 429, %d connections "
      "were refused\nlongest gap without any write %.1f ms, longest wait of one client "
      "%.1f ms, p50 %.2f ms, p99 %.2f ms\n");
  return absl::StrFormat(json ? kJson : kText, result.acknowledged, per_second, result.failed,
                         result.busy, result.refused, ToMilliseconds(result.longest_gap),
                         ToMilliseconds(result.longest_wait), ms(50), ms(99));
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(LoadOptions options, ParseOptions(parsed));
  KONSUL_ASSIGN_OR_RETURN(uint64_t seconds, Number(parsed, "seconds", 10, 1, 86'400));
  std::unique_ptr<HistoryWriter> history;
  if (parsed.Has("history")) {
    KONSUL_ASSIGN_OR_RETURN(history, HistoryWriter::Create(parsed.Get("history")));
  }
  LoadResult result;
  Duration lasted{};
  KONSUL_RETURN_IF_ERROR(RunInterruptibly([&](const env::Env& env) {
    const Instant begun = env.clock.Now();
    result = RunLoad(env, options, env.After(std::chrono::seconds(seconds)), history.get());
    lasted = env.clock.Now() - begun;
    return absl::OkStatus();
  }));
  if (history != nullptr) KONSUL_RETURN_IF_ERROR(history->Close());
  std::cout << Report(result, lasted, WantsJson(parsed));
  if (result.failed > 0) std::cerr << "first error: " << result.first_error << "\n";
  return result.acknowledged > 0 && result.failed == 0 ? kExitOk : kExitFailure;
}

}  // namespace

Command LoadCommand() {
  return {"load",
          "Writes against running servers that go on while servers come and go.\n\n"
          "Runs for so many seconds or until SIGINT or SIGTERM, then reports. A request that was\n"
          "sent and not answered with 200 has failed; a refused connection is no request, the\n"
          "client goes to the next server. `konsul-bench verify` reads the history back.",
          {
              ServersFlag(),
              {"clients", Kind::kString, "N", "How many at once. Default: 64."},
              {"seconds", Kind::kString, "N", "At most so long. Default: 10."},
              {"pace", Kind::kString, "MS", "A client's pause between two writes. Default: 0."},
              {"value-bytes", Kind::kString, "N", "Size of values. Default: 256."},
              {"prefix", Kind::kString, "KEY", "Below which all keys are. Default: bench/load."},
              {"history", Kind::kString, "FILE", "Where to note what was acknowledged."},
              FormatFlag(),
          },
          RunCommand};
}

}  // namespace konsul::bench
