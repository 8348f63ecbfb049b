#include "net/api/reply.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace konsul::net_api {
namespace {

int HttpStatus(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kOutOfRange:
      return 413;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    default:
      return 500;
  }
}

absl::string_view Name(server::Consistency consistency) {
  switch (consistency) {
    case server::Consistency::kDefault:
      return "leader";
    case server::Consistency::kConsistent:
      return "consistent";
    case server::Consistency::kStale:
      return "stale";
  }
  return "leader";
}

}  // namespace

http::Response ErrorReply(const absl::Status& status) {
  http::Response response = http::Response::Text(HttpStatus(status), status.message());
  // What is full drains within a second, or the server has a problem that waiting does not solve.
  if (response.status == 429) response.headers.Set("Retry-After", "1");
  return response;
}

http::Response OrError(absl::StatusOr<http::Response> response) {
  return response.ok() ? *std::move(response) : ErrorReply(response.status());
}

http::Response JsonReply(const http::Request& request,
                         const std::function<void(JsonWriter&)>& write) {
  JsonWriter json(request.HasQuery("pretty"));
  write(json);
  return http::Response::Json(200, json.Take());
}

http::Response SuccessReply(const http::Request& request) {
  return JsonReply(request, [](JsonWriter& json) {
    json.BeginObject();
    json.Key("Success");
    json.Bool(true);
    json.EndObject();
  });
}

void SetReadHeaders(const api::ReadMeta& meta, http::Response& response) {
  // A client that waits on index 0 would not wait at all.
  const uint64_t index = std::max<uint64_t>(meta.index.value, 1);
  const int64_t contact_ms = std::max<int64_t>(ToMillis(meta.last_contact), 0);
  response.headers.Set("X-Consul-Index", absl::StrCat(index));
  response.headers.Set("X-Consul-KnownLeader", meta.known_leader ? "true" : "false");
  response.headers.Set("X-Consul-LastContact", absl::StrCat(contact_ms));
  response.headers.Set("X-Consul-Effective-Consistency", Name(meta.consistency));
}

}  // namespace konsul::net_api
