#include "net/reactor/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace konsul::reactor {

bool SocketAddress::wildcard() const {
  if (family() == AF_INET) return v4.sin_addr.s_addr == htonl(INADDR_ANY);
  return IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr);
}

absl::StatusOr<SocketAddress> ToSocketAddress(const env::Endpoint& endpoint) {
  SocketAddress address;
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(endpoint.port);
    address.size = sizeof(address.v4);
    return address;
  }
  address.v6 = {};  // the failed attempt may have left its mark
  const size_t percent = endpoint.host.find('%');
  const std::string host = endpoint.host.substr(0, percent);
  if (inet_pton(AF_INET6, host.c_str(), &address.v6.sin6_addr) == 1) {
    if (percent != std::string::npos) {
      address.v6.sin6_scope_id = if_nametoindex(endpoint.host.c_str() + percent + 1);
    }
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    address.size = sizeof(address.v6);
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", endpoint.host, "\" is not a numeric IPv4 or IPv6 address"));
}

env::Endpoint ToEndpoint(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family() == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof(text));
    return {text, ntohs(address.v4.sin_port)};
  }
  if (address.family() != AF_INET6) return {};
  inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof(text));
  std::string host = text;
  char zone[IF_NAMESIZE];
  if (address.v6.sin6_scope_id != 0 && if_indextoname(address.v6.sin6_scope_id, zone) != nullptr) {
    absl::StrAppend(&host, "%", zone);
  }
  return {std::move(host), ntohs(address.v6.sin6_port)};
}

env::Endpoint LocalEndpoint(int fd) {
  SocketAddress address;
  socklen_t size = sizeof(address.v6);
  if (getsockname(fd, &address.any, &size) != 0) return {};
  return ToEndpoint(address);
}

}  // namespace konsul::reactor
