// What the contract suite needs of a world, so that the same tests run over the operating system
// (real_world.cc) and over the simulator (sim_world.cc). A difference that a test finds is a bug in
// one of the two, or a promise that core/env must not make.
//
// A world file registers itself:
//
//   const WorldRegistration kRegistration("Sim", [] { return std::make_unique<SimWorld>(); });
//
// and is linked, together with the suite, into a program of its own (contract_real_test,
// contract_sim_test).
#ifndef KONSUL_TESTS_CONTRACT_CONTRACT_WORLD_H_
#define KONSUL_TESTS_CONTRACT_CONTRACT_WORLD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/env/env.h"

namespace konsul::contract {

// What one host does; runs on a fiber of that host's scheduler. It may spawn more fibers in a
// fiber::Group of env.scheduler and must have joined them, and destroyed its streams and files,
// when it returns. Bodies of different hosts may share plain variables (all run on one thread) but
// no WaitList: their schedulers may be different ones. See Await() below.
using Body = std::function<void(env::Env& env)>;

// Three hosts without faults. Every world starts fresh: empty disks, no ports in use. One instance
// serves one test and may Run() several times.
class ContractWorld {
 public:
  static constexpr size_t kHosts = 3;

  virtual ~ContractWorld() = default;

  // A numeric address on which `host` listens and is reached by the others: "127.0.0.1".
  virtual std::string Address(size_t host) const = 0;

  // Where a Dial gets no answer at all, not even a refusal; nothing when the world has no such
  // place, which skips the tests that need one. Called outside Run().
  virtual std::optional<env::Endpoint> SilentEndpoint() { return std::nullopt; }

  // Runs bodies[i] on host i, all at once, until every body has ended; size() <= kHosts. Fails the
  // test (ADD_FAILURE) and cancels the bodies when they take longer than `limit` of the world's
  // time, or when none of them can ever go on.
  virtual void RunHosts(std::vector<Body> bodies, Duration limit) = 0;
  void RunHosts(std::vector<Body> bodies) { RunHosts(std::move(bodies), 30s); }
  // Host 0 alone.
  void Run(Body body) { RunHosts({std::move(body)}); }

  // Between two runs: the process on `host` dies without any goodbye and a new one starts on the
  // same disk. What was written is there, synced or not; nothing is locked or open.
  virtual void RestartProcess(size_t host) = 0;

  // Faults that both worlds can make; for a body of `host`, of itself. ----------------------------

  // No file of the host grows beyond `bytes`; nullopt: no limit. In a test with one file. Where the
  // kernel is asked, this is the limit of a process and stands for a full file system.
  virtual void LimitSpace(size_t host, std::optional<uint64_t> bytes) = 0;
  // The next File::Sync of the host fails with an I/O error. Over the operating system the call is
  // answered in the kernel's place: what the kernel would do to its pages then, is not tested.
  virtual void FailNextSync(size_t host) = 0;
};

struct WorldFactory {
  std::string name;
  std::function<std::unique_ptr<ContractWorld>()> make;

  // How the test runner names it, instead of its bytes.
  friend void PrintTo(const WorldFactory& factory, std::ostream* out) { *out << factory.name; }
};

// All registered worlds, in order of registration.
std::vector<WorldFactory>& Worlds();

struct WorldRegistration {
  WorldRegistration(std::string name, std::function<std::unique_ptr<ContractWorld>()> make) {
    Worlds().push_back({std::move(name), std::move(make)});
  }
};

// Suspends until `holds()`, which another host's body makes true; looks every millisecond. Gives up
// silently when the fiber is cancelled.
void Await(env::Env& env, const std::function<bool()>& holds);

}  // namespace konsul::contract

#endif  // KONSUL_TESTS_CONTRACT_CONTRACT_WORLD_H_
