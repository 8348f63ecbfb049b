#include "net/api/kv_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "core/api/kv.h"
#include "core/base/status.h"
#include "net/api/blocking.h"
#include "net/api/kv_json.h"
#include "net/api/parameters.h"
#include "net/api/reply.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

Response NotFound(const api::ReadMeta& meta) {
  Response response;
  response.status = 404;
  SetReadHeaders(meta, response);
  return response;
}

// About what is around a value in a list.
constexpr size_t kPairBytes = 100;

Response PairsReply(const Request& request, const api::ReadMeta& meta,
                    std::vector<api::KvPair> pairs) {
  size_t bytes = 0;
  for (const api::KvPair& pair : pairs) bytes += kPairBytes + pair.value.size();
  Response response = ArrayReply<api::KvPair>(request, std::move(pairs), bytes, &WritePair);
  SetReadHeaders(meta, response);
  return response;
}

// The bytes themselves. Whoever stored them must not get them run by a browser.
Response RawReply(const api::ReadMeta& meta, std::string value) {
  Response response;
  response.body = std::move(value);
  response.headers.Set("Content-Type", "text/plain");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("Content-Security-Policy", "sandbox");
  SetReadHeaders(meta, response);
  return response;
}

absl::StatusOr<Response> GetKeys(const api::Context& context, const Request& request,
                                 absl::string_view prefix, const api::ReadOptions& options) {
  // Consul's first release spelt it "seperator", and clients may still.
  absl::string_view separator = request.Query("seperator").value_or("");
  separator = request.Query("separator").value_or(separator);
  KONSUL_ASSIGN_OR_RETURN(
      auto reply,
      api::KvKeys(context, {.prefix = prefix, .separator = separator, .read = options}));
  if (reply.keys.empty() && !prefix.empty()) return NotFound(reply.meta);
  size_t bytes = 0;
  for (const std::string& key : reply.keys) bytes += key.size();
  Response response =
      ArrayReply<std::string>(request, std::move(reply.keys), bytes,
                              [](const std::string& key, JsonWriter& json) { json.String(key); });
  SetReadHeaders(reply.meta, response);
  return response;
}

absl::StatusOr<Response> GetTree(const api::Context& context, const Request& request,
                                 absl::string_view prefix, const api::ReadOptions& options) {
  KONSUL_ASSIGN_OR_RETURN(auto reply, api::KvList(context, {.prefix = prefix, .read = options}));
  if (reply.pairs.empty()) return NotFound(reply.meta);
  return PairsReply(request, reply.meta, std::move(reply.pairs));
}

absl::StatusOr<Response> GetOne(const api::Context& context, const Request& request,
                                absl::string_view key, const api::ReadOptions& options) {
  KONSUL_ASSIGN_OR_RETURN(auto reply, api::KvGet(context, {.key = key, .read = options}));
  if (!reply.pair) return NotFound(reply.meta);
  if (request.HasQuery("raw")) return RawReply(reply.meta, std::move(reply.pair->value));
  return PairsReply(request, reply.meta, {*std::move(reply.pair)});
}

absl::StatusOr<Response> Get(const api::Context& context, const Request& request,
                             absl::string_view key) {
  const auto function = request.HasQuery("keys")      ? &GetKeys
                        : request.HasQuery("recurse") ? &GetTree
                                                      : &GetOne;
  return BlockingRead(context, request, [&](const api::ReadOptions& options) {
    return function(context, request, key, options);
  });
}

absl::StatusOr<Response> Put(const api::Context& context, const Request& request,
                             absl::string_view key) {
  KONSUL_RETURN_IF_ERROR(ParseRead(request).status());
  if (key.empty()) return absl::InvalidArgumentError("Missing key name");
  KONSUL_RETURN_IF_ERROR(CheckConflicts(request, {"cas", "acquire", "release"}));
  KONSUL_ASSIGN_OR_RETURN(const auto flags, ParseNumber(request, "flags"));
  KONSUL_ASSIGN_OR_RETURN(const auto cas, ParseNumber(request, "cas"));
  for (const char* name : {"acquire", "release"}) {
    const auto session = request.Query(name);
    if (!session) continue;
    KONSUL_ASSIGN_OR_RETURN(const bool locked, api::KvLock(context, {.key = key,
                                                                     .value = request.body,
                                                                     .flags = flags.value_or(0),
                                                                     .session = *session,
                                                                     .release = name[0] == 'r'}));
    return JsonReply(request, [&](JsonWriter& json) { json.Bool(locked); });
  }
  KONSUL_ASSIGN_OR_RETURN(
      const bool done,
      api::KvPut(context,
                 {.key = key, .value = request.body, .flags = flags.value_or(0), .cas = cas}));
  return JsonReply(request, [&](JsonWriter& json) { json.Bool(done); });
}

absl::StatusOr<Response> Delete(const api::Context& context, const Request& request,
                                absl::string_view key) {
  KONSUL_RETURN_IF_ERROR(ParseRead(request).status());
  KONSUL_RETURN_IF_ERROR(CheckConflicts(request, {"recurse", "cas"}));
  KONSUL_ASSIGN_OR_RETURN(const auto cas, ParseNumber(request, "cas"));
  KONSUL_ASSIGN_OR_RETURN(
      const bool done,
      api::KvDelete(context, {.key = key, .recurse = request.HasQuery("recurse"), .cas = cas}));
  return JsonReply(request, [&](JsonWriter& json) { json.Bool(done); });
}

}  // namespace

void AddKvRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, auto function) {
    router.Add(method, "/v1/kv/",
               [context, function](const Request& request, absl::string_view key) {
                 return OrError(function(context, request, key));
               });
  };
  add("GET", &Get);
  add("PUT", &Put);
  add("DELETE", &Delete);
}

}  // namespace konsul::net_api
