#include "sim/cluster/injector.h"

#include <algorithm>
#include <string>

#include "core/base/check.h"
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
    for (const std::string& name : injection.targets) Start(name);
  } else {
    Begin(injection);
  }
}

void Injector::Begin(const chaos::Injection& injection) {
  using Kind = chaos::Injection::Kind;
  switch (injection.kind) {
    case Kind::kCut:
      for (const auto& link : injection.links) Cut(link, +1);
      return;
    case Kind::kNetem:
      return Shape(injection, true);
    case Kind::kReset:
      for (const auto& link : injection.links) {
        const sim::HostId from = cluster_.HostOf(link.from).id();
        const sim::HostId to = cluster_.HostOf(link.to).id();
        if (BodyOf<chaos::NetworkChaos>(injection).direction == chaos::Direction::kBoth) {
          world_.network().ResetConnections(from, to);
        } else {
          world_.network().GiveUpConnections(from, to);
        }
      }
      return;
    case Kind::kKill:
    case Kind::kPowerLoss:
      for (const std::string& name : injection.targets) {
        Stop(name, injection.kind == Kind::kPowerLoss);
      }
      return;
    case Kind::kPause:
      for (const std::string& name : injection.targets) {
        cluster_.HostOf(name).Pause(injection.lasts);
      }
      return;
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
  const chaos::FaultBody& body = experiment_.faults[injection.fault_number].body;
  if (const auto* network = std::get_if<chaos::NetworkChaos>(&body)) {
    if (network->action == chaos::NetworkChaos::Action::kNetem) return Shape(injection, false);
    if (network->action == chaos::NetworkChaos::Action::kReset) return;
    for (const auto& link : injection.links) Cut(link, -1);
  } else if (std::holds_alternative<chaos::TimeChaos>(body)) {
    EndClock(injection);
  } else if (std::holds_alternative<chaos::IoChaos>(body)) {
    EndIo(injection);
  }
  // A pause ends by itself.
}

void Injector::Cut(const chaos::Link& link, int change) {
  int& cuts = cuts_[{link.from, link.to}];
  const bool was_cut = cuts > 0;
  cuts += change;
  KONSUL_CHECK(cuts >= 0);
  const sim::HostId from = cluster_.HostOf(link.from).id();
  const sim::HostId to = cluster_.HostOf(link.to).id();
  if (!was_cut && cuts > 0) world_.network().Cut(from, to);
  if (was_cut && cuts == 0) world_.network().Heal(from, to);
}

void Injector::Shape(const chaos::Injection& injection, bool begin) {
  for (const auto& link : injection.links) {
    auto& shapes = shapes_[{link.from, link.to}];
    if (begin) {
      shapes.emplace_back(injection.id, &BodyOf<chaos::NetworkChaos>(injection));
    } else {
      std::erase_if(shapes, [&](const auto& shape) { return shape.first == injection.id; });
    }
    ApplyLatency({link.from, link.to});
  }
}

void Injector::ApplyLatency(const LinkKey& link) {
  sim::LatencyModel model = tunables_.network.latency;
  sim::DatagramFaults datagrams = tunables_.network.datagrams;
  const auto& shapes = shapes_[link];
  if (!shapes.empty()) {
    const chaos::NetworkChaos& shape = *shapes.back().second;
    model.base += shape.latency;
    model.jitter += shape.jitter;
    datagrams.loss_ppm = shape.loss_ppm;
    // A stream shows loss as the time that retransmission takes.
    if (shape.loss_ppm > 0) {
      model.jitter += 200ms * shape.loss_ppm / 1'000'000;
      model.tail_max = std::max<Duration>(model.tail_max, 1s);
    }
  }
  const sim::HostId from = cluster_.HostOf(link.first).id();
  const sim::HostId to = cluster_.HostOf(link.second).id();
  world_.network().SetLatency(from, to, model);
  world_.network().SetDatagramFaults(from, to, datagrams);
}

void Injector::Stop(const std::string& name, bool power_loss) {
  if (ServerHost* server = cluster_.ServerOf(name)) {
    server->Stop(power_loss);
  } else if (power_loss) {
    cluster_.HostOf(name).PowerLoss();
  } else {
    cluster_.HostOf(name).Kill();
  }
}

void Injector::Start(const std::string& name) {
  if (ServerHost* server = cluster_.ServerOf(name)) {
    server->Start();
  } else {
    cluster_.StartClient(cluster_.ClientOf(name));
  }
}

void Injector::BeginClock(const chaos::Injection& injection) {
  const auto& time = BodyOf<chaos::TimeChaos>(injection);
  for (size_t i = 0; i < injection.targets.size(); ++i) {
    sim::SimClock& clock = cluster_.HostOf(injection.targets[i]).clock();
    if (time.wall && time.offset != Duration::zero()) clock.StepWall(time.offset);
    if (time.monotonic && time.offset > Duration::zero()) clock.StepMonotonic(time.offset);
    if (!injection.drift_ppm.empty()) clock.SetDrift(injection.drift_ppm[i]);
    if (time.freeze) clock.SetFrozen(true);
  }
}

void Injector::EndClock(const chaos::Injection& injection) {
  const auto& time = BodyOf<chaos::TimeChaos>(injection);
  for (const std::string& name : injection.targets) {
    sim::SimClock& clock = cluster_.HostOf(name).clock();
    if (time.wall && time.offset != Duration::zero()) clock.StepWall(-time.offset);
    if (!injection.drift_ppm.empty()) clock.SetDrift(0);
    if (time.freeze) clock.SetFrozen(false);
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
  if (injection.kind == Kind::kIoMisdirect) {
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
  world_.network().HealAll();
  cuts_.clear();
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
