// Bodies packed with gzip (RFC 1952), for clients that take them (RFC 9110, section 12.5.3).
#ifndef KONSUL_NET_HTTP_GZIP_H_
#define KONSUL_NET_HTTP_GZIP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/http/message.h"

namespace konsul::http {

// Below this a packet is not saved.
inline constexpr size_t kGzipWorthBytes = 1400;

// Whether the request says that it takes gzip, and not with q=0.
bool AcceptsGzip(const Request& request);
std::string Gzip(absl::string_view bytes);
// InvalidArgument when it is no gzip, or would be more than `most` bytes.
absl::StatusOr<std::string> Gunzip(absl::string_view packed, size_t most);

// Packs the body where that is worth it and wanted; of those that are made while they are sent,
// JSON only.
void PackIfWanted(const Request& request, Response& response);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_GZIP_H_
