// A network of our own inside this machine, whose links can be cut without anybody being told.
//
// One network namespace with a bridge in it is where the benchmark's clients live; each server has
// a namespace with one interface that ends at the bridge. Cutting a server disables its port of the
// bridge: the link stays up, frames in both directions vanish, nobody sees a reset or an end. All
// of it belongs to descriptors of this process and vanishes with it.
#ifndef KONSUL_TESTS_BENCH_PRIVATE_NETWORK_H_
#define KONSUL_TESTS_BENCH_PRIVATE_NETWORK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace konsul::bench {

class PrivateNetwork {
 public:
  // Moves the calling thread, which must be the only one so far, into the new network for good.
  // Needs root, or a kernel that lets users have namespaces, and the `ip` program. Unavailable or
  // PermissionDenied say what is missing; the thread may then be anywhere, but still has loopback.
  static absl::StatusOr<std::unique_ptr<PrivateNetwork>> Enter(size_t servers);
  ~PrivateNetwork();
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;

  // The address of a server, counted from 0.
  static std::string Address(size_t server);
  // A descriptor, for Process::Options.
  int Namespace(size_t server) const { return namespaces_[server]; }

  // Takes effect before it returns, in microseconds.
  absl::Status Cut(size_t server);
  absl::Status Heal(size_t server);

 private:
  PrivateNetwork() = default;
  absl::Status MakeBridge();
  absl::Status AddServer(size_t server);
  absl::Status SetPortState(size_t server, unsigned char state);

  std::vector<int> namespaces_;
  int netlink_ = -1;
};

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_PRIVATE_NETWORK_H_
