#include "chaos/parse.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chaos/parse_fault.h"
#include "chaos/parse_workload.h"
#include "chaos/pins.h"
#include "chaos/reader.h"
#include "core/base/buggify.h"
#include "core/base/status.h"

namespace konsul::chaos {
namespace {

constexpr const char* kLater = "is not supported yet";

void ParseMetadata(MapReader& root, Experiment& out) {
  MapReader metadata(root.Require("metadata"), "metadata", root.problems());
  metadata.Require("name");
  out.name = metadata.String("name");
  out.labels = metadata.StringMap("labels");
}

void ParseSeed(MapReader& spec, Experiment& out) {
  const YamlNode* node = spec.Get("seed");
  if (node == nullptr || node->text == "random") return;
  uint64_t seed = 0;
  if (node->kind != YamlNode::Kind::kScalar || !absl::SimpleAtoi(node->text, &seed)) {
    spec.problems().Add(*node, "spec.seed must be a whole number or random");
    return;
  }
  out.seed = seed;
}

void ParseTopology(MapReader& spec, Experiment& out) {
  MapReader topology(spec.Require("topology"), "spec.topology", spec.problems());
  const std::vector<YamlNode>& datacenters = topology.List("datacenters");
  if (datacenters.size() != 1) {
    spec.problems().Add(topology.node(), "spec.topology.datacenters must have exactly one entry");
  }
  if (!datacenters.empty()) {
    MapReader dc(&datacenters[0], "spec.topology.datacenters[0]", spec.problems());
    out.datacenter.name = dc.String("name", "dc1");
    out.datacenter.servers = static_cast<uint32_t>(dc.Integer("servers", 3, 1, 9));
    out.datacenter.clients = static_cast<uint32_t>(dc.Integer("clients", 1, 0, 100));
    out.datacenter.spares = static_cast<uint32_t>(dc.Integer("spares", 0, 0, 9));
    out.datacenter.racks = static_cast<uint32_t>(dc.Integer("racks", 0, 0, 9));
    out.datacenter.labels = dc.StringMap("labels");
  }
  MapReader defaults(topology.Get("defaults"), "spec.topology.defaults", spec.problems());
  out.defaults.latency = defaults.DurationOf("latency", out.defaults.latency);
  out.defaults.jitter = defaults.DurationOf("jitter", out.defaults.jitter);
  MapReader disk(defaults.Get("disk"), "spec.topology.defaults.disk", spec.problems());
  if (const YamlNode* node = disk.Get("size")) {
    const absl::StatusOr<uint64_t> size = ParseSize(node->text);
    if (size.ok()) {
      out.defaults.disk_size = *size;
    } else {
      spec.problems().Add(*node, size.status().message());
    }
  }
  out.defaults.fsync = disk.DurationOf("fsync", out.defaults.fsync);
}

void ParseSafety(MapReader& spec, Experiment& out) {
  MapReader safety(spec.Get("safety"), "spec.safety", spec.problems());
  const YamlNode* node = safety.Get("blastRadius");
  MapReader radius(node, "spec.safety.blastRadius", spec.problems());
  const size_t per_dc = radius.Choice("perDatacenter", {"minority", "all"}, 0);
  const bool quorum_loss = radius.Bool("allowQuorumLoss", false);
  out.blast_radius.minority_only = per_dc == 0;
  if (per_dc == 1 && !quorum_loss) {
    spec.problems().Add(*node,
                        "perDatacenter: all takes the quorum away; say so with "
                        "allowQuorumLoss: true");
  }
  out.blast_radius.max_concurrent = radius.Integer("maxConcurrent", 0, 1, 1000);
  radius.Choice("onExceed", {"skip"}, 0);
  out.blast_radius.damage_anywhere = safety.Choice("damage", {"minority", "anywhere"}, 0) == 1;
  radius.Refuse("protect", kLater);
  for (const char* key : {"abortWhen", "deadman", "onAbort"}) safety.Refuse(key, kLater);
}

void ParseInvariants(MapReader& spec, Experiment& out) {
  if (spec.Get("invariants") == nullptr) {
    out.invariants = InvariantNames();
    return;
  }
  int i = 0;
  for (const YamlNode& node : spec.List("invariants")) {
    MapReader reader(&node, absl::StrCat("spec.invariants[", i++, "]"), spec.problems());
    reader.Require("type");
    out.invariants.push_back(InvariantNames()[reader.Choice("type", InvariantNames(), 0)]);
    for (const std::string& name : reader.Strings("workload")) {
      const bool known = std::any_of(out.workloads.begin(), out.workloads.end(),
                                     [&](const Workload& w) { return w.name == name; });
      if (!known) {
        spec.problems().Add(node, absl::StrCat("there is no workload named \"", name, "\""));
      }
    }
  }
}

void ParseLiveness(MapReader& spec, Experiment& out) {
  const YamlNode* node = spec.Get("liveness");
  if (node == nullptr) return;
  MapReader liveness(node, "spec.liveness", spec.problems());
  out.liveness.core_first = liveness.Choice("heal", {"all", "core"}, 0) == 1;
  out.liveness.within = liveness.DurationOf("within", 30s);
  out.liveness.progress = liveness.DurationOf("progress", {});
  if (out.liveness.progress.count() < 0) {
    spec.problems().Add(*node, "spec.liveness.progress must not be negative");
  }
  if (liveness.Get("leadersMax") != nullptr) {
    out.liveness.leaders_max = liveness.Integer("leadersMax", 1, 1, 1000);
    if (out.liveness.progress.count() == 0) {
      spec.problems().Add(*node, "spec.liveness.leadersMax goes with progress only");
    }
  }
  if (liveness.Get("require") == nullptr) return;
  out.liveness.leader = out.liveness.acked_write = out.liveness.logs_equal = false;
  const std::vector<std::string> names = {"leader-per-dc", "acked-write", "logs-equal"};
  for (const YamlNode& item : liveness.List("require")) {
    if (item.text == names[0]) {
      out.liveness.leader = true;
    } else if (item.text == names[1]) {
      out.liveness.acked_write = true;
    } else if (item.text == names[2]) {
      out.liveness.logs_equal = true;
    } else {
      const std::string nearest = Nearest(item.text, names);
      spec.problems().Add(
          item, absl::StrCat("\"", item.text, "\" is not a liveness requirement",
                             nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
    }
  }
}

// The labels that never change while a cluster runs, of every server and client.
std::vector<Labels> StaticLabels(const Datacenter& dc) {
  std::vector<Labels> all;
  const auto add = [&](const char* component, const char* prefix, uint32_t count) {
    for (uint32_t i = 1; i <= count; ++i) {
      all.push_back(dc.LabelsOf(component, absl::StrCat(prefix, i), i));
    }
  };
  add("server", "n", dc.servers + dc.spares);
  add("client", "c", dc.clients);
  return all;
}

void CheckNode(const std::string& name, const Fault& fault, const std::vector<Labels>& nodes,
               Problems& problems) {
  const bool known = std::any_of(nodes.begin(), nodes.end(),
                                 [&](const Labels& labels) { return labels.at("node") == name; });
  if (known) return;
  problems.Add(fault.line, 1,
               absl::StrCat("fault \"", fault.name, "\": the topology has no node \"", name, "\""));
}

void CheckTargets(const TargetSet& set, const Fault& fault, const std::vector<Labels>& nodes,
                  Problems& problems) {
  const bool grouped =
      set.group.empty() || std::any_of(nodes.begin(), nodes.end(), [&](const Labels& labels) {
        return labels.contains(set.group);
      });
  if (!grouped) {
    problems.Add(fault.line, 1,
                 absl::StrCat("fault \"", fault.name, "\": no node of the topology has the label ",
                              set.group));
  }
  for (const std::string& name : set.nodes) CheckNode(name, fault, nodes, problems);
  const bool matches = std::any_of(nodes.begin(), nodes.end(), [&](const Labels& labels) {
    return std::all_of(set.labels.begin(), set.labels.end(), [&](const auto& wanted) {
      if (wanted.first == "raft") {
        return labels.at("component") == "server" &&
               (wanted.second == "leader" || wanted.second == "follower");
      }
      const auto it = labels.find(wanted.first);
      return it != labels.end() && it->second == wanted.second;
    });
  });
  if (matches) return;
  std::string shown;
  for (const auto& [key, value] : set.labels) {
    absl::StrAppend(&shown, shown.empty() ? "" : ", ", key, ": ", value);
  }
  problems.Add(
      fault.line, 1,
      absl::StrCat("fault \"", fault.name, "\": no node of the topology can match {", shown, "}"));
}

void ParseFaults(MapReader& spec, Experiment& out) {
  std::set<std::string> names;
  const std::vector<Labels> nodes = StaticLabels(out.datacenter);
  int i = 0;
  for (const YamlNode& node : spec.List("faults")) {
    Fault fault = ParseFault(node, absl::StrCat("spec.faults[", i++, "]"), spec.problems());
    if (!names.insert(fault.name).second) {
      spec.problems().Add(node, absl::StrCat("a second fault named \"", fault.name, "\""));
    }
    if (fault.trigger.kind == Trigger::Kind::kSwarm && !out.swarm) {
      spec.problems().Add(node,
                          absl::StrCat("fault \"", fault.name,
                                       "\" has the trigger swarm, which needs spec.sim.swarm: "
                                       "true"));
    }
    // Labels can be judged only when the fault itself could be read.
    if (spec.problems().empty()) {
      std::visit(
          [&](const auto& body) { CheckTargets(body.targets, fault, nodes, spec.problems()); },
          fault.body);
      const auto* network = std::get_if<NetworkChaos>(&fault.body);
      if (network != nullptr && network->others.has_value()) {
        CheckTargets(*network->others, fault, nodes, spec.problems());
      }
      for (const Link& link : network != nullptr ? network->links : std::vector<Link>()) {
        CheckNode(link.from, fault, nodes, spec.problems());
        CheckNode(link.to, fault, nodes, spec.problems());
      }
    }
    out.faults.push_back(std::move(fault));
  }
}

void ParsePins(MapReader& sim, Experiment& out) {
  const YamlNode* node = sim.Get("tunables");
  if (node == nullptr) return;
  MapReader pins(node, sim.PathOf("tunables"), sim.problems());
  for (const PinField& field : PinFields()) {
    if (pins.Get(field.name) == nullptr) continue;
    switch (field.kind) {
      case PinField::Kind::kDuration:
        out.pins.*field.duration = pins.DurationOf(field.name, 1ms);
        break;
      case PinField::Kind::kCount:
        out.pins.*field.number = pins.Integer(field.name, field.least, field.least, 1 << 30);
        break;
      case PinField::Kind::kShare:
        out.pins.*field.number = pins.Percent(field.name, 0);
        break;
      case PinField::Kind::kFlag:
        out.pins.*field.number = pins.Bool(field.name, false) ? 1 : 0;
        break;
    }
  }
  for (const std::string& text : pins.Strings("electionTimeouts")) {
    const absl::StatusOr<Duration> timeout = ParseDuration(text);
    if (timeout.ok() && *timeout > Duration::zero()) {
      out.pins.election_timeouts.push_back(*timeout);
    } else {
      sim.problems().Add(*node, absl::StrCat(pins.PathOf("electionTimeouts"), ": \"", text,
                                             "\" is not a duration"));
    }
  }
}

void ParseBuggify(MapReader& sim, Experiment& out) {
  const YamlNode* node = sim.Get("buggify");
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::kScalar) {
    out.buggify = sim.Bool("buggify", true);
    return;
  }
  out.buggify = false;
  MapReader sites(node, sim.PathOf("buggify"), sim.problems());
  for (size_t i = 0; i < kBuggifySites; ++i) {
    const char* name = BuggifyName(static_cast<BuggifySite>(i));
    if (sites.Get(name) != nullptr) out.buggify_sites[name] = sites.Percent(name, 0);
  }
}

}  // namespace

Labels Datacenter::LabelsOf(const std::string& component, const std::string& node,
                            uint32_t number) const {
  Labels out = labels;
  out["dc"] = name;
  out["component"] = component;
  out["node"] = node;
  if (racks > 0) out["rack"] = absl::StrCat("r", 1 + (number - 1) % racks);
  return out;
}

const std::vector<std::string>& InvariantNames() {
  static const auto* const names = new std::vector<std::string>{"election-safety",
                                                                "log-matching",
                                                                "leader-completeness",
                                                                "state-machine-safety",
                                                                "monotonicity",
                                                                "durability",
                                                                "state-digest",
                                                                "no-lost-acked-writes",
                                                                "linearizability",
                                                                "configuration-safety",
                                                                "quorums",
                                                                "watch-completeness",
                                                                "stream-completeness",
                                                                "lock-exclusion",
                                                                "session-expiry",
                                                                "txn-atomicity",
                                                                "restore-safety"};
  return *names;
}

const std::vector<std::string>& EventNames() {
  static const auto* const names = new std::vector<std::string>{
      "leader-elected", "membership-changes", "snapshot-begins", "turning-point"};
  return *names;
}

bool Experiment::Checks(absl::string_view invariant) const {
  return std::find(invariants.begin(), invariants.end(), invariant) != invariants.end();
}

absl::StatusOr<Experiment> ParseExperiment(absl::string_view text, absl::string_view file) {
  KONSUL_ASSIGN_OR_RETURN(const YamlNode tree, ParseYaml(text, file));
  Problems problems(file);
  Experiment out;
  {
    MapReader root(&tree, "", problems);
    root.Require("apiVersion");
    root.Choice("apiVersion", {"konsul.io/v1alpha1"}, 0);
    root.Require("kind");
    root.Choice("kind", {"Experiment"}, 0);
    ParseMetadata(root, out);
    MapReader spec(root.Require("spec"), "spec", problems);
    if (spec.Choice("mode", {"sim", "real", "both"}, 0) != 0) {
      problems.Add(*spec.Get("mode"), "only mode: sim is supported yet");
    }
    ParseSeed(spec, out);
    out.duration = spec.DurationOf("duration", out.duration);
    if (out.duration < 1s) problems.Add(spec.node(), "spec.duration must be at least 1s");
    {
      MapReader sim(spec.Get("sim"), "spec.sim", problems);
      out.runs = sim.Integer("runs", 1, 1, 1'000'000'000);
      out.swarm = sim.Bool("swarm", false);
      if (sim.Get("leases") != nullptr) out.leases = sim.Bool("leases", true);
      ParseBuggify(sim, out);
      ParsePins(sim, out);
    }
    ParseTopology(spec, out);
    int i = 0;
    for (const YamlNode& node : spec.List("workload")) {
      out.workloads.push_back(
          ParseWorkload(node, absl::StrCat("spec.workload[", i++, "]"), out.datacenter, problems));
    }
    out.op = ParseOperator(spec, out.datacenter);
    ParseSafety(spec, out);
    ParseFaults(spec, out);
    ParseInvariants(spec, out);
    ParseLiveness(spec, out);
    for (const char* key : {"real", "steadyState", "outputs"}) spec.Refuse(key, kLater);
  }
  KONSUL_RETURN_IF_ERROR(problems.ToStatus());
  return out;
}

}  // namespace konsul::chaos
