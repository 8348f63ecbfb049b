#include "sim/workloads/operator_client.h"

#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "boost/json.hpp"
#include "core/base/status.h"
#include "net/http/client.h"

namespace konsul::workloads {
namespace {

constexpr size_t kIdDigitsInUuid = 18;  // with two dashes

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("a configuration reply with ", what));
}

absl::Status ReadMember(const boost::json::value& value, MemberReply& out) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return Bad("a server that is no object");
  const boost::json::value* id = object->if_contains("ID");
  const boost::json::value* address = object->if_contains("Address");
  const boost::json::value* leader = object->if_contains("Leader");
  const boost::json::value* voter = object->if_contains("Voter");
  if (id == nullptr || !id->is_string()) return Bad("no ID");
  // A UUID, which begins with the digits of the node id.
  const std::string digits = absl::StrReplaceAll(
      absl::string_view(id->as_string().c_str()).substr(0, kIdDigitsInUuid), {{"-", ""}});
  uint64_t number = 0;
  if (digits.size() != 16 || !absl::SimpleHexAtoi(digits, &number)) return Bad("no ID");
  if (address == nullptr || !address->is_string()) return Bad("no Address");
  if (leader == nullptr || !leader->is_bool()) return Bad("no Leader");
  if (voter == nullptr || !voter->is_bool()) return Bad("no Voter");
  out.id = NodeId(number);
  out.address = address->as_string().c_str();
  out.leader = leader->as_bool();
  out.voter = voter->as_bool();
  return absl::OkStatus();
}

std::string Id(NodeId id) { return ToHex(id.value); }

}  // namespace

absl::StatusOr<std::vector<MemberReply>> ParseConfigurationReply(absl::string_view body) {
  boost::json::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error || !document.is_object()) return Bad("no object");
  const boost::json::value* servers = document.as_object().if_contains("Servers");
  if (servers == nullptr || !servers->is_array()) return Bad("no Servers");
  std::vector<MemberReply> members;
  for (const boost::json::value& value : servers->as_array()) {
    MemberReply member;
    KONSUL_RETURN_IF_ERROR(ReadMember(value, member));
    members.push_back(std::move(member));
  }
  return members;
}

absl::string_view AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kDone:
      return "done";
    case Answer::kMissing:
      return "no such server";
    case Answer::kRefused:
      return "refused";
    case Answer::kUnknown:
      return "no answer";
  }
  return "?";
}

absl::StatusOr<std::vector<MemberReply>> OperatorClient::Members(
    const env::Endpoint& server) const {
  http::Client client(env_, server);
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          client.Do(http::Request::Make("GET", "/v1/operator/raft/configuration"),
                                    env_.After(timeout_)));
  if (reply.status != 200) {
    return absl::UnavailableError(absl::StrCat("status ", reply.status, ": ", reply.body));
  }
  return ParseConfigurationReply(reply.body);
}

AnswerText OperatorClient::Ask(const env::Endpoint& server, const char* method,
                               const std::string& target, const std::string& body) const {
  http::Client client(env_, server);
  const absl::StatusOr<http::Response> reply =
      client.Do(http::Request::Make(method, target, body), env_.After(timeout_));
  if (!reply.ok()) {
    return {client.maybe_sent() ? Answer::kUnknown : Answer::kRefused, reply.status().ToString()};
  }
  if (reply->status == 200) return {Answer::kDone, ""};
  const std::string text = absl::StrCat(reply->status, " ", reply->body);
  // As Consul says it.
  const bool missing = absl::StrContains(reply->body, "was not found in the Raft configuration");
  if (reply->status == 404 || missing) return {Answer::kMissing, text};
  return {reply->status < 500 ? Answer::kRefused : Answer::kUnknown, text};
}

AnswerText OperatorClient::Transfer(const env::Endpoint& server, NodeId to) const {
  const std::string query = to == NodeId(0) ? "" : absl::StrCat("?id=", Id(to));
  return Ask(server, "PUT", absl::StrCat("/v1/operator/raft/transfer-leader", query), "");
}

AnswerText OperatorClient::Remove(const env::Endpoint& server, NodeId id) const {
  return Ask(server, "DELETE", absl::StrCat("/v1/operator/raft/peer?id=", Id(id)), "");
}

AnswerText OperatorClient::Snapshot(const env::Endpoint& server) const {
  return Ask(server, "PUT", "/v1/cluster/snapshot", "");
}

AnswerText OperatorClient::Join(const env::Endpoint& server, const env::Endpoint& member) const {
  return Ask(server, "PUT", "/v1/cluster/join",
             absl::StrCat("{\"address\":\"", member.ToString(), "\"}"));
}

}  // namespace konsul::workloads
