// Answers in Consul's form.
#ifndef KONSUL_NET_API_REPLY_H_
#define KONSUL_NET_API_REPLY_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "net/api/array_body.h"
#include "net/api/json.h"
#include "net/http/message.h"

namespace konsul::net_api {

// 400 for InvalidArgument, 404 for NotFound, 413 for OutOfRange, 429 with Retry-After for
// ResourceExhausted, 500 for all others; the text is the message alone.
http::Response ErrorReply(const absl::Status& status);
// The response, or its error as above.
http::Response OrError(absl::StatusOr<http::Response> response);

// 200 with what `write` writes, indented when the request says `?pretty`.
http::Response JsonReply(const http::Request& request,
                         const std::function<void(JsonWriter&)>& write);

// 200 with an array of what `write` writes of each item. `bytes` is about how much is in them: what
// is long is written while it is sent.
template <typename Item>
http::Response ArrayReply(const http::Request& request, std::vector<Item> items, size_t bytes,
                          typename ArrayBody<Item>::Write write) {
  constexpr size_t kLong = 256 << 10;
  auto body = std::make_shared<ArrayBody<Item>>(std::move(items), request.HasQuery("pretty"),
                                                std::move(write));
  http::Response response = http::Response::Json(200, "");
  if (bytes >= kLong) {
    response.stream = std::move(body);
  } else {
    while (*body->Next(response.body) != http::BodyStream::Step::kEnd) {
    }
  }
  return response;
}

// 200 {"Success":true}.
http::Response SuccessReply(const http::Request& request);

// Adds X-Consul-Index and its companions.
void SetReadHeaders(const api::ReadMeta& meta, http::Response& response);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_REPLY_H_
