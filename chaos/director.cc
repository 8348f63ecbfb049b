#include "chaos/director.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chaos/shapes.h"
#include "chaos/strength.h"

namespace konsul::chaos {
namespace {

// Either end, or anything between: it is the ends that a bound is tried at.
int64_t DrawDrift(int64_t limit, env::Random& random) {
  const uint64_t which = random.Below(3);
  if (which < 2) return which == 0 ? -limit : limit;
  return static_cast<int64_t>(random.Below(static_cast<uint64_t>(2 * limit + 1))) - limit;
}

int64_t DriftOf(const TimeChaos& time, const std::string& target) {
  const std::vector<std::string>& names = time.targets.nodes;
  const auto it = std::find(names.begin(), names.end(), target);
  return time.drifts_ppm[static_cast<size_t>(it - names.begin())];
}

std::vector<std::string> Names(const std::vector<size_t>& chosen, const Inventory& inventory) {
  std::vector<std::string> names;
  for (const size_t i : chosen) names.push_back(inventory[i].name);
  return names;
}

bool IsServer(const Node& node) {
  const auto it = node.labels.find("component");
  return it != node.labels.end() && it->second == "server";
}

// A minority of whatever cluster there can be, by name.
std::set<std::string> DrawAtlas(const Experiment& experiment, env::Random random) {
  const bool changes = experiment.op.interval > Duration::zero();
  const uint32_t smallest = changes ? experiment.op.voters_min : experiment.datacenter.servers;
  const uint32_t all = experiment.datacenter.servers + experiment.datacenter.spares;
  std::set<std::string> atlas;
  if (experiment.blast_radius.damage_anywhere) {
    for (uint32_t i = 1; i <= all; ++i) atlas.insert(absl::StrCat("n", i));
    return atlas;
  }
  while (atlas.size() < (smallest - 1) / 2) {
    atlas.insert(absl::StrCat("n", 1 + random.Below(all)));
  }
  return atlas;
}

std::vector<Fault> Strengthened(const Experiment& experiment, const env::Random& random,
                                std::vector<std::map<std::string, std::string>>& drawn) {
  drawn.resize(experiment.faults.size());
  std::vector<Fault> out;
  for (const Fault& fault : experiment.faults) {
    out.push_back(Strengthen(fault, random.Fork(fault.name).Fork("strengths"), drawn[out.size()]));
  }
  return out;
}

}  // namespace

Director::Director(const Experiment& experiment, env::Random random)
    : experiment_(experiment),
      faults_(Strengthened(experiment, random, drawn_)),
      random_(random),
      timeline_(MakeTimeline(experiment, random)),
      atlas_(DrawAtlas(experiment, random.Fork("atlas"))),
      after_numbers_(experiment.faults.size(), 0) {}

Duration Director::next() const {
  Duration next = Duration::max();
  if (healed_) return next;
  if (next_occurrence_ < timeline_.occurrences.size()) {
    next = timeline_.occurrences[next_occurrence_].at;
  }
  if (!after_.empty()) next = std::min(next, after_.begin()->first);
  if (!steps_.empty()) next = std::min(next, steps_.begin()->first);
  for (const Rolling& rolling : rolling_) next = std::min(next, rolling.look_at);
  if (!ends_.empty()) next = std::min(next, ends_.begin()->first);
  return next;
}

void Director::OnEvent(absl::string_view event, Duration now) {
  if (healed_) return;
  for (size_t i = 0; i < experiment_.faults.size(); ++i) {
    const Trigger& trigger = experiment_.faults[i].trigger;
    if (trigger.kind != Trigger::Kind::kAfter || trigger.event != event) continue;
    if (!timeline_.swarm[i].exists) continue;
    const uint64_t number = after_numbers_[i]++;
    env::Random draw =
        random_.Fork(experiment_.faults[i].name).Fork(absl::StrCat("after/", number));
    const bool follows = draw.Chance(trigger.percent_ppm, 1'000'000);
    const Duration at = now + DrawIn(trigger.delay, draw);
    if (follows && at < experiment_.duration) after_.emplace(at, Occurrence{at, i, number});
  }
}

std::vector<Injection> Director::Advance(Duration now, const Inventory& inventory) {
  std::vector<Injection> out;
  if (healed_) return out;
  // Ends come first: what begins at the same moment finds the room they leave.
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto it = running_.find(ends_.begin()->second);
    ends_.erase(ends_.begin());
    if (it == running_.end()) continue;
    out.push_back(End(now, it->second));
    running_.erase(it);
  }
  while (next_occurrence_ < timeline_.occurrences.size() &&
         timeline_.occurrences[next_occurrence_].at <= now) {
    const Occurrence& occurrence = timeline_.occurrences[next_occurrence_++];
    Begin(now, occurrence.fault, occurrence.number, inventory, out);
  }
  while (!after_.empty() && after_.begin()->first <= now) {
    const Occurrence occurrence = after_.begin()->second;
    after_.erase(after_.begin());
    Begin(now, occurrence.fault, occurrence.number, inventory, out);
  }
  while (!steps_.empty() && steps_.begin()->first <= now) {
    Injection step = std::move(steps_.begin()->second);
    steps_.erase(steps_.begin());
    Admit(now, std::move(step), inventory, out);
  }
  std::erase_if(rolling_, [&](Rolling& rolling) { return !Roll(now, rolling, inventory, out); });
  record_.insert(record_.end(), out.begin(), out.end());
  return out;
}

