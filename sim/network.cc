#include "sim/network.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/fabric.h"

namespace konsul::sim {
namespace {

void Record(Engine& engine, HostId from, HostId to, absl::string_view what, uint64_t value) {
  engine.trace().Add(engine.now(), from, EventKind::kLink,
                     HashContent(what, to.value * 0x9e3779b97f4a7c15ULL + value), 0, [&] {
                       return absl::StrCat(what, " ", from.value, " > ", to.value, " ", value);
                     });
}

}  // namespace

Network::Network(Engine& engine, const NetworkOptions& options)
    : engine_(engine), fabric_(std::make_unique<Fabric>(engine, options)) {}

Network::~Network() = default;

void Network::Cut(HostId from, HostId to) {
  Link& link = fabric_->topology.link(from, to);
  if (link.cut) return;
  link.cut = true;
  link.cut_since = engine_.now();
  Record(engine_, from, to, "cut", 0);
}

void Network::Heal(HostId from, HostId to) {
  Link& link = fabric_->topology.link(from, to);
  if (!link.cut) return;
  link.cut = false;
  Record(engine_, from, to, "heal", 0);
  fabric_->streams.ReleaseHeld();
}

void Network::CutBoth(HostId a, HostId b) {
  Cut(a, b);
  Cut(b, a);
}

void Network::HealBoth(HostId a, HostId b) {
  Heal(a, b);
  Heal(b, a);
}

void Network::HealAll() {
  const size_t n = fabric_->topology.size();
  for (size_t from = 1; from <= n; ++from) {
    for (size_t to = 1; to <= n; ++to) {
      Link& link = fabric_->topology.link(HostId(from), HostId(to));
      link.cut = false;
      // What already waits for the end of a clog keeps its time; nothing new waits.
      link.clogged_until = std::min(link.clogged_until, engine_.now());
    }
  }
  fabric_->streams.UnclogAll();
  Record(engine_, HostId(), HostId(), "heal all", 0);
  fabric_->streams.ReleaseHeld();
}

void Network::Clog(HostId from, HostId to, Duration d) {
  Link& link = fabric_->topology.link(from, to);
  link.clogged_until = std::max(link.clogged_until, engine_.now() + d);
  Record(engine_, from, to, "clog", static_cast<uint64_t>(d.count()));
}

bool Network::ClogOne(HostId from, HostId to, Duration d, uint64_t draw) {
  Record(engine_, from, to, "clog one", static_cast<uint64_t>(d.count()));
  return fabric_->streams.ClogOne(from, to, engine_.now() + d, draw);
}

void Network::ResetAtAByte(HostId a, HostId b, std::optional<uint64_t> draw) {
  Record(engine_, a, b, "reset at a byte", draw.value_or(0));
  fabric_->streams.ResetAtAByte(a, b, draw);
}

void Network::Forget(HostId from, HostId to, std::optional<uint64_t> draw) {
  Record(engine_, from, to, "forget", draw.value_or(0));
  fabric_->streams.Forget(from, to, draw);
}

void Network::SetAcceptFailure(HostId host, uint32_t ppm) {
  fabric_->topology.SetAcceptFailure(host, ppm);
  Record(engine_, host, host, "accept failure", ppm);
}

void Network::ResetConnections(HostId a, HostId b) {
  Record(engine_, a, b, "reset", 0);
  fabric_->streams.ResetBetween(a, b);
}

void Network::GiveUpConnections(HostId from, HostId to) {
  Record(engine_, from, to, "give up", 0);
  fabric_->streams.GiveUpDialed(from, to);
}

void Network::SetLatency(HostId from, HostId to, const LatencyModel& model) {
  fabric_->topology.link(from, to).latency = model;
  Record(engine_, from, to, "latency", static_cast<uint64_t>(model.base.count()));
}

void Network::SetDatagramFaults(HostId from, HostId to, const DatagramFaults& faults) {
  fabric_->topology.link(from, to).faults = faults;
  const uint64_t others =
      faults.duplicate_ppm + faults.corrupt_ppm + faults.reorder_ppm + faults.truncate_ppm;
  Record(engine_, from, to, "datagram loss", faults.loss_ppm + (others << 24));
}

void Network::SetRate(HostId from, HostId to, uint64_t bytes_per_second) {
  Link& link = fabric_->topology.link(from, to);
  link.bytes_per_second = bytes_per_second;
  // What has not left yet leaves at the new rate.
  link.busy_until = std::min(link.busy_until, engine_.now());
  fabric_->streams.Retime(from, to);
  Record(engine_, from, to, "rate", bytes_per_second);
}

bool Network::IsCut(HostId from, HostId to) const { return fabric_->topology.link(from, to).cut; }

NetworkOptions& Network::options() { return fabric_->options; }

const NetworkCounters& Network::counters() const { return fabric_->counters; }

size_t Network::open_connections() const { return fabric_->streams.open_connections(); }

}  // namespace konsul::sim
