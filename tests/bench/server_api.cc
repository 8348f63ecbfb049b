#include "tests/bench/server_api.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"
#include "net/http/client.h"

namespace konsul::bench {
namespace {

absl::StatusOr<http::Response> Exchange(const env::Env& env, const env::Endpoint& server,
                                        absl::string_view method, absl::string_view target,
                                        std::string body, Instant deadline) {
  http::Client client(env, server);
  return client.Do(http::Request::Make(method, target, std::move(body)), deadline);
}

absl::Status Unexpected(const env::Endpoint& server, const http::Response& response) {
  return absl::UnavailableError(
      absl::StrCat(server.ToString(), " answered ", response.status, " ", response.body));
}

}  // namespace

absl::StatusOr<std::string> Ask(const env::Env& env, const env::Endpoint& server,
                                absl::string_view method, absl::string_view target,
                                std::string body, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(http::Response response,
                          Exchange(env, server, method, target, std::move(body), deadline));
  if (response.status != 200) return Unexpected(server, response);
  return std::move(response.body);
}

absl::StatusOr<std::string> LeaderAddress(const env::Env& env, const env::Endpoint& server,
                                          Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(std::string body,
                          Ask(env, server, "GET", "/v1/status/leader", "", deadline));
  return absl::StrReplaceAll(body, {{"\"", ""}, {"\n", ""}});
}

absl::Status Put(const env::Env& env, const env::Endpoint& server, absl::string_view key,
                 std::string value, Instant deadline) {
  return Ask(env, server, "PUT", absl::StrCat("/v1/kv/", key), std::move(value), deadline).status();
}

absl::StatusOr<std::string> StaleGet(const env::Env& env, const env::Endpoint& server,
                                     absl::string_view key, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(
      http::Response response,
      Exchange(env, server, "GET", absl::StrCat("/v1/kv/", key, "?raw&stale"), "", deadline));
  if (response.status == 404) return "";
  if (response.status != 200) return Unexpected(server, response);
  return std::move(response.body);
}

absl::StatusOr<std::map<std::string, double>> Metrics(const env::Env& env,
                                                      const env::Endpoint& server,
                                                      Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(
      std::string text,
      Ask(env, server, "GET", "/v1/agent/metrics?format=prometheus", "", deadline));
  std::map<std::string, double> metrics;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const size_t space = line.rfind(' ');
    double value = 0;
    if (absl::StartsWith(line, "#") || space == absl::string_view::npos ||
        !absl::SimpleAtod(line.substr(space + 1), &value)) {
      continue;
    }
    metrics.emplace(std::string(line.substr(0, space)), value);
  }
  return metrics;
}

}  // namespace konsul::bench
