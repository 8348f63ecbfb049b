#include "cmd/konsul-sim/shrink_changes.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chaos/pins.h"
#include "cmd/konsul-sim/shrink_round.h"

namespace konsul::simulator {
namespace {

using chaos::Experiment;
using chaos::Fault;
using chaos::Step;

uint32_t NumberOf(const std::string& name) {
  uint32_t number = 0;
  return absl::SimpleAtoi(name.substr(1), &number) ? number : 0;
}

// What is left of a fault when servers above `servers` and clients above `clients` are gone.
bool Survives(Fault& fault, uint32_t servers, uint32_t clients) {
  const auto gone = [&](const std::string& name) {
    return NumberOf(name) > (name[0] == 'n' ? servers : clients);
  };
  chaos::TargetSet& targets =
      std::visit([](auto& body) -> chaos::TargetSet& { return body.targets; }, fault.body);
  if (auto* time = std::get_if<chaos::TimeChaos>(&fault.body)) {
    for (size_t i = time->drifts_ppm.size(); i-- > 0;) {
      if (gone(targets.nodes[i])) time->drifts_ppm.erase(time->drifts_ppm.begin() + i);
    }
  }
  std::erase_if(targets.nodes, gone);
  if (targets.nodes.empty()) return false;
  auto* network = std::get_if<chaos::NetworkChaos>(&fault.body);
  if (network == nullptr) return true;
  const bool named = !network->links.empty();
  std::erase_if(network->links, [&](const auto& link) { return gone(link.from) || gone(link.to); });
  if (named) return !network->links.empty();
  if (!network->others.has_value() || network->others->nodes.empty()) return true;
  std::erase_if(network->others->nodes, gone);
  return !network->others->nodes.empty();
}

bool Resize(Experiment& e, uint32_t servers, uint32_t spares, uint32_t clients) {
  chaos::Datacenter& dc = e.datacenter;
  if (servers == dc.servers && spares == dc.spares && clients == dc.clients) return false;
  dc.servers = servers;
  dc.spares = spares;
  dc.clients = clients;
  e.op.voters_min = std::min(e.op.voters_min, servers);
  std::erase_if(e.faults,
                [&](Fault& fault) { return !Survives(fault, servers + spares, clients); });
  for (chaos::Workload& w : e.workloads) {
    if (!w.steps.has_value()) continue;
    for (Step& step : *w.steps) {
      const uint32_t server = NumberOf(step.server);
      if (server > servers + spares) step.server = absl::StrCat("n", 1 + (server - 1) % servers);
    }
  }
  return true;
}

// Only the clients that do something, or that a fault concerns, under new numbers. A workload that
// is not scripted keeps all of them busy.
bool OnlyBusyClients(Experiment& e) {
  std::set<uint32_t> busy;
  for (const chaos::Workload& w : e.workloads) {
    if (!w.steps.has_value()) return false;
    for (const Step& step : *w.steps) busy.insert(step.client);
  }
  if (busy.size() == e.datacenter.clients) return false;
  const std::vector<uint32_t> numbers(busy.begin(), busy.end());
  for (chaos::Workload& w : e.workloads) {
    for (Step& step : *w.steps) {
      const auto it = std::find(numbers.begin(), numbers.end(), step.client);
      step.client = static_cast<uint32_t>(it - numbers.begin()) + 1;
    }
  }
  const chaos::Datacenter dc = e.datacenter;
  return Resize(e, dc.servers, dc.spares, static_cast<uint32_t>(numbers.size()));
}

void SortSteps(chaos::Workload& workload) {
  std::stable_sort(workload.steps->begin(), workload.steps->end(),
                   [](const Step& a, const Step& b) { return a.at < b.at; });
}

}  // namespace

std::vector<ExperimentChange> QuieterWorlds(const Experiment&) {
  const std::vector<ExperimentChange> parts = {
      [](Experiment& e) {
        const Duration base = e.pins.latency.value_or(e.defaults.latency);
        const bool still = e.pins.latency_jitter == 0s && e.pins.latency_tail == 0s;
        e.pins.latency = base;
        e.pins.latency_jitter = e.pins.latency_tail = 0s;
        return !still;
      },
      [](Experiment& e) {
        const Duration base = e.pins.fsync.value_or(e.defaults.fsync / 2);
        const bool still = e.pins.fsync_jitter == 0s && e.pins.fsync_tail == 0s;
        e.pins.fsync = base;
        e.pins.fsync_jitter = e.pins.fsync_tail = 0s;
        return !still;
      },
      [](Experiment& e) {
        const bool still = e.pins.short_read == 0 && e.pins.short_segment == 0;
        e.pins.short_read = e.pins.short_segment = 0;
        return !still;
      },
      [](Experiment& e) {
        const bool fires = e.buggify.value_or(e.swarm) || !e.buggify_sites.empty();
        e.buggify_sites.clear();
        if (fires) e.buggify = false;
        return fires;
      },
      [](Experiment& e) {
        return e.pins.accept_failure.value_or(0) != 0 && (e.pins.accept_failure.reset(), true);
      }};
  std::vector<ExperimentChange> out;
  out.emplace_back([parts](Experiment& e) {
    bool any = false;
    for (const ExperimentChange& part : parts) any |= part(e);
    return any;
  });
  out.insert(out.end(), parts.begin(), parts.end());
  return out;
}

std::vector<ExperimentChange> ShorterRuns(const Experiment& experiment) {
  constexpr int64_t kParts = 16;
  std::vector<ExperimentChange> out;
  for (int64_t part = 1; part < kParts; ++part) {
    Duration shorter = std::max<Duration>(1s, experiment.duration * part / kParts);
    RoundUp(shorter, 100ms);
    out.emplace_back([shorter](Experiment& e) {
      const bool changes = shorter < e.duration;
      e.duration = shorter;
      return changes;
    });
  }
  return out;
}

std::vector<ExperimentChange> FewerPins(const Experiment& experiment) {
  std::vector<ExperimentChange> out;
  const auto leave_out = [&](const ExperimentChange& change) {
    Experiment probe = experiment;
    if (change(probe)) out.push_back(change);
  };
  leave_out([](Experiment& e) {
    bool any = !e.pins.election_timeouts.empty();
    for (const chaos::PinField& field : chaos::PinFields()) any |= field.IsSet(e.pins);
    e.pins = chaos::Pins{};
    return any;
  });
  leave_out([](Experiment& e) {
    const bool any = !e.pins.election_timeouts.empty();
    e.pins.election_timeouts.clear();
    return any;
  });
  for (const chaos::PinField& field : chaos::PinFields()) {
    leave_out([&field](Experiment& e) {
      const bool any = field.IsSet(e.pins);
      field.Reset(e.pins);
      return any;
    });
  }
  return out;
}

std::vector<ExperimentChange> SmallerClusters(const Experiment& experiment) {
  std::vector<ExperimentChange> out;
  const chaos::Datacenter dc = experiment.datacenter;
  for (uint32_t spares = 0; spares < dc.spares; ++spares) {
    out.push_back([=](Experiment& e) { return Resize(e, dc.servers, spares, dc.clients); });
  }
  for (uint32_t servers = 1; servers < dc.servers && dc.spares == 0; ++servers) {
    out.push_back([=](Experiment& e) { return Resize(e, servers, 0, dc.clients); });
  }
  for (size_t w = 0; w < experiment.workloads.size(); ++w) {
    out.push_back([w](Experiment& e) {
      const bool idle = e.workloads[w].steps.has_value() && e.workloads[w].steps->empty();
      if (idle) e.workloads.erase(e.workloads.begin() + static_cast<ptrdiff_t>(w));
      return idle;
    });
  }
  out.emplace_back(&OnlyBusyClients);
  out.push_back([](Experiment& e) {
    const bool idle =
        e.op.interval > Duration::zero() && e.op.turns.has_value() && e.op.turns->empty();
    if (idle) e.op = chaos::Operator{};
    return idle;
  });
  return out;
}

std::vector<ExperimentChange> SimplerOperations(const Experiment&) {
  const auto each = [](const std::function<bool(Step&)>& change) {
    return [change](Experiment& e) {
      bool any = false;
      for (chaos::Workload& w : e.workloads) {
        if (!w.steps.has_value()) continue;
        for (Step& step : *w.steps) any |= change(step);
        SortSteps(w);
      }
      return any;
    };
  };
  std::vector<ExperimentChange> out;
  out.emplace_back(each([](Step& step) { return std::exchange(step.value_size, 0) != 0; }));
  out.emplace_back(each([](Step& step) { return std::exchange(step.consistent, false); }));
  out.emplace_back(each([](Step& step) { return std::exchange(step.dials, false); }));
  for (const Duration grain : kGrains) {
    out.emplace_back(each([grain](Step& step) { return Round(step.at, grain); }));
  }
  return out;
}

std::vector<ExperimentChange> SimplerStep(const Experiment&, size_t workload, size_t number) {
  const auto one = [=](const std::function<bool(Step&)>& change) {
    return [=](Experiment& e) {
      const bool changed = change((*e.workloads[workload].steps)[number]);
      SortSteps(e.workloads[workload]);
      return changed;
    };
  };
  std::vector<ExperimentChange> out;
  out.emplace_back(one([](Step& step) { return std::exchange(step.value_size, 0) != 0; }));
  out.emplace_back(one([](Step& step) { return std::exchange(step.consistent, false); }));
  out.emplace_back(one([](Step& step) { return std::exchange(step.dials, false); }));
  for (const Duration grain : kGrains) {
    out.emplace_back(one([grain](Step& step) { return Round(step.at, grain); }));
  }
  return out;
}

}  // namespace konsul::simulator
