// env::Endpoint to and from the kernel's socket addresses. IPv4 and IPv6.
#ifndef KONSUL_NET_REACTOR_ADDRESS_H_
#define KONSUL_NET_REACTOR_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/status/statusor.h"
#include "core/env/network.h"

namespace konsul::reactor {

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = 0;

  SocketAddress() : v6{} {}
  int family() const { return any.sa_family; }
  // True for 0.0.0.0 and ::, "all addresses of this machine".
  bool wildcard() const;
};

// InvalidArgument when the host is not a numeric address. An IPv6 host may carry a zone
// ("fe80::1%eth0").
absl::StatusOr<SocketAddress> ToSocketAddress(const env::Endpoint& endpoint);
env::Endpoint ToEndpoint(const SocketAddress& address);

// What getsockname says; an empty endpoint when it fails.
env::Endpoint LocalEndpoint(int fd);

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_ADDRESS_H_
