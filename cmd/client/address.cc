#include "cmd/client/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"

namespace konsul::client {
namespace {

constexpr uint16_t kDefaultPort = 8500;

}  // namespace

absl::StatusOr<env::Endpoint> ResolveHttpAddress(absl::string_view text) {
  if (absl::StartsWith(text, "https://")) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": TLS is not spoken yet"));
  }
  absl::string_view rest = absl::StripPrefix(text, "http://");
  rest = absl::StripSuffix(rest, "/");
  KONSUL_ASSIGN_OR_RETURN(env::Endpoint endpoint, env::Endpoint::Parse(rest, kDefaultPort));

  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error = getaddrinfo(endpoint.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" cannot be resolved: ", gai_strerror(error)));
  }
  // IPv4 first: servers listen on 127.0.0.1 unless told otherwise, and localhost is ::1 too.
  const addrinfo* chosen = found;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    if (it->ai_family == AF_INET) {
      chosen = it;
      break;
    }
  }
  char host[NI_MAXHOST] = "";
  getnameinfo(chosen->ai_addr, chosen->ai_addrlen, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  endpoint.host = host;
  return endpoint;
}

}  // namespace konsul::client
