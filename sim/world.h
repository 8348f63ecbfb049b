// A simulated world: hosts, their disks and clocks, and the network between them, on one thread in
// virtual time. A run is a pure function of the build, the seed and what the driver does to it.
//
//   sim::World world(seed);
//   sim::Host& a = world.AddHost("10.0.0.1");
//   a.Start([](env::Env env) { ... });
//   world.At(world.now() + 3s, [&] { a.PowerLoss(); });
//   world.RunFor(10s);
//   world.trace().hash();
//
// The world never ticks: it jumps from event to event, in the order (time, order of scheduling).
// Randomness is forked by name from the seed (Fork), so a new consumer reshuffles nobody else's.
// Nothing here is for fibers, except that fibers of hosts run inside Step and RunUntil.
#ifndef KONSUL_SIM_WORLD_H_
#define KONSUL_SIM_WORLD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "core/env/random.h"
#include "sim/engine.h"
#include "sim/host.h"
#include "sim/network.h"
#include "sim/trace.h"
#include "sim/types.h"

namespace konsul::sim {

struct WorldOptions {
  NetworkOptions network;
};

class World {
 public:
  explicit World(uint64_t seed, const WorldOptions& options = {});
  ~World();  // kills every process
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // `ip` must be new: it is the host's name on the network, and its random streams' too. On every
  // host 127.0.0.1 is the host itself (unless a host has that very address), 0.0.0.0 all of its
  // addresses.
  Host& AddHost(std::string ip, HostOptions options = {});
  Host& host(HostId id);
  size_t host_count() const { return hosts_.size(); }
  // The hosts in the order of their ids: for (HostId id : world.host_ids()).
  std::vector<HostId> host_ids() const;
  Network& network() { return network_; }
  // Nothing is armed at first.
  SimBuggify& buggify() { return engine_.buggify(); }

  Time now() const { return engine_.now(); }
  uint64_t seed() const { return engine_.seed(); }
  env::Random Fork(absl::string_view name) const { return engine_.Fork(name); }

  // Runs `fn` at the given time, which is now at the earliest.
  void At(Time time, absl::AnyInvocable<void()> fn) { engine_.Call(time, std::move(fn)); }
  // Without a record in the trace: to look whether something is due, which then records itself.
  void AtUnrecorded(Time time, absl::AnyInvocable<void()> fn) {
    engine_.CallUnrecorded(time, std::move(fn));
  }
  void After(Duration d, absl::AnyInvocable<void()> fn) { At(now() + d, std::move(fn)); }

  // One event and the fibers it woke. False when nothing will ever happen again.
  bool Step() { return engine_.Step(); }
  // All events up to and including `until`, which then is now.
  void RunUntil(Time until) { engine_.RunUntil(until); }
  void RunFor(Duration d) { engine_.RunUntil(now() + d); }
  // Steps until `holds()`, asked before the first and after every step: true. False when `limit` of
  // virtual time has passed without it.
  bool RunUntilTrue(absl::FunctionRef<bool()> holds, Duration limit);
  // Ends the RunUntil under way after the current event; for checkers that found something.
  void Stop() { engine_.Stop(); }
  // Ends every RunUntil once so many events have happened; RunUntilTrue's condition has to ask.
  void StopAtEvent(uint64_t number) { engine_.StopAtEvent(number); }
  bool AtLastEvent() const { return engine_.AtLastEvent(); }

  // Called after fibers of a host ran, outside any fiber: where invariants are checked. It may kill
  // and start processes. nullptr removes it.
  void SetAfterStep(std::function<void(HostId)> hook) { after_step_ = std::move(hook); }

  const Trace& trace() const { return engine_.trace(); }
  // Sees every record; must not touch the world. See ToJson in trace.h for lines of JSON.
  void SetTraceSink(Trace::Sink sink) { engine_.trace().SetSink(std::move(sink)); }
  // A record of what a workload or a checker decided; `payload` enters the hash, `detail` does not.
  void Note(HostId host, uint64_t payload, absl::string_view detail);

  size_t stacks_in_use() { return engine_.stacks().in_use(); }

 private:
  Engine engine_;
  Network network_;
  std::function<void(HostId)> after_step_;
  std::function<void(HostId)> after_run_;  // calls after_step_ when there is one
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_WORLD_H_
