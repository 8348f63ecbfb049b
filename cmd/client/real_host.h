// The machine itself.
#ifndef KONSUL_CMD_CLIENT_REAL_HOST_H_
#define KONSUL_CMD_CLIENT_REAL_HOST_H_

#include <memory>

#include "cmd/client/host.h"
#include "net/reactor/real_world.h"

namespace konsul::client {

// `world` catches signals and outlives the host.
class RealHost final : public Host {
 public:
  explicit RealHost(reactor::RealWorld& world) : world_(world) {}

  absl::StatusOr<std::unique_ptr<Child>> Start(const ChildSpec& spec) override;
  absl::StatusOr<int> NextSignal(Instant deadline) override;
  void Print(absl::string_view text) override;
  void Complain(absl::string_view line) override;

 private:
  reactor::RealWorld& world_;
};

}  // namespace konsul::client

#endif  // KONSUL_CMD_CLIENT_REAL_HOST_H_
