#include "cmd/konsulctl/api.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {

namespace json = boost::json;

http::Request Api::RequestOf(Question question) const {
  http::Request request;
  request.method = std::move(question.method);
  request.path = std::move(question.path);
  request.query = std::move(question.query);
  request.body = std::move(question.body);
  if (!options_.datacenter.empty()) request.query.push_back({"dc", options_.datacenter});
  if (!options_.token.empty()) request.headers.Add("X-Consul-Token", options_.token);
  return request;
}

absl::Status Api::Explain(const absl::Status& error, const http::Request& request) const {
  if (error.ok() || absl::IsCancelled(error)) return error;
  std::string text = absl::StrCat("Error! ", error.message());
  if (!client_.maybe_sent()) {
    absl::StrAppend(&text,
                    "\nIs a server running there? Another one is named with -http-addr "
                    "or KONSUL_HTTP_ADDR.");
  } else if (request.method != "GET") {
    absl::StrAppend(&text, "\nThe request was sent: whether it took effect is unknown.");
  }
  return absl::Status(error.code(), text);
}

absl::StatusOr<http::Response> Api::Send(Question question) {
  const Duration timeout = question.timeout;
  const http::Request request = RequestOf(std::move(question));
  absl::StatusOr<http::Response> reply = client_.Do(request, env_.After(timeout));
  if (!reply.ok()) return Explain(reply.status(), request);
  return reply;
}

absl::StatusOr<http::Response> Api::Begin(Question question, const http::Client::Upload* upload) {
  const Duration timeout = question.timeout;
  const http::Request request = RequestOf(std::move(question));
  absl::StatusOr<http::Response> reply = client_.Begin(request, env_.After(timeout), upload);
  if (!reply.ok()) return Explain(reply.status(), request);
  return reply;
}

absl::StatusOr<bool> Api::ReadBody(std::string& out) {
  absl::StatusOr<bool> more = client_.ReadBody(out, env_.After(kTimeout));
  if (more.ok() || absl::IsCancelled(more.status())) return more;
  return absl::Status(more.status().code(), absl::StrCat("Error! ", more.status().message()));
}

absl::StatusOr<http::Response> Api::Call(absl::string_view method, absl::string_view path,
                                         std::vector<http::QueryParameter> query, std::string body,
                                         Duration timeout) {
  KONSUL_ASSIGN_OR_RETURN(http::Response reply, Send({.method = std::string(method),
                                                      .path = std::string(path),
                                                      .query = std::move(query),
                                                      .body = std::move(body),
                                                      .timeout = timeout}));
  if (reply.status != 200 && reply.status != 404) return UnexpectedReply(reply);
  return reply;
}

absl::Status UnexpectedReply(const http::Response& reply) {
  return absl::UnknownError(absl::StrCat("Error! Unexpected response code: ", reply.status, " (",
                                         absl::StripAsciiWhitespace(reply.body), ")"));
}

uint64_t IndexOf(const http::Response& reply) {
  const absl::string_view text = reply.headers.Get("X-Consul-Index").value_or("");
  uint64_t index = 0;
  return absl::SimpleAtoi(text, &index) ? index : 0;
}

absl::StatusOr<std::vector<KvPair>> ParsePairs(absl::string_view text) {
  KONSUL_ASSIGN_OR_RETURN(json::array array, ParseArray(text));
  std::vector<KvPair> pairs;
  for (const json::value& element : array) {
    if (!element.is_object()) return NotUnderstood();
    const json::object& object = element.get_object();
    KvPair pair;
    pair.key = Text(object, "Key");
    if (!absl::Base64Unescape(Text(object, "Value"), &pair.value)) return NotUnderstood();
    pair.flags = Number(object, "Flags");
    pair.create_index = Number(object, "CreateIndex");
    pair.modify_index = Number(object, "ModifyIndex");
    pair.lock_index = Number(object, "LockIndex");
    pair.session = Text(object, "Session");
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

absl::StatusOr<std::vector<std::string>> ParseStrings(absl::string_view text) {
  KONSUL_ASSIGN_OR_RETURN(json::array array, ParseArray(text));
  std::vector<std::string> strings;
  for (const json::value& element : array) {
    if (!element.is_string()) return NotUnderstood();
    strings.emplace_back(element.get_string().data(), element.get_string().size());
  }
  return strings;
}

std::string JsonString(absl::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}

}  // namespace konsul::ctl
