#include "sim/cluster/link_faults.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace konsul::cluster {
namespace {

const chaos::NetworkChaos& BodyOf(const chaos::Injection& injection) {
  return std::get<chaos::NetworkChaos>(injection.body);
}

}  // namespace

void LinkFaults::Begin(const chaos::Injection& injection) {
  using Kind = chaos::Injection::Kind;
  if (injection.kind == Kind::kNetem) return Shape(injection, true);
  const std::set<chaos::Link> links(injection.links.begin(), injection.links.end());
  for (const chaos::Link& link : injection.links) {
    // Both sides of a connection are reset at once.
    const bool twice = injection.kind == Kind::kReset && link.to < link.from &&
                       BodyOf(injection).direction == chaos::Direction::kBoth &&
                       links.contains({link.to, link.from});
    if (twice) continue;
    if (injection.kind == Kind::kCut) Cut(link, +1);
    if (injection.kind == Kind::kClog) Clog(injection, link);
    if (injection.kind == Kind::kReset || injection.kind == Kind::kHalfOpen) {
      EndConnections(injection, link);
    }
  }
}

void LinkFaults::End(const chaos::Injection& injection) {
  using Action = chaos::NetworkChaos::Action;
  const Action action = BodyOf(injection).action;
  if (action == Action::kNetem) return Shape(injection, false);
  // A clog ends by itself; the others are over at once.
  if (action != Action::kPartition) return;
  for (const chaos::Link& link : injection.links) Cut(link, -1);
}

void LinkFaults::Heal() {
  world_.network().HealAll();
  cuts_.clear();
}

void LinkFaults::Cut(const chaos::Link& link, int change) {
  int& cuts = cuts_[{link.from, link.to}];
  const bool was_cut = cuts > 0;
  cuts += change;
  KONSUL_CHECK(cuts >= 0);
  if (!was_cut && cuts > 0) world_.network().Cut(IdOf(link.from), IdOf(link.to));
  if (was_cut && cuts == 0) world_.network().Heal(IdOf(link.from), IdOf(link.to));
}

uint64_t LinkFaults::DrawOf(const chaos::Injection& injection, const chaos::Link& link) const {
  return world_.Fork("connections")
      .Fork(injection.occurrence)
      .Fork(absl::StrCat(link.from, ">", link.to))
      .Next();
}

void LinkFaults::Clog(const chaos::Injection& injection, const chaos::Link& link) {
  const Duration left = experiment_.duration - injection.at;
  const Duration lasts = std::min(injection.lasts, std::max(left, Duration(1ms)));
  if (BodyOf(injection).one_connection) {
    world_.network().ClogOne(IdOf(link.from), IdOf(link.to), lasts, DrawOf(injection, link));
  } else {
    world_.network().Clog(IdOf(link.from), IdOf(link.to), lasts);
  }
}

void LinkFaults::EndConnections(const chaos::Injection& injection, const chaos::Link& link) {
  const chaos::NetworkChaos& network = BodyOf(injection);
  const sim::HostId from = IdOf(link.from);
  const sim::HostId to = IdOf(link.to);
  std::optional<uint64_t> one;
  if (network.one_connection) one = DrawOf(injection, link);
  if (injection.kind == chaos::Injection::Kind::kHalfOpen) {
    world_.network().Forget(from, to, one);
  } else if (network.direction == chaos::Direction::kBoth || one.has_value()) {
    world_.network().ResetAtAByte(from, to, one);
  } else {
    world_.network().GiveUpConnections(from, to);
  }
}

void LinkFaults::Shape(const chaos::Injection& injection, bool begin) {
  for (const chaos::Link& link : injection.links) {
    auto& shapes = shapes_[{link.from, link.to}];
    if (begin) {
      shapes.push_back({injection.id, BodyOf(injection)});
    } else {
      std::erase_if(shapes, [&](const Shaped& shape) { return shape.id == injection.id; });
    }
    ApplyShapes({link.from, link.to});
  }
}

void LinkFaults::ApplyShapes(const LinkKey& link) {
  sim::LatencyModel model = tunables_.network.latency;
  sim::DatagramFaults datagrams = tunables_.network.datagrams;
  chaos::NetworkChaos all;
  for (const Shaped& shape : shapes_[link]) {
    const chaos::NetworkChaos& how = shape.how;
    if (how.latency > Duration::zero() || how.jitter > Duration::zero()) {
      all.latency = how.latency;
      all.jitter = how.jitter;
    }
    if (how.rate > 0) all.rate = how.rate;
    if (how.loss_ppm > 0) all.loss_ppm = datagrams.loss_ppm = how.loss_ppm;
    if (how.duplicate_ppm > 0) datagrams.duplicate_ppm = how.duplicate_ppm;
    if (how.corrupt_ppm > 0) datagrams.corrupt_ppm = how.corrupt_ppm;
    if (how.reorder_ppm > 0) datagrams.reorder_ppm = how.reorder_ppm;
    if (how.truncate_ppm > 0) {
      datagrams.truncate_ppm = how.truncate_ppm;
      datagrams.mtu = how.mtu;
    }
  }
  model.base += all.latency;
  model.jitter += all.jitter;
  // A stream shows loss as the time that retransmission takes.
  if (all.loss_ppm > 0) {
    model.jitter += 200ms * all.loss_ppm / 1'000'000;
    model.tail_max = std::max<Duration>(model.tail_max, 1s);
  }
  sim::Network& network = world_.network();
  const sim::HostId from = IdOf(link.first);
  const sim::HostId to = IdOf(link.second);
  network.SetLatency(from, to, model);
  network.SetDatagramFaults(from, to, datagrams);
  uint64_t& rate = rates_[link];
  if (rate != all.rate) network.SetRate(from, to, all.rate);
  rate = all.rate;
}

}  // namespace konsul::cluster
