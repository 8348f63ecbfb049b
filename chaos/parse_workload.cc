#include "chaos/parse_workload.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace konsul::chaos {
namespace {

constexpr const char* kLater = "is not supported yet";

void ParseMix(MapReader& workload, Workload& out) {
  const YamlNode* node = workload.Get("mix");
  if (node == nullptr) return;
  MapReader mix(node, workload.PathOf("mix"), workload.problems());
  const bool kv = out.type == Workload::Type::kKv;
  const auto weight = [&](const char* name) {
    return static_cast<uint32_t>(mix.Integer(name, 0, 0, 1'000'000));
  };
  out.read = weight(kv ? "get" : "read");
  out.write = weight(kv ? "put" : "write");
  out.cas = weight("cas");
  out.remove = kv ? weight("delete") : 0;
  mix.Refuse("txn", kLater);
  if (out.read + out.write + out.cas + out.remove == 0) {
    workload.problems().Add(*node, "the mix is empty");
  }
}

// 3 of "c3" when there are so many; 0 otherwise.
uint32_t NumberOf(const std::string& name, char prefix, uint32_t count) {
  uint32_t number = 0;
  if (name.empty() || name[0] != prefix || !absl::SimpleAtoi(name.substr(1), &number)) return 0;
  return number <= count ? number : 0;
}

// Items stand in the order of time: what runs them goes through the list once.
void CheckOrder(Duration last, Duration at, const YamlNode& node, Problems& problems) {
  if (at.count() < 0) problems.Add(node, "at must not be negative");
  if (at < last) problems.Add(node, "this is earlier than what stands before it");
}

std::vector<Step> ParseSteps(MapReader& workload, const Workload& of, const Datacenter& dc) {
  std::vector<Step> steps;
  Problems& problems = workload.problems();
  for (const YamlNode& node : workload.List("steps")) {
    MapReader reader(&node, absl::StrCat(workload.PathOf("steps"), "[", steps.size(), "]"),
                     problems);
    Step step;
    for (const char* key : {"at", "client", "do", "key", "server"}) reader.Require(key);
    step.at = reader.DurationOf("at", {});
    const std::string client = reader.String("client", "c1");
    step.client = NumberOf(client, 'c', dc.clients);
    if (step.client == 0) {
      problems.Add(node, absl::StrCat("the topology has no client \"", client, "\""));
    }
    step.kind = static_cast<Step::Kind>(reader.Choice("do", {"read", "write", "cas", "delete"}, 0));
    step.key = static_cast<uint32_t>(reader.Integer("key", 0, 0, of.keys - 1));
    step.server = reader.String("server", "n1");
    if (NumberOf(step.server, 'n', dc.servers + dc.spares) == 0) {
      problems.Add(node, absl::StrCat("the topology has no server \"", step.server, "\""));
    }
    step.dials = reader.Bool("dials", false);
    step.consistent = reader.Bool("consistent", false);
    step.value_size = reader.Integer("valueSize", 0, 0, 512 * 1024);
    CheckOrder(steps.empty() ? Duration{} : steps.back().at, step.at, node, problems);
    steps.push_back(std::move(step));
  }
  return steps;
}

std::vector<Operator::Turn> ParseTurns(MapReader& op) {
  std::vector<Operator::Turn> turns;
  for (const YamlNode& node : op.List("turns")) {
    MapReader reader(&node, absl::StrCat(op.PathOf("turns"), "[", turns.size(), "]"),
                     op.problems());
    reader.Require("at");
    reader.Require("number");
    const Operator::Turn turn{reader.Integer("number", 1, 1, 1'000'000),
                              reader.DurationOf("at", {})};
    CheckOrder(turns.empty() ? Duration{} : turns.back().at, turn.at, node, op.problems());
    turns.push_back(turn);
  }
  return turns;
}

}  // namespace

Workload ParseWorkload(const YamlNode& node, const std::string& path, const Datacenter& dc,
                       Problems& problems) {
  Workload out;
  MapReader reader(&node, path, problems);
  reader.Require("name");
  out.name = reader.String("name");
  reader.Require("type");
  out.type = static_cast<Workload::Type>(reader.Choice("type", {"register", "kv"}, 0));
  const bool kv = out.type == Workload::Type::kKv;
  out.remove = kv ? 1 : 0;
  out.cas = kv ? 0 : 2;
  out.keys = static_cast<uint32_t>(reader.Integer("keys", kv ? 100 : 8, 1, 1'000'000));
  if (const YamlNode* rate = reader.Get("rate")) {
    const absl::StatusOr<Duration> interval = ParseRate(rate->text);
    if (interval.ok()) {
      out.interval = *interval;
    } else {
      problems.Add(*rate, interval.status().message());
    }
  }
  if (const YamlNode* size = reader.Get("valueSize")) {
    const absl::StatusOr<SizeRange> range = ParseSizeRange(size->text);
    if (!range.ok()) {
      problems.Add(*size, range.status().message());
    } else if (range->high > 512 * 1024) {
      problems.Add(*size, "a value has at most 512KiB");
    } else {
      out.value_size = *range;
    }
  }
  out.reads =
      static_cast<Workload::Reads>(reader.Choice("reads", {"mixed", "default", "consistent"}, 0));
  ParseMix(reader, out);
  out.watchers = static_cast<uint32_t>(reader.Integer("watchers", 0, 0, 1000));
  out.streamers = static_cast<uint32_t>(reader.Integer("streamers", 0, 0, 1000));
  out.lockers = static_cast<uint32_t>(reader.Integer("lockers", 0, 0, 1000));
  out.restores = reader.Bool("restores", false);
  if (reader.Get("steps") != nullptr) out.steps = ParseSteps(reader, out, dc);
  return out;
}

Operator ParseOperator(MapReader& spec, const Datacenter& dc) {
  Operator out;
  const YamlNode* node = spec.Get("operator");
  if (node == nullptr) return out;
  MapReader reader(node, "spec.operator", spec.problems());
  out.interval = 1s;
  if (const YamlNode* rate = reader.Require("rate")) {
    const absl::StatusOr<Duration> interval = ParseRate(rate->text);
    if (interval.ok()) {
      out.interval = *interval;
    } else {
      spec.problems().Add(*rate, interval.status().message());
    }
  }
  const uint64_t servers = dc.servers;
  out.voters_min = static_cast<uint32_t>(
      reader.Integer("votersMin", std::min<uint64_t>(3, servers), 1, servers));
  MapReader mix(reader.Require("mix"), "spec.operator.mix", spec.problems());
  const std::pair<const char*, uint32_t*> weights[] = {{"transfer", &out.transfer},
                                                       {"remove", &out.remove},
                                                       {"add", &out.add},
                                                       {"snapshot", &out.snapshot},
                                                       {"readmit", &out.readmit}};
  uint64_t total = 0;
  for (const auto& [name, weight] : weights) {
    *weight = static_cast<uint32_t>(mix.Integer(name, 0, 0, 1'000'000));
    total += *weight;
  }
  if (total == 0) spec.problems().Add(*node, "the operator's mix is empty");
  if (reader.Get("turns") != nullptr) out.turns = ParseTurns(reader);
  return out;
}

}  // namespace konsul::chaos
