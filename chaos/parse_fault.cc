#include "chaos/parse_fault.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chaos/parse_network.h"
#include "chaos/strength.h"

namespace konsul::chaos {
namespace {

// Chaos Mesh's kinds that cannot be run here, so that a file using them is refused by name.
constexpr const char* kForeignKinds[] = {
    "KernelChaos", "JVMChaos",  "AWSChaos", "GCPChaos",   "AzureChaos",
    "StressChaos", "HTTPChaos", "DNSChaos", "BlockChaos", "PhysicalMachineChaos"};

const std::vector<std::string>& Kinds() {
  static const auto* const kinds = new std::vector<std::string>{
      "NetworkChaos", "PodChaos", "ProcessChaos", "TimeChaos", "IOChaos"};
  return *kinds;
}

// "NetworkChaos" -> "networkChaos", "IOChaos" -> "ioChaos".
std::string BodyKey(const std::string& kind) {
  if (kind == "IOChaos") return "ioChaos";
  std::string key = kind;
  key[0] = static_cast<char>(key[0] - 'A' + 'a');
  return key;
}

Trigger ParseTrigger(MapReader& fault) {
  Trigger trigger;
  std::vector<std::string> found;
  if (fault.Get("at") != nullptr) {
    found.push_back("at");
    trigger.kind = Trigger::Kind::kAt;
    trigger.at = fault.DurationOf("at", {});
  }
  if (fault.Get("every") != nullptr) {
    found.push_back("every");
    trigger.kind = Trigger::Kind::kEvery;
    trigger.at = fault.DurationOf("every", 1s);
    trigger.jitter = fault.DurationOf("jitter", {});
  }
  if (const YamlNode* node = fault.Get("random")) {
    found.push_back("random");
    trigger.kind = Trigger::Kind::kRandom;
    MapReader random(node, fault.PathOf("random"), fault.problems());
    random.Require("mean");
    trigger.at = random.DurationOf("mean", 1s);
  }
  if (const YamlNode* node = fault.Get("after")) {
    found.push_back("after");
    trigger.kind = Trigger::Kind::kAfter;
    MapReader after(node, fault.PathOf("after"), fault.problems());
    after.Require("event");
    trigger.event = EventNames()[after.Choice("event", EventNames(), 0)];
    trigger.delay = after.Range("delay", {});
    trigger.percent_ppm = after.Percent("percent", 1'000'000);
  }
  if (const YamlNode* node = fault.Get("swarm")) {
    found.push_back("swarm");
    trigger.kind = Trigger::Kind::kSwarm;
    MapReader swarm(node, fault.PathOf("swarm"), fault.problems());
    trigger.weight = swarm.Integer("weight", 1, 1, 1'000'000);
  }
  fault.Refuse("cron", "is not supported; use every, random or swarm");
  if (trigger.kind != Trigger::Kind::kEvery && found.size() == 1) {
    fault.Refuse("jitter", "goes with every only");
  }
  if (found.size() != 1) {
    fault.problems().Add(
        fault.node(),
        found.empty()
            ? "a fault needs a trigger: one of at, every, random, after, swarm"
            : absl::StrCat("a fault has exactly one trigger, not ", absl::StrJoin(found, " and ")));
  }
  const bool repeats =
      trigger.kind == Trigger::Kind::kEvery || trigger.kind == Trigger::Kind::kRandom;
  if (repeats && trigger.at < 1ms) {
    fault.problems().Add(fault.node(), "a fault may repeat every 1ms at the fastest");
  }
  if (trigger.at.count() < 0 || trigger.jitter.count() < 0) {
    fault.problems().Add(fault.node(), "a trigger's times must not be negative");
  }
  return trigger;
}

PodChaos ParsePod(MapReader& fault, MapReader& body) {
  PodChaos pod;
  body.Require("action");
  if (const YamlNode* node = body.Get("action"); node != nullptr && node->text != "pod-kill") {
    body.problems().Add(*node, absl::StrCat(body.PathOf("action"), " is \"", node->text,
                                            "\"; only pod-kill is supported"));
  }
  pod.targets = ParseTargets(body);
  body.Integer("gracePeriod", 0, 0, 0);
  if (const YamlNode* node = fault.Get("restart")) {
    MapReader restart(node, fault.PathOf("restart"), fault.problems());
    pod.restart_after = restart.Range("after", {1s, 1s});
    pod.lose_unsynced = restart.Bool("loseUnsynced", false);
    pod.wipe = restart.Bool("wipe", false);
    if (restart.Get("version") != nullptr) {
      pod.version = static_cast<uint32_t>(restart.Integer("version", 0, 0, 1000));
    }
  }
  pod.rolling = fault.Bool("rolling", false);
  if (pod.rolling && !pod.restart_after.has_value()) {
    fault.problems().Add(fault.node(), "rolling needs restart: {after: ...}");
  }
  return pod;
}

ProcessChaos ParseProcess(MapReader& body) {
  using Action = ProcessChaos::Action;
  ProcessChaos process;
  body.Require("action");
  process.action =
      static_cast<Action>(body.Choice("action", {"pause", "slow", "no-descriptors"}, 0));
  process.targets = ParseTargets(body);
  if (process.action == Action::kPause) body.Require("duration");
  if (process.action == Action::kSlow) {
    body.Require("delay");
    process.delay = body.DurationOf("delay", {});
    if (process.delay > 1s || process.delay < Duration::zero()) {
      body.problems().Add(body.node(), "delay must be from 0s to 1s");
    }
  } else {
    body.Refuse("delay", "goes with action slow");
  }
  if (process.action == Action::kNoDescriptors) {
    process.percent_ppm = static_cast<uint32_t>(body.Integer("percent", 100, 1, 100)) * 10'000;
  } else {
    body.Refuse("percent", "goes with action no-descriptors");
  }
  return process;
}

void ParseStrengths(MapReader& reader, Fault& fault) {
  const YamlNode* node = reader.Get("strength");
  if (node == nullptr) return;
  MapReader strength(node, reader.PathOf("strength"), reader.problems());
  for (const StrengthSlot& slot : SlotsOf(fault)) {
    const YamlNode* range = strength.Get(slot.name);
    if (range == nullptr) continue;
    const absl::StatusOr<Strength> parsed = ParseStrength(slot.unit, range->text);
    if (parsed.ok()) {
      fault.strength[slot.name] = *parsed;
    } else {
      reader.problems().Add(*range, parsed.status().message());
    }
  }
}

std::vector<int64_t> ParseDrifts(MapReader& fault, const TargetSet& targets) {
  std::vector<int64_t> drifts;
  for (const YamlNode& node : fault.List("driftsPpm")) {
    int64_t drift = 0;
    if (!absl::SimpleAtoi(node.text, &drift) || drift < -500'000 || drift > 500'000) {
      fault.problems().Add(
          node, absl::StrCat("drift \"", node.text, "\" must be from -500000 to 500000"));
    }
    drifts.push_back(drift);
  }
  if (!drifts.empty() && drifts.size() != targets.nodes.size()) {
    fault.problems().Add(fault.node(), "driftsPpm needs one number for each of selector.nodes");
  }
  return drifts;
}

TimeChaos ParseTime(MapReader& fault, MapReader& body) {
  TimeChaos time;
  time.targets = ParseTargets(body);
  time.drift_ppm = static_cast<uint32_t>(fault.Integer("driftPpm", 0, 0, 500'000));
  const bool freeze = fault.Bool("freeze", false);
  time.drifts_ppm = ParseDrifts(fault, time.targets);
  if (time.drift_ppm == 0 && time.drifts_ppm.empty() && !freeze) body.Require("timeOffset");
  time.offset = body.DurationOf("timeOffset", {});
  if (body.Get("clockIds") != nullptr) {
    time.wall = false;
    for (const YamlNode& id : body.List("clockIds")) {
      if (id.text == "CLOCK_REALTIME") {
        time.wall = true;
      } else if (id.text == "CLOCK_MONOTONIC") {
        time.monotonic = true;
      } else {
        body.problems().Add(
            id, absl::StrCat("clock \"", id.text, "\" is not CLOCK_REALTIME or CLOCK_MONOTONIC"));
      }
    }
  }
  // Whoever names no clock means the one that deadlines are on, and the oscillator of both.
  const bool named = body.Get("clockIds") != nullptr;
  time.freeze = freeze && (!named || time.monotonic);
  time.freeze_wall = freeze && named && time.wall;
  time.drift_wall_only =
      (time.drift_ppm > 0 || !time.drifts_ppm.empty()) && named && time.wall && !time.monotonic;
  if (time.monotonic && time.offset.count() < 0) {
    body.problems().Add(body.node(), "CLOCK_MONOTONIC cannot go back");
  }
  body.Refuse("containerNames", "is not supported");
  return time;
}

IoChaos ParseIo(MapReader& fault, MapReader& body) {
  IoChaos io;
  body.Require("action");
  io.action = static_cast<IoChaos::Action>(
      body.Choice("action", {"fault", "latency", "stall", "rot", "misdirect"}, 0));
  io.targets = ParseTargets(body);
  body.String("volumePath");
  io.path = body.String("path", "*");
  if (io.path.rfind("data/", 0) == 0) io.path = io.path.substr(5);
  const std::vector<std::string> known = {"fsync", "write", "read", "open", "rename", "unlink"};
  for (const YamlNode& method : body.List("methods")) {
    if (std::find(known.begin(), known.end(), method.text) == known.end()) {
      body.problems().Add(method, absl::StrCat("method \"", method.text, "\" is not one of ",
                                               absl::StrJoin(known, ", ")));
    }
    io.methods.push_back(method.text);
  }
  io.percent_ppm = static_cast<uint32_t>(body.Integer("percent", 100, 0, 100)) * 10'000;
  if (fault.Get("bits") != nullptr && io.action != IoChaos::Action::kRot) {
    body.problems().Add(fault.node(), "bits goes with action rot");
  }
  io.bits = static_cast<uint32_t>(fault.Integer("bits", 1, 1, 1000));
  if (io.action == IoChaos::Action::kFault) {
    const YamlNode* error = body.Require("errno");
    io.error = static_cast<int>(body.Integer("errno", 5, 1, 200));
    if (error != nullptr && io.error != 5 && io.error != 28) {
      body.problems().Add(*error, "only errno 5 (EIO) and 28 (ENOSPC) are supported");
    }
    body.Refuse("delay", "goes with action latency");
  } else {
    const bool slow = io.action == IoChaos::Action::kLatency;
    if (slow) body.Require("delay");
    if (!slow) body.Refuse("delay", "goes with action latency");
    io.delay = body.DurationOf("delay", {});
    body.Refuse("errno", "goes with action fault");
  }
  body.Refuse("attr", "is not supported");
  body.Refuse("mistake", "is not supported");
  return io;
}

}  // namespace

Fault ParseFault(const YamlNode& node, const std::string& path, Problems& problems) {
  Fault fault;
  fault.line = node.line;
  MapReader reader(&node, path, problems);
  reader.Require("name");
  fault.name = reader.String("name", "fault");
  fault.trigger = ParseTrigger(reader);

  const YamlNode* type = reader.Require("type");
  if (type == nullptr) return fault;
  for (const char* foreign : kForeignKinds) {
    if (type->text == foreign) {
      problems.Add(
          *type, absl::StrCat("fault \"", fault.name, "\": ", foreign, " cannot be run by Konsul"));
      reader.Get(BodyKey(foreign));
      return fault;
    }
  }
  const std::string kind = Kinds()[reader.Choice("type", Kinds(), 0)];
  if (kind != type->text) return fault;
  const std::string key = BodyKey(kind);
  MapReader body(reader.Require(key), reader.PathOf(key), problems);
  const YamlNode* duration = body.Get("duration");
  if (duration != nullptr) fault.duration = body.DurationOf("duration", 1s);
  if (fault.duration.has_value() && fault.duration->count() <= 0) {
    problems.Add(*duration, "a duration must be positive");
  }
  if (kind == "NetworkChaos") {
    fault.body = ParseNetwork(reader, body);
  } else if (kind == "PodChaos") {
    if (duration != nullptr) problems.Add(*duration, "pod-kill happens once: it has no duration");
    fault.body = ParsePod(reader, body);
  } else if (kind == "ProcessChaos") {
    fault.body = ParseProcess(body);
  } else if (kind == "TimeChaos") {
    fault.body = ParseTime(reader, body);
  } else {
    fault.body = ParseIo(reader, body);
  }
  std::visit([&](auto& each) { each.targets.group = reader.String("group"); }, fault.body);
  ParseStrengths(reader, fault);
  return fault;
}

}  // namespace konsul::chaos
