#include "sim/cluster/injector.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "sim/cluster/rot.h"

namespace konsul::cluster {
namespace {

uint32_t OpsOf(const chaos::IoChaos& io) {
  uint32_t ops = 0;
  for (const std::string& method : io.methods) {
    if (method == "fsync") ops |= sim::kDiskSync | sim::kDiskSyncDir | sim::kDiskAllocate;
    if (method == "write") ops |= sim::kDiskWrite | sim::kDiskAllocate;
    if (method == "read") ops |= sim::kDiskRead;
    if (method == "open" || method == "rename" || method == "unlink") ops |= sim::kDiskMetadata;
  }
  return ops == 0 ? static_cast<uint32_t>(sim::kDiskAnyOp) : ops;
}

void SetDrift(sim::SimClock& clock, const chaos::TimeChaos& time, int64_t ppm) {
  if (time.drift_wall_only) return clock.SetWallDrift(ppm);
  clock.SetDrift(ppm);
}

}  // namespace

void Injector::Apply(const chaos::Injection& injection) {
  using Kind = chaos::Injection::Kind;
  ++counts_[chaos::KindName(injection.kind)];
  // What did not happen is no event.
  if (injection.kind == Kind::kSkipped) return;
  world_.Note(sim::HostId(0), injection.id, chaos::Describe(injection));
  if (injection.kind == Kind::kEnd) {
    End(injection);
  } else if (injection.kind == Kind::kRestart) {
    Restart(injection);
  } else {
    Begin(injection);
  }
}

void Injector::Begin(const chaos::Injection& injection) {
  using Kind = chaos::Injection::Kind;
  switch (injection.kind) {
    case Kind::kCut:
    case Kind::kNetem:
    case Kind::kReset:
    case Kind::kClog:
    case Kind::kHalfOpen:
      return links_.Begin(injection);
    case Kind::kKill:
    case Kind::kPowerLoss:
    case Kind::kWipe:
      for (const std::string& name : injection.targets) Stop(name, injection.kind);
      return;
    case Kind::kPause:
      for (const std::string& name : injection.targets) {
        cluster_.HostOf(name).Pause(injection.lasts);
      }
      return;
    case Kind::kSlow:
    case Kind::kNoDescriptors:
      return Hamper(injection, true);
    case Kind::kClock:
      return BeginClock(injection);
    case Kind::kIoFault:
    case Kind::kIoLatency:
    case Kind::kIoStall:
    case Kind::kIoRot:
    case Kind::kIoMisdirect:
      return BeginIo(injection);
    case Kind::kSkipped:
    case Kind::kRestart:
    case Kind::kOperator:
    case Kind::kEnd:
      return;
  }
}

// Which kind has ended follows from the fault's body.
void Injector::End(const chaos::Injection& injection) {
  if (std::holds_alternative<chaos::NetworkChaos>(injection.body)) {
    links_.End(injection);
  } else if (std::holds_alternative<chaos::TimeChaos>(injection.body)) {
    EndClock(injection);
  } else if (std::holds_alternative<chaos::IoChaos>(injection.body)) {
    EndIo(injection);
  } else if (std::holds_alternative<chaos::ProcessChaos>(injection.body)) {
    Hamper(injection, false);
  }
}

void Injector::Stop(const std::string& name, chaos::Injection::Kind how) {
  using Kind = chaos::Injection::Kind;
  ServerHost* server = cluster_.ServerOf(name);
  if (server != nullptr && how == Kind::kWipe) {
    cluster_.Wipe(*server);
  } else if (server != nullptr) {
    server->Stop(how == Kind::kPowerLoss);
  } else if (how == Kind::kKill) {
    cluster_.HostOf(name).Kill();
  } else {
    cluster_.HostOf(name).PowerLoss();
  }
}

void Injector::Start(const std::string& name) {
  if (ServerHost* server = cluster_.ServerOf(name)) {
    server->Start();
  } else {
    cluster_.StartClient(cluster_.ClientOf(name));
  }
}

void Injector::Restart(const chaos::Injection& injection) {
  const auto& pod = BodyOf<chaos::PodChaos>(injection);
  for (const std::string& name : injection.targets) {
    ServerHost* server = cluster_.ServerOf(name);
    if (server != nullptr && pod.version.has_value()) {
      server->SetVersion(*pod.version);
      world_.Note(server->host().id(), *pod.version,
                  absl::StrCat(name, " starts as version ", *pod.version));
    }
    if (server != nullptr && pod.wipe) cluster_.Reinstall(*server);
    Start(name);
  }
}

// Of several that overlap the worst counts.
void Injector::Hamper(const chaos::Injection& injection, bool begin) {
  using Action = chaos::ProcessChaos::Action;
  const auto& process = BodyOf<chaos::ProcessChaos>(injection);
  // A pause ends by itself.
  if (process.action == Action::kPause) return;
  const bool slow = process.action == Action::kSlow;
  for (const std::string& name : injection.targets) {
    auto& all = hampered_[{name, slow}];
    const int64_t how = slow ? process.delay.count() : process.percent_ppm;
    if (begin) all.insert(how);
    if (!begin) all.erase(all.find(how));
    const int64_t worst = all.empty() ? 0 : *all.rbegin();
    sim::Host& host = cluster_.HostOf(name);
    if (slow) host.SetSlowness(Duration(worst));
    if (!slow) world_.network().SetAcceptFailure(host.id(), static_cast<uint32_t>(worst));
  }
}

void Injector::BeginClock(const chaos::Injection& injection) {
  const auto& time = BodyOf<chaos::TimeChaos>(injection);
  for (size_t i = 0; i < injection.targets.size(); ++i) {
    sim::SimClock& clock = cluster_.HostOf(injection.targets[i]).clock();
    if (time.wall && time.offset != Duration::zero()) clock.StepWall(time.offset);
    if (time.monotonic && time.offset > Duration::zero()) clock.StepMonotonic(time.offset);
    if (!injection.drift_ppm.empty()) SetDrift(clock, time, injection.drift_ppm[i]);
    if (time.freeze) clock.SetFrozen(true);
    if (time.freeze_wall) clock.SetWallFrozen(true);
  }
}

void Injector::EndClock(const chaos::Injection& injection) {
  const auto& time = BodyOf<chaos::TimeChaos>(injection);
  for (const std::string& name : injection.targets) {
    sim::SimClock& clock = cluster_.HostOf(name).clock();
    if (time.wall && time.offset != Duration::zero()) clock.StepWall(-time.offset);
    if (!injection.drift_ppm.empty()) SetDrift(clock, time, 0);
    if (time.freeze) clock.SetFrozen(false);
    if (time.freeze_wall) clock.SetWallFrozen(false);
  }
}

void Injector::BeginIo(const chaos::Injection& injection) {
  for (const std::string& name : injection.targets) BeginIo(injection, name);
}

void Injector::BeginIo(const chaos::Injection& injection, const std::string& name) {
  using Kind = chaos::Injection::Kind;
  const auto& io = BodyOf<chaos::IoChaos>(injection);
  sim::SimDisk& disk = cluster_.HostOf(name).disk();
  ServerHost* server = cluster_.ServerOf(name);
  if (injection.kind == Kind::kIoLatency) {
    const int64_t usual = std::max<int64_t>(1, disk.options().sync.base.count());
    disk.SetSyncSlowness(
        static_cast<uint32_t>(std::min<int64_t>(1'000'000, 100 + io.delay.count() * 100 / usual)));
    return;
  }
  if (injection.kind == Kind::kIoStall) return disk.SetStalled(OpsOf(io));
  if (injection.kind == Kind::kIoRot) {
    env::Random random = world_.Fork("rot").Fork(injection.occurrence);
    const size_t bits = FlipBits(disk, io.path, io.bits, random);
    if (bits > 0 && server != nullptr) server->Damaged();
    counts_["bits-flipped"] += bits;
    return;
  }
  sim::DiskFault fault;
  fault.ops = OpsOf(io);
  fault.glob = io.path;
  fault.ppm = io.percent_ppm;
  // A server whose disk gives errors gives up, and that is a crash: no moment for one while the
  // write that went astray may be its last.
  const bool misdirects = injection.kind == Kind::kIoMisdirect;
  if (server != nullptr && (misdirects ? server->disk_fails() : server->fragile())) return;
  if (misdirects) {
    fault.error = sim::DiskError::kMisdirect;
    fault.times = 1;
    const uint64_t number = disk.Arm(fault);
    if (server != nullptr) server->Misdirect(number);
    return;
  }
  if (server != nullptr) server->DiskFaults(+1);
  fault.error = io.error == 28 ? sim::DiskError::kNoSpace : sim::DiskError::kIo;
  armed_[injection.id].emplace_back(name, disk.Arm(fault));
}

void Injector::EndIo(const chaos::Injection& injection) {
  for (const auto& [name, number] : armed_[injection.id]) {
    cluster_.HostOf(name).disk().Disarm(number);
    if (ServerHost* server = cluster_.ServerOf(name)) server->DiskFaults(-1);
  }
  armed_.erase(injection.id);
  const auto action = BodyOf<chaos::IoChaos>(injection).action;
  for (const std::string& name : injection.targets) {
    sim::SimDisk& disk = cluster_.HostOf(name).disk();
    if (action == chaos::IoChaos::Action::kLatency) disk.SetSyncSlowness(100);
    if (action == chaos::IoChaos::Action::kStall) disk.SetStalled(0);
  }
}

void Injector::HealEverything() {
  links_.Heal();
  for (const auto& [key, all] : hampered_) {
    if (all.empty()) continue;
    sim::Host& host = cluster_.HostOf(key.first);
    if (key.second) host.SetSlowness(Duration::zero());
    if (!key.second) world_.network().SetAcceptFailure(host.id(), 0);
  }
  hampered_.clear();
  world_.buggify().DisarmAll();
  for (const chaos::Node& node : cluster_.Inventory()) {
    sim::Host& host = cluster_.HostOf(node.name);
    host.clock().Mend();
    host.disk().DisarmAll();
    host.disk().SetSyncSlowness(100);
    host.disk().SetStalled(0);
    if (host.paused()) host.Resume();
    Start(node.name);
  }
}

}  // namespace konsul::cluster
