// Answers in Consul's form.
#ifndef KONSUL_NET_API_REPLY_H_
#define KONSUL_NET_API_REPLY_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/api/context.h"
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

// 200 {"Success":true}.
http::Response SuccessReply(const http::Request& request);

// Adds X-Consul-Index and its companions.
void SetReadHeaders(const api::ReadMeta& meta, http::Response& response);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_REPLY_H_
