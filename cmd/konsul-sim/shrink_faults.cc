// What makes single faults simpler, and two of them one.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "cmd/konsul-sim/shrink_changes.h"
#include "cmd/konsul-sim/shrink_round.h"

namespace konsul::simulator {
namespace {

using chaos::Experiment;
using chaos::Fault;

// One name less, at each place.
void FewerNames(std::vector<ExperimentChange>& out, size_t count,
                const std::function<void(Experiment&, size_t)>& remove) {
  for (size_t i = 0; i < count && count > 1; ++i) {
    out.push_back([remove, i](Experiment& e) {
      remove(e, i);
      return true;
    });
  }
}

chaos::TargetSet& TargetsOf(Experiment& e, size_t fault) {
  return std::visit([](auto& body) -> chaos::TargetSet& { return body.targets; },
                    e.faults[fault].body);
}

// Alike but for whom they hit, and when.
bool OfOneKind(const Fault& a, const Fault& b) {
  if (a.body.index() != b.body.index() || a.duration.has_value() != b.duration.has_value()) {
    return false;
  }
  if (const auto* one = std::get_if<chaos::NetworkChaos>(&a.body)) {
    const auto& other = std::get<chaos::NetworkChaos>(b.body);
    return one->action == other.action && one->direction == other.direction &&
           one->others.has_value() == other.others.has_value() && one->links.empty() &&
           other.links.empty() && one->keep_group == other.keep_group;
  }
  if (const auto* one = std::get_if<chaos::PodChaos>(&a.body)) {
    const auto& other = std::get<chaos::PodChaos>(b.body);
    return one->lose_unsynced == other.lose_unsynced && one->wipe == other.wipe &&
           one->restart_after.has_value() == other.restart_after.has_value();
  }
  if (const auto* one = std::get_if<chaos::ProcessChaos>(&a.body)) {
    return one->action == std::get<chaos::ProcessChaos>(b.body).action;
  }
  return false;
}

void AddNames(chaos::TargetSet& to, const chaos::TargetSet& from) {
  std::set<std::string> names(to.nodes.begin(), to.nodes.end());
  names.insert(from.nodes.begin(), from.nodes.end());
  to.nodes.assign(names.begin(), names.end());
}

void Cover(Experiment& e, size_t into, size_t gone) {
  Fault& fault = e.faults[into];
  const Fault& other = e.faults[gone];
  AddNames(TargetsOf(e, into), TargetsOf(e, gone));
  if (auto* network = std::get_if<chaos::NetworkChaos>(&fault.body)) {
    const auto& more = std::get<chaos::NetworkChaos>(other.body);
    if (network->others.has_value()) AddNames(*network->others, *more.others);
  }
  const Duration at = std::min(fault.trigger.at, other.trigger.at);
  if (fault.duration.has_value()) {
    const Duration end =
        std::max(fault.trigger.at + *fault.duration, other.trigger.at + *other.duration);
    fault.duration = end - at;
  }
  fault.trigger.at = at;
  e.faults.erase(e.faults.begin() + static_cast<ptrdiff_t>(gone));
}

void SimplerNetwork(const chaos::NetworkChaos& network, size_t fault,
                    std::vector<ExperimentChange>& out) {
  const auto at = [fault](Experiment& e) -> chaos::NetworkChaos& {
    return std::get<chaos::NetworkChaos>(e.faults[fault].body);
  };
  FewerNames(out, network.links.size(), [at](Experiment& e, size_t i) {
    at(e).links.erase(at(e).links.begin() + static_cast<ptrdiff_t>(i));
  });
  if (network.others.has_value()) {
    FewerNames(out, network.others->nodes.size(), [at](Experiment& e, size_t i) {
      auto& nodes = at(e).others->nodes;
      nodes.erase(nodes.begin() + static_cast<ptrdiff_t>(i));
    });
  }
}

void SimplerPod(size_t fault, std::vector<ExperimentChange>& out) {
  const auto at = [fault](Experiment& e) -> chaos::PodChaos& {
    return std::get<chaos::PodChaos>(e.faults[fault].body);
  };
  out.push_back([at](Experiment& e) { return std::exchange(at(e).lose_unsynced, false); });
  out.push_back([at](Experiment& e) {
    if (at(e).lose_unsynced || !at(e).restart_after.has_value()) return false;
    at(e).restart_after.reset();
    return true;
  });
  for (const Duration grain : kGrains) {
    out.push_back([at, grain](Experiment& e) {
      if (!at(e).restart_after.has_value() || !RoundUp(at(e).restart_after->low, grain)) {
        return false;
      }
      at(e).restart_after->high = at(e).restart_after->low;
      return true;
    });
  }
}

}  // namespace

std::vector<ExperimentChange> MergedFaults(const Experiment& experiment) {
  std::vector<ExperimentChange> out;
  for (size_t gone = experiment.faults.size(); gone-- > 1;) {
    for (size_t into = gone; into-- > 0;) {
      if (!OfOneKind(experiment.faults[into], experiment.faults[gone])) continue;
      out.emplace_back([=](Experiment& e) {
        Cover(e, into, gone);
        return true;
      });
    }
  }
  return out;
}

std::vector<ExperimentChange> SimplerFaults(const Experiment& experiment, size_t fault) {
  std::vector<ExperimentChange> out;
  const chaos::FaultBody& body = experiment.faults[fault].body;
  const auto* time = std::get_if<chaos::TimeChaos>(&body);
  const size_t targets = std::visit([](const auto& b) { return b.targets.nodes.size(); }, body);
  const bool drifts = time != nullptr && !time->drifts_ppm.empty();
  FewerNames(out, targets, [fault, drifts](Experiment& e, size_t i) {
    auto& nodes = TargetsOf(e, fault).nodes;
    nodes.erase(nodes.begin() + static_cast<ptrdiff_t>(i));
    if (!drifts) return;
    auto& ppm = std::get<chaos::TimeChaos>(e.faults[fault].body).drifts_ppm;
    ppm.erase(ppm.begin() + static_cast<ptrdiff_t>(i));
  });
  if (const auto* network = std::get_if<chaos::NetworkChaos>(&body)) {
    SimplerNetwork(*network, fault, out);
  }
  if (std::holds_alternative<chaos::PodChaos>(body)) SimplerPod(fault, out);
  for (const Duration grain : kGrains) {
    out.push_back(
        [fault, grain](Experiment& e) { return Round(e.faults[fault].trigger.at, grain); });
  }
  for (const Duration grain : kGrains) {
    out.push_back([fault, grain](Experiment& e) {
      std::optional<Duration>& duration = e.faults[fault].duration;
      return duration.has_value() && RoundUp(*duration, grain);
    });
  }
  return out;
}

}  // namespace konsul::simulator