std::vector<const Injection*> Director::Running() const {
  std::vector<const Injection*> out;
  for (const auto& [id, running] : running_) out.push_back(&running.begun);
  return out;
}

std::vector<Injection> Director::Heal(Duration now) {
  std::vector<Injection> out;
  for (const auto& [id, running] : running_) out.push_back(End(now, running));
  running_.clear();
  steps_.clear();
  rolling_.clear();
  healed_ = true;
  record_.insert(record_.end(), out.begin(), out.end());
  return out;
}

Injection Director::End(Duration now, const UnderWay& running) const {
  Injection end = running.begun;
  end.at = now;
  end.lasts = Duration::max();
  const bool died = std::holds_alternative<PodChaos>(running.begun.body);
  end.kind = died ? Injection::Kind::kRestart : Injection::Kind::kEnd;
  return end;
}

void Director::Begin(Duration now, size_t number_of_fault, uint64_t number,
                     const Inventory& inventory, std::vector<Injection>& out) {
  const Fault& fault = faults_[number_of_fault];
  env::Random random = random_.Fork(fault.name).Fork(absl::StrCat("occurrence/", number));
  Injection injection = Resolve(fault, inventory, random);
  injection.body = fault.body;
  injection.strength = drawn_[number_of_fault];
  injection.fault = fault.name;
  injection.fault_number = number_of_fault;
  injection.occurrence =
      fault.trigger.kind == Trigger::Kind::kAt ? fault.name : absl::StrCat(fault.name, "/", number);
  if (fault.duration.has_value()) {
    injection.lasts =
        std::max(Duration(1ms), *fault.duration * timeline_.swarm[number_of_fault].percent / 100);
  }
  BeginSteps(now, std::move(injection), inventory, random, out);
}

void Director::Admit(Duration now, Injection injection, const Inventory& inventory,
                     std::vector<Injection>& out) {
  injection.at = now;
  if (injection.kind != Injection::Kind::kSkipped) injection.why = Exceeds(injection, inventory);
  if (!injection.why.empty()) injection.kind = Injection::Kind::kSkipped;
  if (injection.kind != Injection::Kind::kSkipped) {
    injection.id = ++last_id_;
    UnderWay running{injection, {}};
    for (const std::string& target : injection.targets) running.hurts.insert(target);
    if (injection.kind == Injection::Kind::kWipe) {
      wiped_.insert(injection.targets.begin(), injection.targets.end());
    }
    if (injection.lasts != Duration::max()) ends_.emplace(now + injection.lasts, injection.id);
    running_.emplace(injection.id, std::move(running));
  }
  out.push_back(std::move(injection));
}

Injection Director::Resolve(const Fault& fault, const Inventory& inventory,
                            env::Random& random) const {
  Injection out;
  if (const auto* network = std::get_if<NetworkChaos>(&fault.body)) {
    ResolveNetwork(*network, inventory, random, out);
  } else if (const auto* pod = std::get_if<PodChaos>(&fault.body)) {
    ResolveKill(*pod, inventory, random, out);
  } else if (const auto* process = std::get_if<ProcessChaos>(&fault.body)) {
    constexpr Injection::Kind kKinds[] = {Injection::Kind::kPause, Injection::Kind::kSlow,
                                          Injection::Kind::kNoDescriptors};
    out.kind = kKinds[static_cast<size_t>(process->action)];
    out.targets = Names(Select(process->targets, inventory, random), inventory);
  } else if (const auto* time = std::get_if<TimeChaos>(&fault.body)) {
    out.kind = Injection::Kind::kClock;
    out.targets = Names(Select(time->targets, inventory, random), inventory);
    for (size_t i = 0; i < out.targets.size() && time->drift_ppm > 0; ++i) {
      out.drift_ppm.push_back(DrawDrift(time->drift_ppm, random));
    }
    for (const std::string& target : out.targets) {
      if (!time->drifts_ppm.empty()) out.drift_ppm.push_back(DriftOf(*time, target));
    }
  } else if (const auto* io = std::get_if<IoChaos>(&fault.body)) {
    ResolveIo(*io, inventory, random, out);
  }
  if (out.targets.empty() && out.why.empty()) {
    out.kind = Injection::Kind::kSkipped;
    out.why = "nobody matches now";
  }
  return out;
}

