// One complete head (start line and headers), parsed by Boost.Beast. The only door to Beast: it
// takes seconds to compile, so its headers are seen by head_parser.cc alone.
#ifndef KONSUL_NET_HTTP_HEAD_PARSER_H_
#define KONSUL_NET_HTTP_HEAD_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/http/message.h"

namespace konsul::http {

// What a head says about framing and the connection.
struct Head {
  int minor_version = 1;  // HTTP/1.x
  int status = 0;         // of a response
  bool keep_alive = true;
  std::optional<uint64_t> content_length;
  bool chunked = false;           // the last transfer coding
  size_t transfer_encodings = 0;  // how many such fields
  bool chunked_only = false;      // and the last of them is exactly "chunked"
  size_t hosts = 0;
  bool expects = false;
  bool expects_continue = false;
};

// `text` ends with the empty line. Fields are appended to `headers` in order. Errors:
// InvalidArgument says what is malformed; Unimplemented for an HTTP version that is not 1.0 or 1.1.
absl::Status ParseRequestHead(absl::string_view text, Head& head, std::string& method,
                              std::string& target, Headers& headers);
absl::Status ParseResponseHead(absl::string_view text, Head& head, Headers& headers);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_HEAD_PARSER_H_
