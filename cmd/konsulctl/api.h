// One server's HTTP API, as konsulctl asks it.
#ifndef KONSUL_CMD_KONSULCTL_API_H_
#define KONSUL_CMD_KONSULCTL_API_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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

// Belongs to one fiber at a time; others take Another().
class Api {
 public:
  struct Options {
    std::string token;
    std::string datacenter;  // the server's own when empty
  };
  // What to ask for.
  struct Question {
    std::string method = "GET";
    std::string path;
    std::vector<http::QueryParameter> query = {};
    std::string body = {};
    Duration timeout = kTimeout;
  };

  Api(const env::Env& env, const env::Endpoint& server) : Api(env, server, Options()) {}
  Api(const env::Env& env, const env::Endpoint& server, Options options)
      : env_(env), options_(std::move(options)), client_(env, server) {}

  static constexpr Duration kTimeout = 60s;

  // Suspends. A reply with any status; a connection that fails is an error with a text for people.
  absl::StatusOr<http::Response> Send(Question question);
  // As Send, for what is too long for memory: the reply comes without its body, which ReadBody
  // gives then; `upload`, if any, is the body of the question. Any status.
  absl::StatusOr<http::Response> Begin(Question question,
                                       const http::Client::Upload* upload = nullptr);
  // Appends what comes next, at least a byte; false at the end. An error when nothing came for
  // kTimeout, or the server gave up.
  absl::StatusOr<bool> ReadBody(std::string& out);
  // A reply with status 200 or 404; any other is an error with the server's text.
  absl::StatusOr<http::Response> Call(absl::string_view method, absl::string_view path,
                                      std::vector<http::QueryParameter> query = {},
                                      std::string body = "", Duration timeout = kTimeout);

  // The same server over a connection of its own.
  std::unique_ptr<Api> Another() const {
    return std::make_unique<Api>(env_, client_.server(), options_);
  }

  const env::Endpoint& server() const { return client_.server(); }
  const env::Env& env() const { return env_; }

 private:
  http::Request RequestOf(Question question) const;
  absl::Status Explain(const absl::Status& error, const http::Request& request) const;

  env::Env env_;
  Options options_;
  http::Client client_;
};

// The error that says what a server answered.
absl::Status UnexpectedReply(const http::Response& reply);
// X-Consul-Index of a reply; 0 when there is none.
uint64_t IndexOf(const http::Response& reply);

// Of the JSON array that /v1/kv answers.
absl::StatusOr<std::vector<KvPair>> ParsePairs(absl::string_view json);
// Of a JSON array of strings.
absl::StatusOr<std::vector<std::string>> ParseStrings(absl::string_view json);
// `text` as a JSON string, quotes included.
std::string JsonString(absl::string_view text);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_API_H_
