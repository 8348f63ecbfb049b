#include "chaos/parse_network.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chaos/values.h"

namespace konsul::chaos {
namespace {

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

// `loss: {loss: "10", correlation: "25"}`; the other two read alike.
uint32_t ParseShare(MapReader& body, const char* name) {
  const YamlNode* node = body.Get(name);
  if (node == nullptr) return 0;
  MapReader share(node, body.PathOf(name), body.problems());
  share.Require(name);
  share.Percent("correlation", 0);
  return share.Percent(name, 0);
}

void ParseNetem(MapReader& fault, MapReader& body, NetworkChaos& network) {
  if (const YamlNode* node = body.Get("delay")) {
    MapReader delay(node, body.PathOf("delay"), body.problems());
    delay.Require("latency");
    network.latency = delay.DurationOf("latency", {});
    network.jitter = delay.DurationOf("jitter", {});
    delay.Percent("correlation", 0);
    if (const YamlNode* again = delay.Get("reorder")) {
      MapReader reorder(again, delay.PathOf("reorder"), body.problems());
      reorder.Require("reorder");
      network.reorder_ppm = reorder.Percent("reorder", 0);
      reorder.Percent("correlation", 0);
      reorder.Integer("gap", 0, 0, 1'000'000);
    }
  }
  network.loss_ppm = ParseShare(body, "loss");
  network.duplicate_ppm = ParseShare(body, "duplicate");
  network.corrupt_ppm = ParseShare(body, "corrupt");
  network.truncate_ppm = fault.Percent("truncate", 0);
  network.mtu = static_cast<uint32_t>(fault.Integer("mtu", 1400, 1, 65'507));
  if (const YamlNode* node = body.Get("bandwidth")) {
    MapReader bandwidth(node, body.PathOf("bandwidth"), body.problems());
    const YamlNode* rate = bandwidth.Require("rate");
    if (rate != nullptr) {
      const absl::StatusOr<uint64_t> bytes = ParseBandwidth(rate->text);
      if (bytes.ok()) network.rate = *bytes;
      if (!bytes.ok()) body.problems().Add(*rate, bytes.status().message());
    }
    for (const char* key : {"limit", "buffer", "peakrate", "minburst"}) {
      bandwidth.Integer(key, 0, 0, UINT64_MAX);
    }
  }
}

// What an action must have, and what it may not have.
void CheckAction(const std::string& action, MapReader& fault, MapReader& body,
                 const NetworkChaos& network) {
  const bool shapes = network.action == NetworkChaos::Action::kNetem;
  bool has = fault.Get("truncate") != nullptr;
  for (const char* key : {"delay", "loss", "duplicate", "corrupt", "bandwidth"}) {
    const bool there = body.Get(key) != nullptr;
    has = has || there;
    if (shapes && action == key && !there) {
      body.problems().Add(body.node(), absl::StrCat("action ", action, " needs ", key));
    }
    if (there && !shapes) {
      body.problems().Add(body.node(), absl::StrCat(key, " goes with action netem or ", key));
    }
  }
  if (shapes && !has) {
    body.problems().Add(body.node(),
                        "this action needs delay, loss, duplicate, corrupt or bandwidth");
  }
  if (!shapes) fault.Refuse("truncate", "goes with action netem");
}

void ParseShape(MapReader& fault, MapReader& body, NetworkChaos& network) {
  const bool partition = network.action == NetworkChaos::Action::kPartition;
  const bool clog = network.action == NetworkChaos::Action::kClog;
  const auto refuse = [&](const char* key, absl::string_view why) {
    if (const YamlNode* node = fault.Get(key)) {
      body.problems().Add(*node, absl::StrCat(key, " ", why));
    }
  };
  if (fault.Get("shape") != nullptr) {
    network.shape = static_cast<Shape>(
        1 + fault.Choice("shape", {"split", "isolate", "majority", "ring", "bridge"}, 0));
    if (body.Get("target") != nullptr || fault.Get("links") != nullptr ||
        fault.Get("keepGroup") != nullptr) {
      refuse("shape",
             "says who is cut off from whom: target, links and keepGroup do not go with it");
    }
    if (network.shape == Shape::kRing && network.direction != Direction::kBoth) {
      refuse("shape", "ring goes with direction both");
    }
  }
  network.flap = fault.DurationOf("flap", {});
  if (fault.Get("flap") != nullptr && network.flap < 10ms) refuse("flap", "must be 10ms or more");
  network.swizzle = fault.Bool("swizzle", false);
  if (!partition && !clog) {
    for (const char* key : {"shape", "flap", "swizzle"}) {
      refuse(key, "goes with the actions partition and clog");
    }
  }
  if (network.swizzle && (fault.Get("shape") != nullptr || fault.Get("flap") != nullptr)) {
    refuse("swizzle", "goes with neither shape nor flap");
  }
  network.one_connection = fault.Choice("connections", {"all", "one"}, 0) == 1;
  if (partition || network.action == NetworkChaos::Action::kNetem) {
    refuse("connections", "goes with the actions reset, clog and half-open");
  }
}

}  // namespace

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

NetworkChaos ParseNetwork(MapReader& fault, MapReader& body) {
  using Action = NetworkChaos::Action;
  static const auto* const actions =
      new std::vector<std::string>{"partition", "reset", "clog",      "half-open", "netem",
                                   "delay",     "loss",  "duplicate", "corrupt",   "bandwidth"};
  constexpr Action kActions[] = {Action::kPartition, Action::kReset, Action::kClog,
                                 Action::kHalfOpen, Action::kNetem};
  NetworkChaos network;
  body.Require("action");
  const size_t action = body.Choice("action", *actions, 0);
  network.action = kActions[std::min<size_t>(action, 4)];
  network.targets = ParseTargets(body);
  network.direction = static_cast<Direction>(body.Choice("direction", {"to", "from", "both"}, 0));
  if (const YamlNode* node = body.Get("target")) {
    MapReader target(node, body.PathOf("target"), body.problems());
    network.others = ParseTargets(target);
  }
  ParseNetem(fault, body, network);
  CheckAction((*actions)[action], fault, body, network);
  network.keep_group = fault.Bool("keepGroup", false);
  network.links = ParseLinks(fault);
  ParseShape(fault, body, network);
  for (const char* key : {"rate", "device", "targetDevice", "externalTargets"}) {
    body.Refuse(key, "is not supported");
  }
  return network;
}

}  // namespace konsul::chaos
