#include "chaos/write_fault.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "chaos/write_values.h"

namespace konsul::chaos {
namespace {

std::string Range(const DurationRange& range) {
  if (range.low == range.high) return FormatDuration(range.low);
  return absl::StrCat(FormatDuration(range.low), "-", FormatDuration(range.high));
}

std::string TriggerLine(const Trigger& t) {
  switch (t.kind) {
    case Trigger::Kind::kAt:
      return absl::StrCat("at: ", FormatDuration(t.at));
    case Trigger::Kind::kEvery:
      return absl::StrCat("every: ", FormatDuration(t.at),
                          "\n      jitter: ", FormatDuration(t.jitter));
    case Trigger::Kind::kRandom:
      return absl::StrCat("random: ", FlowMap().Add("mean", FormatDuration(t.at)).Done());
    case Trigger::Kind::kAfter:
      return absl::StrCat("after: ", FlowMap()
                                         .Add("event", t.event)
                                         .Add("delay", Range(t.delay))
                                         .Add("percent", Percent(t.percent_ppm))
                                         .Done());
    case Trigger::Kind::kSwarm:
      return absl::StrCat("swarm: ", FlowMap().Add("weight", t.weight).Done());
  }
  return "";
}

void Targets(const TargetSet& set, FlowMap& out) {
  constexpr const char* kModes[] = {"one", "all", "fixed", "fixed-percent", "random-max-percent"};
  out.Add("mode", kModes[static_cast<size_t>(set.mode)]);
  if (set.mode == Mode::kFixed) out.Add("value", absl::StrCat("\"", set.value, "\""));
  if (set.mode == Mode::kFixedPercent || set.mode == Mode::kRandomMaxPercent) {
    out.Add("value", Percent(set.value));
  }
  FlowMap selector;
  if (!set.nodes.empty()) selector.Add("nodes", FlowList(set.nodes));
  if (!set.labels.empty()) selector.Add("labelSelectors", LabelMap(set.labels));
  out.Add("selector", selector.Done());
}

struct Body {
  const char* type = "";
  const char* key = "";
  FlowMap map;
  std::string beside;  // further lines of the fault
};

Body Network(const NetworkChaos& network) {
  Body out{"NetworkChaos", "networkChaos", {}, ""};
  constexpr const char* kActions[] = {"partition", "netem", "reset"};
  constexpr const char* kDirections[] = {"to", "from", "both"};
  out.map.Add("action", kActions[static_cast<size_t>(network.action)]);
  Targets(network.targets, out.map);
  out.map.Add("direction", kDirections[static_cast<size_t>(network.direction)]);
  if (network.others.has_value()) {
    FlowMap target;
    Targets(*network.others, target);
    out.map.Add("target", target.Done());
  }
  if (network.action == NetworkChaos::Action::kNetem) {
    out.map.Add("delay", FlowMap()
                             .Add("latency", FormatDuration(network.latency))
                             .Add("jitter", FormatDuration(network.jitter))
                             .Done());
    if (network.loss_ppm > 0) {
      out.map.Add("loss", FlowMap().Add("loss", Percent(network.loss_ppm)).Done());
    }
  }
  if (network.keep_group) out.beside = "      keepGroup: true\n";
  if (!network.links.empty()) {
    std::vector<std::string> links;
    for (const Link& link : network.links) links.push_back(absl::StrCat(link.from, "->", link.to));
    absl::StrAppend(&out.beside, "      links: ", FlowList(links), "\n");
  }
  return out;
}

Body Pod(const PodChaos& pod) {
  Body out{"PodChaos", "podChaos", {}, ""};
  out.map.Add("action", "pod-kill");
  Targets(pod.targets, out.map);
  if (pod.restart_after.has_value() || pod.lose_unsynced) {
    FlowMap restart;
    if (pod.restart_after.has_value()) restart.Add("after", Range(*pod.restart_after));
    if (pod.lose_unsynced) restart.Add("loseUnsynced", "true");
    out.beside = absl::StrCat("      restart: ", restart.Done(), "\n");
  }
  return out;
}

Body Process(const ProcessChaos& process) {
  Body out{"ProcessChaos", "processChaos", {}, ""};
  out.map.Add("action", "pause");
  Targets(process.targets, out.map);
  return out;
}

Body Time(const TimeChaos& time) {
  Body out{"TimeChaos", "timeChaos", {}, ""};
  Targets(time.targets, out.map);
  out.map.Add("timeOffset", Quoted(FormatDuration(time.offset)));
  std::vector<std::string> clocks;
  if (time.wall) clocks.emplace_back("CLOCK_REALTIME");
  if (time.monotonic) clocks.emplace_back("CLOCK_MONOTONIC");
  out.map.Add("clockIds", FlowList(clocks));
  if (time.drift_ppm > 0) out.beside = absl::StrCat("      driftPpm: ", time.drift_ppm, "\n");
  if (!time.drifts_ppm.empty()) {
    std::vector<std::string> drifts;
    for (const int64_t drift : time.drifts_ppm) drifts.push_back(absl::StrCat(drift));
    absl::StrAppend(&out.beside, "      driftsPpm: ", FlowList(drifts), "\n");
  }
  if (time.freeze) absl::StrAppend(&out.beside, "      freeze: true\n");
  return out;
}

Body Io(const IoChaos& io) {
  Body out{"IOChaos", "ioChaos", {}, ""};
  constexpr const char* kActions[] = {"fault", "latency", "stall", "rot", "misdirect"};
  out.map.Add("action", kActions[static_cast<size_t>(io.action)]);
  Targets(io.targets, out.map);
  out.map.Add("path", Quoted(io.path));
  if (!io.methods.empty()) out.map.Add("methods", FlowList(io.methods));
  if (io.percent_ppm != 1'000'000) out.map.Add("percent", io.percent_ppm / 10'000);
  if (io.action == IoChaos::Action::kFault) out.map.Add("errno", io.error);
  if (io.action == IoChaos::Action::kLatency) out.map.Add("delay", FormatDuration(io.delay));
  if (io.action == IoChaos::Action::kRot) out.beside = absl::StrCat("      bits: ", io.bits, "\n");
  return out;
}

Body BodyOf(const FaultBody& body) {
  if (const auto* network = std::get_if<NetworkChaos>(&body)) return Network(*network);
  if (const auto* pod = std::get_if<PodChaos>(&body)) return Pod(*pod);
  if (const auto* process = std::get_if<ProcessChaos>(&body)) return Process(*process);
  if (const auto* time = std::get_if<TimeChaos>(&body)) return Time(*time);
  return Io(std::get<IoChaos>(body));
}

}  // namespace

std::string WriteFault(const Fault& fault) {
  Body body = BodyOf(fault.body);
  if (fault.duration.has_value()) body.map.Add("duration", FormatDuration(*fault.duration));
  return absl::StrCat("    - name: ", Text(fault.name), "\n      ", TriggerLine(fault.trigger),
                      "\n      type: ", body.type, "\n      ", body.key, ": ", body.map.Done(),
                      "\n", body.beside);
}

}  // namespace konsul::chaos
