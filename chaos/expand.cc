#include "chaos/expand.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace konsul::chaos {
namespace {

TargetSet Exactly(const std::vector<std::string>& nodes) {
  TargetSet set;
  set.mode = Mode::kAll;
  set.nodes = nodes;
  return set;
}

// As a person would say it, when targets and others explain the links; link by link otherwise.
void ExpandLinks(const Injection& done, NetworkChaos& network) {
  const std::set<std::string> targets(done.targets.begin(), done.targets.end());
  const std::set<Link> links(done.links.begin(), done.links.end());
  std::set<std::string> others;
  for (const Link& link : links) {
    // Between two targets either end may be meant.
    if (!targets.contains(link.from) || !network.keep_group) others.insert(link.from);
    if (!targets.contains(link.to) || !network.keep_group) others.insert(link.to);
  }
  if (targets.size() == 1) others.erase(*targets.begin());
  std::set<Link> product;
  for (const std::string& a : targets) {
    for (const std::string& b : others) {
      if (a == b || (network.keep_group && targets.contains(b))) continue;
      if (network.direction != Direction::kFrom) product.insert({a, b});
      if (network.direction != Direction::kTo) product.insert({b, a});
    }
  }
  network.links.clear();
  network.others = Exactly({others.begin(), others.end()});
  if (product == links && !links.empty()) return;
  network.others.reset();
  network.links = done.links;
}

void ExpandBody(const Injection& done, FaultBody& body) {
  std::visit([&](auto& each) { each.targets = Exactly(done.targets); }, body);
  if (auto* network = std::get_if<NetworkChaos>(&body)) {
    const bool drawn = network->shape != Shape::kNone;
    network->shape = Shape::kNone;
    network->flap = {};
    network->swizzle = false;
    if (drawn) network->others.reset();
    ExpandLinks(done, *network);
  }
  if (auto* pod = std::get_if<PodChaos>(&body)) {
    pod->rolling = false;
    pod->restart_after.reset();
    if (done.lasts != Duration::max()) pod->restart_after = DurationRange{done.lasts, done.lasts};
  }
  if (auto* time = std::get_if<TimeChaos>(&body)) {
    time->drift_ppm = 0;
    time->drifts_ppm = done.drift_ppm;
  }
}

bool Begins(const Injection& injection) {
  using Kind = Injection::Kind;
  return injection.kind != Kind::kSkipped && injection.kind != Kind::kOperator &&
         injection.kind != Kind::kRestart && injection.kind != Kind::kEnd;
}

}  // namespace

Experiment Expand(const Experiment& experiment, uint64_t seed,
                  const std::vector<Injection>& record) {
  Experiment out = experiment;
  out.seed = seed;
  out.runs = 1;
  out.faults.clear();
  // Nothing that happened was too much.
  out.blast_radius.minority_only = false;
  out.blast_radius.max_concurrent = 0;
  for (const Injection& done : record) {
    if (!Begins(done)) continue;
    // A fault that picked nobody to be cut off from is on record, and stays what it was.
    const bool links = ConcernsLinks(done.kind);
    Fault fault = experiment.faults[done.fault_number];
    fault.body = done.body;
    fault.strength.clear();
    fault.name = done.occurrence;
    fault.trigger = Trigger{};
    fault.trigger.at = done.at;
    const bool kill = std::holds_alternative<PodChaos>(fault.body);
    fault.duration.reset();
    if (!kill && done.lasts != Duration::max()) fault.duration = done.lasts;
    ExpandBody(done, fault.body);
    if (links && done.links.empty())
      std::get<NetworkChaos>(fault.body).others = TargetSet{.mode = Mode::kFixed, .value = 0};
    out.faults.push_back(std::move(fault));
  }
  return out;
}

}  // namespace konsul::chaos
