// The network as one process sees it.
#ifndef KONSUL_SIM_PROCESS_NETWORK_H_
#define KONSUL_SIM_PROCESS_NETWORK_H_

#include <memory>

#include "core/env/network.h"
#include "sim/fabric.h"
#include "sim/life.h"

namespace konsul::sim {

class ProcessNetwork : public env::Network {
 public:
  ProcessNetwork(Fabric& fabric, Life& life) : fabric_(fabric), life_(life) {}

  absl::StatusOr<std::unique_ptr<env::Stream>> Dial(const env::Endpoint& to,
                                                    Instant deadline) override;
  absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Endpoint& at) override;
  absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(const env::Endpoint& at) override;

 private:
  // Checks the address and finds a port where none is named.
  template <typename Layer>
  absl::StatusOr<env::Endpoint> Claim(const Layer& layer, const env::Endpoint& at);

  Fabric& fabric_;
  Life& life_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_PROCESS_NETWORK_H_
