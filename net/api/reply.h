// Answers in Consul's form.
#ifndef KONSUL_NET_API_REPLY_H_
#define KONSUL_NET_API_REPLY_H_

#include <functional>

#include "absl/status/status.h"
#include "core/api/context.h"
#include "net/api/json.h"
#include "net/http/message.h"

namespace konsul::net_api {

// 400 for InvalidArgument, 413 for OutOfRange, 500 for all others; the text is the message alone.
http::Response ErrorReply(const absl::Status& status);

// 200 with what `write` writes, indented when the request says `?pretty`.
http::Response JsonReply(const http::Request& request,
                         const std::function<void(JsonWriter&)>& write);

// Adds X-Consul-Index and its companions.
void SetReadHeaders(const api::ReadMeta& meta, http::Response& response);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_REPLY_H_
