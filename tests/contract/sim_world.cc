// The contract suite over the simulator: three simulated machines, and one without power that
// answers nobody.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "sim/world.h"
#include "tests/contract/contract_world.h"

namespace konsul::contract {
namespace {

class SimContractWorld final : public ContractWorld {
 public:
  SimContractWorld() {
    for (size_t host = 0; host < kHosts; ++host) world_.AddHost(Address(host));
    world_.AddHost(kDarkAddress).PowerLoss();
  }

  std::string Address(size_t host) const override { return absl::StrCat("10.0.0.", host + 1); }

  std::optional<env::Endpoint> SilentEndpoint() override {
    return env::Endpoint{kDarkAddress, 8300};
  }

  void RunHosts(std::vector<Body> bodies, Duration limit) override {
    for (size_t host = 0; host < bodies.size(); ++host) {
      Machine(host).Start([&body = bodies[host]](env::Env env) { body(env); });
    }
    const auto all_ended = [&] {
      for (size_t host = 0; host < bodies.size(); ++host) {
        if (Machine(host).running()) return false;
      }
      return true;
    };
    if (world_.RunUntilTrue(all_ended, limit)) return;
    for (size_t host = 0; host < bodies.size(); ++host) {
      ADD_FAILURE() << "host " << host << " still runs after " << ToMillis(limit)
                    << " ms: " << absl::StrJoin(Machine(host).FiberNames(), ", ");
      Machine(host).Kill();
    }
  }

  void RestartProcess(size_t host) override { Machine(host).Kill(); }

  void LimitSpace(size_t host, std::optional<uint64_t> bytes) override {
    Machine(host).disk().SetCapacity(bytes.value_or(sim::DiskOptions().capacity));
  }
  void FailNextSync(size_t host) override {
    Machine(host).disk().Arm({.ops = sim::kDiskSync, .times = 1});
  }

 private:
  static constexpr char kDarkAddress[] = "10.0.0.99";

  sim::Host& Machine(size_t host) { return world_.host(sim::HostId(host + 1)); }

  sim::World world_{1};
};

const WorldRegistration kRegistration("Sim", [] { return std::make_unique<SimContractWorld>(); });

}  // namespace
}  // namespace konsul::contract
