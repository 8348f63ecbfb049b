// Bytes on the HTTP port, and bytes of a server as a client sees them. However they are cut into
// reads, the same messages and the same error come out; a request that was accepted and is written
// down again is accepted with the same meaning.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "net/http/parser.h"
#include "net/http/uri.h"

namespace {

using konsul::http::MessageParser;
using konsul::http::ParserLimits;
using konsul::http::Request;
using konsul::http::RequestParser;
using konsul::http::Response;
using konsul::http::ResponseParser;
using konsul::http::Step;

// Small, so that the limits are met.
const ParserLimits kLimits = {
    .head_bytes_max = 1024, .header_count_max = 20, .body_bytes_max = 512};

std::string Describe(const konsul::http::Headers& headers) {
  std::string out;
  for (size_t i = 0; i < headers.size(); ++i) {
    absl::StrAppend(&out, headers[i].name, ":", headers[i].value, "\n");
  }
  return out;
}

std::string Meaning(const Request& r) {
  std::string out = absl::StrCat(r.method, " ", r.path, "\n");
  for (const auto& p : r.query) absl::StrAppend(&out, p.key, "=", p.value, "\n");
  return absl::StrCat(out, r.body, "\n");
}

void RoundTrip(const Request& request) {
  if (request.path == "*") return;
  Request again;
  again.method = request.method;
  again.path = request.path;
  again.query = request.query;
  again.body = request.body;
  // "?=" has an empty key and no value, which has no spelling without '='.
  for (const auto& p : again.query) {
    if (p.key.empty() && p.value.empty()) return;
  }
  std::string bytes;
  konsul::http::AppendRequest(again, "h", bytes);
  RequestParser parser({.head_bytes_max = 16384, .body_bytes_max = 512});
  parser.Append(bytes);
  KONSUL_CHECK(parser.Next() == Step::kMessage, bytes);
  KONSUL_CHECK(Meaning(parser.request()) == Meaning(request), bytes);
  KONSUL_CHECK(parser.keep_alive());
  KONSUL_CHECK(parser.Next() == Step::kNeedMore && !parser.in_message());
}

// Everything the parser says, in order.
template <typename Parser, typename OnMessage>
std::string Transcript(absl::string_view bytes, size_t step, OnMessage on_message) {
  Parser parser(kLimits);
  std::string out;
  size_t at = 0;
  while (true) {
    switch (parser.Next()) {
      case Step::kContinue:
        break;
      case Step::kMessage:
        absl::StrAppend(&out, on_message(parser), parser.minor_version(), parser.keep_alive(),
                        "\n");
        break;
      case Step::kError:
        return absl::StrCat(out, parser.error().status, parser.error().text);
      case Step::kNeedMore:
        if (at >= bytes.size()) return absl::StrCat(out, parser.in_message(), parser.in_body());
        parser.Append(bytes.substr(at, step));
        at += step;
        break;
    }
  }
}

std::string Requests(absl::string_view bytes, size_t step) {
  return Transcript<RequestParser>(bytes, step, [](RequestParser& parser) {
    const Request& r = parser.request();
    KONSUL_CHECK(r.body.size() <= kLimits.body_bytes_max);
    KONSUL_CHECK(konsul::http::IsPrintable(r.path));
    RoundTrip(r);
    return absl::StrCat(Meaning(r), r.target, "\n", Describe(r.headers));
  });
}

std::string Responses(absl::string_view bytes, size_t step) {
  return Transcript<ResponseParser>(bytes, step, [](ResponseParser& parser) {
    const Response& r = parser.response();
    KONSUL_CHECK(r.body.size() <= kLimits.body_bytes_max);
    return absl::StrCat(r.status, " ", r.close, r.body, "\n", Describe(r.headers));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string requests = Requests(bytes, size + 1);
  KONSUL_CHECK(Requests(bytes, 1) == requests);
  KONSUL_CHECK(Requests(bytes, 7) == requests);
  const std::string responses = Responses(bytes, size + 1);
  KONSUL_CHECK(Responses(bytes, 1) == responses);
  return 0;
}
