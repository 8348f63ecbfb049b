// Request targets: their parts, and percent-encoding (RFC 3986, 2.1; RFC 9112, 3.2). Pure
// functions.
#ifndef KONSUL_NET_HTTP_URI_H_
#define KONSUL_NET_HTTP_URI_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/http/message.h"

namespace konsul::http {

// Fills `path` and `query` from the raw target: origin-form ("/a?b"), absolute-form
// ("http://host/a?b", whose host is ignored) or "*" for OPTIONS. InvalidArgument says what is wrong
// and is fit to be sent to the client.
absl::Status ParseTarget(absl::string_view method, absl::string_view target, std::string& path,
                         std::vector<QueryParameter>& query);

// "%2f" becomes '/', once. '+' stays as it is. InvalidArgument for a '%' without two hex digits.
absl::StatusOr<std::string> DecodePath(absl::string_view encoded);
// "a=1&b&c=x+y": '+' is a space, a key may lack its '=', empty parts are skipped.
absl::StatusOr<std::vector<QueryParameter>> ParseQuery(absl::string_view encoded);

// Inverse of DecodePath; '/' and the unreserved characters stay as they are.
std::string EncodePath(absl::string_view path);
// For a key or a value in a query.
std::string EncodeQueryComponent(absl::string_view text);
// "/path?key=value&flag". A parameter without value is written without '='.
std::string BuildTarget(absl::string_view path, const std::vector<QueryParameter>& query);

// True when no character of `path` is a control, format or private-use character or a space other
// than U+0020. Bytes that are not UTF-8 count as printable, as they do for Consul.
bool IsPrintable(absl::string_view path);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_URI_H_
