#include "chaos/write_fault.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chaos/strength.h"
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

void Netem(const NetworkChaos& network, FlowMap& map, std::string& beside) {
  FlowMap delay;
  delay.Add("latency", FormatDuration(network.latency));
  delay.Add("jitter", FormatDuration(network.jitter));
  if (network.reorder_ppm > 0) {
    delay.Add("reorder", FlowMap().Add("reorder", Percent(network.reorder_ppm)).Done());
  }
  map.Add("delay", delay.Done());
  const std::pair<const char*, uint32_t> shares[] = {{"loss", network.loss_ppm},
                                                     {"duplicate", network.duplicate_ppm},
                                                     {"corrupt", network.corrupt_ppm}};
  for (const auto& [name, ppm] : shares) {
    if (ppm > 0) map.Add(name, FlowMap().Add(name, Percent(ppm)).Done());
  }
  if (network.rate > 0) {
    map.Add("bandwidth", FlowMap().Add("rate", FormatBandwidth(network.rate)).Done());
  }
  if (network.truncate_ppm > 0) {
    absl::StrAppend(&beside, "      truncate: ", Percent(network.truncate_ppm), "\n");
  }
  if (network.mtu != 1400) absl::StrAppend(&beside, "      mtu: ", network.mtu, "\n");
}

Body Network(const NetworkChaos& network) {
  Body out{"NetworkChaos", "networkChaos", {}, ""};
  constexpr const char* kActions[] = {"partition", "netem", "reset", "clog", "half-open"};
  constexpr const char* kDirections[] = {"to", "from", "both"};
  out.map.Add("action", kActions[static_cast<size_t>(network.action)]);
  Targets(network.targets, out.map);
  out.map.Add("direction", kDirections[static_cast<size_t>(network.direction)]);
  if (network.others.has_value()) {
    FlowMap target;
    Targets(*network.others, target);
    out.map.Add("target", target.Done());
  }
  if (network.action == NetworkChaos::Action::kNetem) Netem(network, out.map, out.beside);
  if (network.keep_group) out.beside += "      keepGroup: true\n";
  constexpr const char* kShapes[] = {"", "split", "isolate", "majority", "ring", "bridge"};
  if (network.shape != Shape::kNone) {
    absl::StrAppend(&out.beside, "      shape: ", kShapes[static_cast<size_t>(network.shape)],
                    "\n");
  }
  if (network.flap > Duration::zero()) {
    absl::StrAppend(&out.beside, "      flap: ", FormatDuration(network.flap), "\n");
  }
  if (network.swizzle) out.beside += "      swizzle: true\n";
  if (network.one_connection) out.beside += "      connections: one\n";
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
  if (pod.restart_after.has_value() || pod.lose_unsynced || pod.wipe || pod.version.has_value()) {
    FlowMap restart;
    if (pod.restart_after.has_value()) restart.Add("after", Range(*pod.restart_after));
    if (pod.lose_unsynced) restart.Add("loseUnsynced", "true");
    if (pod.wipe) restart.Add("wipe", "true");
    if (pod.version.has_value()) restart.Add("version", *pod.version);
    out.beside = absl::StrCat("      restart: ", restart.Done(), "\n");
  }
  if (pod.rolling) out.beside += "      rolling: true\n";
  return out;
}

Body Process(const ProcessChaos& process) {
  Body out{"ProcessChaos", "processChaos", {}, ""};
  constexpr const char* kActions[] = {"pause", "slow", "no-descriptors"};
  out.map.Add("action", kActions[static_cast<size_t>(process.action)]);
  Targets(process.targets, out.map);
  if (process.action == ProcessChaos::Action::kSlow) {
    out.map.Add("delay", FormatDuration(process.delay));
  }
  if (process.action == ProcessChaos::Action::kNoDescriptors) {
    out.map.Add("percent", process.percent_ppm / 10'000);
  }
  return out;
}

Body Time(const TimeChaos& time) {
  Body out{"TimeChaos", "timeChaos", {}, ""};
  Targets(time.targets, out.map);
  out.map.Add("timeOffset", Quoted(FormatDuration(time.offset)));
  std::vector<std::string> clocks;
  if (time.wall) clocks.emplace_back("CLOCK_REALTIME");
  if (time.monotonic) clocks.emplace_back("CLOCK_MONOTONIC");
  const bool freezes = time.freeze || time.freeze_wall;
  const bool drifts = time.drift_ppm > 0 || !time.drifts_ppm.empty();
  // What these two mean depends on whether clocks are named.
  const bool unnamed = (freezes && !time.freeze_wall && !time.monotonic) ||
                       (drifts && !time.drift_wall_only && !time.monotonic);
  if (!unnamed) out.map.Add("clockIds", FlowList(clocks));
  if (time.drift_ppm > 0) out.beside = absl::StrCat("      driftPpm: ", time.drift_ppm, "\n");
  if (!time.drifts_ppm.empty()) {
    std::vector<std::string> drifts;
    for (const int64_t drift : time.drifts_ppm) drifts.push_back(absl::StrCat(drift));
    absl::StrAppend(&out.beside, "      driftsPpm: ", FlowList(drifts), "\n");
  }
  if (freezes) absl::StrAppend(&out.beside, "      freeze: true\n");
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

// What any fault may have.
std::string Beside(const Fault& fault) {
  std::string out;
  const TargetSet& targets =
      std::visit([](const auto& each) -> const TargetSet& { return each.targets; }, fault.body);
  if (!targets.group.empty()) absl::StrAppend(&out, "      group: ", Text(targets.group), "\n");
  if (fault.strength.empty()) return out;
  FlowMap map;
  Fault copy = fault;
  for (const StrengthSlot& slot : SlotsOf(copy)) {
    const auto it = fault.strength.find(slot.name);
    if (it != fault.strength.end()) map.Add(slot.name, FormatStrength(slot.unit, it->second));
  }
  return absl::StrCat(out, "      strength: ", map.Done(), "\n");
}

}  // namespace

std::string WriteFault(const Fault& fault) {
  Body body = BodyOf(fault.body);
  if (fault.duration.has_value()) body.map.Add("duration", FormatDuration(*fault.duration));
  return absl::StrCat("    - name: ", Text(fault.name), "\n      ", TriggerLine(fault.trigger),
                      "\n      type: ", body.type, "\n      ", body.key, ": ", body.map.Done(),
                      "\n", body.beside, Beside(fault));
}

}  // namespace konsul::chaos
