// One server's HTTP API, as konsulctl asks it.
#ifndef KONSUL_CMD_KONSULCTL_API_H_
#define KONSUL_CMD_KONSULCTL_API_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/env.h"
#include "net/http/client.h"

namespace konsul::ctl {

// One key as the API tells it.
struct KvPair {
  std::string key;
  std::string value;
  uint64_t flags = 0;
  uint64_t create_index = 0;
  uint64_t modify_index = 0;
  uint64_t lock_index = 0;
  std::string session;
};

class Api {
 public:
  Api(const env::Env& env, const env::Endpoint& server) : env_(env), client_(env, server) {}

  static constexpr Duration kTimeout = 60s;

  // A reply with status 200 or 404; any other is an error with the server's text, and so is a
  // connection that fails.
  absl::StatusOr<http::Response> Call(absl::string_view method, absl::string_view path,
                                      std::vector<http::QueryParameter> query = {},
                                      std::string body = "", Duration timeout = kTimeout);

  const env::Endpoint& server() const { return client_.server(); }

 private:
  env::Env env_;
  http::Client client_;
};

// Of the JSON array that /v1/kv answers.
absl::StatusOr<std::vector<KvPair>> ParsePairs(absl::string_view json);
// Of a JSON array of strings.
absl::StatusOr<std::vector<std::string>> ParseStrings(absl::string_view json);
// `text` as a JSON string, quotes included.
std::string JsonString(absl::string_view text);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_API_H_
