// The part of the HTTP API that operators use, spoken over the simulated network.
#ifndef KONSUL_SIM_WORKLOADS_OPERATOR_CLIENT_H_
#define KONSUL_SIM_WORKLOADS_OPERATOR_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/env.h"

namespace konsul::workloads {

struct MemberReply {
  NodeId id;
  std::string address;
  bool leader = false;
  bool voter = false;
};

// The body of a 200 to GET /v1/operator/raft/configuration. InvalidArgument when it is not what the
// API promises.
absl::StatusOr<std::vector<MemberReply>> ParseConfigurationReply(absl::string_view body);

// What became of a request that changes something.
enum class Answer {
  kDone,
  kMissing,  // there is no such server
  kRefused,  // any other answer that says that nothing was done
  kUnknown,  // no answer, or one that leaves it open
};
absl::string_view AnswerName(Answer answer);

struct AnswerText {
  Answer answer = Answer::kUnknown;
  std::string text;  // what the server said, if it did not just do it
};

// One fiber's; each request is a connection of its own, to whatever server is asked.
class OperatorClient {
 public:
  OperatorClient(const env::Env& env, Duration timeout) : env_(env), timeout_(timeout) {}

  absl::StatusOr<std::vector<MemberReply>> Members(const env::Endpoint& server) const;
  // `to` 0: whoever is furthest.
  AnswerText Transfer(const env::Endpoint& server, NodeId to) const;
  AnswerText Remove(const env::Endpoint& server, NodeId id) const;
  AnswerText Snapshot(const env::Endpoint& server) const;
  AnswerText Join(const env::Endpoint& server, const env::Endpoint& member) const;

 private:
  AnswerText Ask(const env::Endpoint& server, const char* method, const std::string& target,
                 const std::string& body) const;

  const env::Env env_;
  const Duration timeout_;
};

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_OPERATOR_CLIENT_H_
