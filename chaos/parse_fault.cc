#include "chaos/parse_fault.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

TargetSet ParseTargets(MapReader& body) {
  TargetSet set;
  body.Require("mode");
  set.mode = static_cast<Mode>(
      body.Choice("mode", {"one", "all", "fixed", "fixed-percent", "random-max-percent"}, 0));
  const YamlNode* value = body.Get("value");
  if (set.mode == Mode::kFixedPercent || set.mode == Mode::kRandomMaxPercent) {
    body.Require("value");
    set.value = body.Percent("value", 0);
  } else if (set.mode == Mode::kFixed) {
    body.Require("value");
    const std::string text = body.String("value", "1");
    if (value != nullptr && (!value->quoted || !absl::SimpleAtoi(text, &set.value))) {
      body.problems().Add(
          *value, absl::StrCat(body.PathOf("value"), " must be a whole number in a string: \"1\""));
    }
  } else if (value != nullptr && !value->text.empty()) {
    body.problems().Add(*value, absl::StrCat(body.PathOf("value"),
                                             " goes with the modes fixed, fixed-percent and "
                                             "random-max-percent only"));
  }
  MapReader selector(body.Require("selector"), body.PathOf("selector"), body.problems());
  set.labels = selector.StringMap("labelSelectors");
  set.nodes = selector.Strings("nodes");
  for (const char* key : {"namespaces", "annotationSelectors", "fieldSelectors", "pods",
                          "nodeSelectors", "expressionSelectors", "podPhaseSelectors"}) {
    selector.Refuse(key, "is not supported; use labelSelectors or nodes");
  }
  return set;
}

void ParseNetem(MapReader& body, NetworkChaos& network) {
  if (const YamlNode* node = body.Get("delay")) {
    MapReader delay(node, body.PathOf("delay"), body.problems());
    delay.Require("latency");
    network.latency = delay.DurationOf("latency", {});
    network.jitter = delay.DurationOf("jitter", {});
    delay.Percent("correlation", 0);
    delay.Refuse("reorder", "is not supported: streams keep their order");
  }
  if (const YamlNode* node = body.Get("loss")) {
    MapReader loss(node, body.PathOf("loss"), body.problems());
    loss.Require("loss");
    network.loss_ppm = loss.Percent("loss", 0);
    loss.Percent("correlation", 0);
  }
}

NetworkChaos ParseNetwork(MapReader& body) {
  NetworkChaos network;
  body.Require("action");
  const size_t action = body.Choice("action", {"partition", "netem", "delay", "loss", "reset"}, 0);
  network.action = action == 0   ? NetworkChaos::Action::kPartition
                   : action == 4 ? NetworkChaos::Action::kReset
                                 : NetworkChaos::Action::kNetem;
  network.targets = ParseTargets(body);
  network.direction = static_cast<Direction>(body.Choice("direction", {"to", "from", "both"}, 0));
  if (const YamlNode* node = body.Get("target")) {
    MapReader target(node, body.PathOf("target"), body.problems());
    network.others = ParseTargets(target);
  }
  ParseNetem(body, network);
  const bool shapes = body.Get("delay") != nullptr || body.Get("loss") != nullptr;
  if (shapes != (network.action == NetworkChaos::Action::kNetem)) {
    body.problems().Add(body.node(), shapes ? "delay and loss go with action netem, delay or loss"
                                            : "this action needs delay or loss");
  }
  for (const char* key :
       {"duplicate", "corrupt", "bandwidth", "rate", "device", "targetDevice", "externalTargets"}) {
    body.Refuse(key, "is not supported");
  }
  return network;
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
  }
  return pod;
}

std::vector<Link> ParseLinks(MapReader& fault) {
  std::vector<Link> links;
  for (const YamlNode& node : fault.List("links")) {
    const size_t arrow = node.text.find("->");
    if (arrow == std::string::npos) {
      fault.problems().Add(node, absl::StrCat("link \"", node.text, "\" must be like n1->n2"));
      continue;
    }
    links.push_back({node.text.substr(0, arrow), node.text.substr(arrow + 2)});
  }
  return links;
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
  time.freeze = fault.Bool("freeze", false);
  time.drifts_ppm = ParseDrifts(fault, time.targets);
  if (time.drift_ppm == 0 && time.drifts_ppm.empty() && !time.freeze) body.Require("timeOffset");
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
    NetworkChaos network = ParseNetwork(body);
    network.keep_group = reader.Bool("keepGroup", false);
    network.links = ParseLinks(reader);
    fault.body = std::move(network);
  } else if (kind == "PodChaos") {
    if (duration != nullptr) problems.Add(*duration, "pod-kill happens once: it has no duration");
    fault.body = ParsePod(reader, body);
  } else if (kind == "ProcessChaos") {
    body.Require("action");
    body.Choice("action", {"pause"}, 0);
    body.Require("duration");
    fault.body = ProcessChaos{ParseTargets(body)};
  } else if (kind == "TimeChaos") {
    fault.body = ParseTime(reader, body);
  } else {
    fault.body = ParseIo(reader, body);
  }
  return fault;
}

}  // namespace konsul::chaos