void Director::ResolveIo(const IoChaos& io, const Inventory& inventory, env::Random& random,
                         Injection& out) const {
  using Kind = Injection::Kind;
  constexpr Kind kKinds[] = {Kind::kIoFault, Kind::kIoLatency, Kind::kIoStall, Kind::kIoRot,
                             Kind::kIoMisdirect};
  out.kind = kKinds[static_cast<size_t>(io.action)];
  const bool damages = out.kind == Kind::kIoRot || out.kind == Kind::kIoMisdirect;
  Inventory may;
  for (const Node& node : inventory) {
    const bool anywhere = experiment_.blast_radius.damage_anywhere;
    if (!damages || anywhere || (atlas_.contains(node.name) && !node.only_copy)) {
      may.push_back(node);
    }
  }
  out.targets = Names(Select(io.targets, may, random), may);
}

void Director::ResolveNetwork(const NetworkChaos& network, const Inventory& inventory,
                              env::Random& random, Injection& out) const {
  constexpr Injection::Kind kKinds[] = {Injection::Kind::kCut, Injection::Kind::kNetem,
                                        Injection::Kind::kReset, Injection::Kind::kClog,
                                        Injection::Kind::kHalfOpen};
  out.kind = kKinds[static_cast<size_t>(network.action)];
  const std::vector<size_t> targets = Select(network.targets, inventory, random);
  if (network.shape != Shape::kNone) {
    out.targets = Names(targets, inventory);
    if (out.targets.size() < NodesOf(network.shape)) {
      out.kind = Injection::Kind::kSkipped;
      out.why = "too few match now for this shape";
      return;
    }
    const std::set<Link> shape = LinksOf(network.shape, network.direction, out.targets, random);
    out.links.assign(shape.begin(), shape.end());
    return;
  }
  std::vector<size_t> others;
  if (network.others.has_value()) {
    others = Select(*network.others, inventory, random);
  } else {
    for (size_t i = 0; i < inventory.size(); ++i) others.push_back(i);
  }
  const std::set<size_t> group(targets.begin(), targets.end());
  std::set<Link> links;
  for (const size_t target : targets) {
    for (const size_t other : others) {
      if (other == target || (network.keep_group && group.contains(other))) continue;
      const std::string& a = inventory[target].name;
      const std::string& b = inventory[other].name;
      if (network.direction != Direction::kFrom) links.insert({a, b});
      if (network.direction != Direction::kTo) links.insert({b, a});
    }
  }
  out.targets = Names(targets, inventory);
  out.links.assign(links.begin(), links.end());
  if (!network.links.empty()) out.links = network.links;
}

void Director::ResolveKill(const PodChaos& pod, const Inventory& inventory, env::Random& random,
                           Injection& out) const {
  out.kind = pod.wipe            ? Injection::Kind::kWipe
             : pod.lose_unsynced ? Injection::Kind::kPowerLoss
                                 : Injection::Kind::kKill;
  const bool anywhere = experiment_.blast_radius.damage_anywhere;
  Inventory alive;
  for (const Node& node : inventory) {
    const bool safe = atlas_.contains(node.name) && !node.only_copy && !wiped_.contains(node.name);
    if (node.running && (!pod.wipe || safe || anywhere)) alive.push_back(node);
  }
  out.targets = Names(Select(pod.targets, alive, random), alive);
  if (pod.restart_after.has_value()) out.lasts = DrawIn(*pod.restart_after, random);
}

std::string Director::Exceeds(const Injection& injection, const Inventory& inventory) const {
  const BlastRadius& radius = experiment_.blast_radius;
  if (radius.max_concurrent > 0 && running_.size() >= radius.max_concurrent) {
    return "too many faults at once";
  }
  if (!radius.minority_only) return "";
  std::set<std::string> hurt(injection.targets.begin(), injection.targets.end());
  for (const auto& [id, running] : running_) {
    hurt.insert(running.hurts.begin(), running.hurts.end());
  }
  size_t servers = 0;
  size_t unavailable = 0;
  for (const Node& node : inventory) {
    if (!IsServer(node)) continue;
    ++servers;
    if (hurt.contains(node.name)) ++unavailable;
  }
  return unavailable * 2 < servers ? "" : "would hurt more than a minority of the servers";
}

}  // namespace konsul::chaos
