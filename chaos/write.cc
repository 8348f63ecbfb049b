#include "chaos/write.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "chaos/pins.h"
#include "chaos/write_fault.h"
#include "chaos/write_values.h"

namespace konsul::chaos {
namespace {

void Topology(const Experiment& e, std::string& out) {
  const Datacenter& dc = e.datacenter;
  FlowMap map;
  map.Add("name", Text(dc.name)).Add("servers", dc.servers).Add("clients", dc.clients);
  if (dc.spares > 0) map.Add("spares", dc.spares);
  if (dc.racks > 0) map.Add("racks", dc.racks);
  if (!dc.labels.empty()) map.Add("labels", LabelMap(dc.labels));
  const Defaults& d = e.defaults;
  absl::StrAppend(
      &out, "  topology:\n    datacenters:\n      - ", map.Done(), "\n    defaults: ",
      FlowMap()
          .Add("latency", FormatDuration(d.latency))
          .Add("jitter", FormatDuration(d.jitter))
          .Add("disk",
               FlowMap().Add("size", d.disk_size).Add("fsync", FormatDuration(d.fsync)).Done())
          .Done(),
      "\n");
}

std::string StepMap(const Step& step) {
  constexpr const char* kKinds[] = {"read", "write", "cas", "delete"};
  FlowMap map;
  map.Add("at", FormatDuration(step.at)).Add("client", absl::StrCat("c", step.client));
  map.Add("do", kKinds[static_cast<size_t>(step.kind)]).Add("key", step.key);
  map.Add("server", Text(step.server));
  if (step.dials) map.Add("dials", "true");
  if (step.consistent) map.Add("consistent", "true");
  if (step.value_size > 0) map.Add("valueSize", step.value_size);
  return map.Done();
}

void Workloads(const Experiment& e, std::string& out) {
  if (e.workloads.empty()) return;
  absl::StrAppend(&out, "  workload:\n");
  for (const Workload& w : e.workloads) {
    const bool kv = w.type == Workload::Type::kKv;
    FlowMap mix;
    mix.Add(kv ? "get" : "read", w.read).Add(kv ? "put" : "write", w.write).Add("cas", w.cas);
    if (kv) mix.Add("delete", w.remove);
    constexpr const char* kReads[] = {"mixed", "default", "consistent"};
    absl::StrAppend(&out, "    - name: ", Text(w.name), "\n      type: ", kv ? "kv" : "register",
                    "\n      keys: ", w.keys, "\n      rate: ", Rate(w.interval),
                    "\n      valueSize: ", w.value_size.low, "-", w.value_size.high,
                    "\n      mix: ", mix.Done(),
                    "\n      reads: ", kReads[static_cast<size_t>(w.reads)], "\n");
    if (w.watchers > 0) absl::StrAppend(&out, "      watchers: ", w.watchers, "\n");
    if (w.streamers > 0) absl::StrAppend(&out, "      streamers: ", w.streamers, "\n");
    if (w.lockers > 0) absl::StrAppend(&out, "      lockers: ", w.lockers, "\n");
    if (w.restores) absl::StrAppend(&out, "      restores: true\n");
    if (!w.steps.has_value()) continue;
    absl::StrAppend(&out, "      steps:", w.steps->empty() ? " []" : "", "\n");
    for (const Step& step : *w.steps) absl::StrAppend(&out, "        - ", StepMap(step), "\n");
  }
}

void TheOperator(const Operator& op, std::string& out) {
  if (op.interval == Duration::zero()) return;
  FlowMap mix;
  mix.Add("transfer", op.transfer).Add("remove", op.remove).Add("add", op.add);
  mix.Add("snapshot", op.snapshot).Add("readmit", op.readmit);
  absl::StrAppend(&out, "  operator:\n    rate: ", Rate(op.interval),
                  "\n    votersMin: ", op.voters_min, "\n    mix: ", mix.Done(), "\n");
  if (!op.turns.has_value()) return;
  absl::StrAppend(&out, "    turns:", op.turns->empty() ? " []" : "", "\n");
  for (const Operator::Turn& turn : *op.turns) {
    absl::StrAppend(&out, "      - ",
                    FlowMap().Add("at", FormatDuration(turn.at)).Add("number", turn.number).Done(),
                    "\n");
  }
}

void Demands(const Experiment& e, std::string& out) {
  FlowMap radius;
  radius.Add("perDatacenter", e.blast_radius.minority_only ? "minority" : "all");
  if (!e.blast_radius.minority_only) radius.Add("allowQuorumLoss", "true");
  if (e.blast_radius.max_concurrent > 0) radius.Add("maxConcurrent", e.blast_radius.max_concurrent);
  FlowMap safety;
  safety.Add("blastRadius", radius.Done());
  if (e.blast_radius.damage_anywhere) safety.Add("damage", "anywhere");
  absl::StrAppend(&out, "  safety: ", safety.Done(), "\n");
  if (e.invariants != InvariantNames()) {
    absl::StrAppend(&out, "  invariants:", e.invariants.empty() ? " []" : "", "\n");
    for (const std::string& name : e.invariants) {
      absl::StrAppend(&out, "    - {type: ", name, "}\n");
    }
  }
  const Liveness& l = e.liveness;
  FlowMap map;
  map.Add("heal", l.core_first ? "core" : "all").Add("within", FormatDuration(l.within));
  if (l.progress > Duration::zero()) map.Add("progress", FormatDuration(l.progress));
  if (l.leaders_max.has_value()) map.Add("leadersMax", *l.leaders_max);
  std::vector<std::string> required;
  if (l.leader) required.emplace_back("leader-per-dc");
  if (l.acked_write) required.emplace_back("acked-write");
  if (l.logs_equal) required.emplace_back("logs-equal");
  map.Add("require", FlowList(required));
  absl::StrAppend(&out, "  liveness: ", map.Done(), "\n");
}

std::string Tunables(const Pins& pins) {
  FlowMap out;
  for (const PinField& field : PinFields()) {
    if (!field.IsSet(pins)) continue;
    switch (field.kind) {
      case PinField::Kind::kDuration:
        out.Add(field.name, FormatDuration(*(pins.*field.duration)));
        break;
      case PinField::Kind::kCount:
        out.Add(field.name, *(pins.*field.number));
        break;
      case PinField::Kind::kShare:
        out.Add(field.name, Percent(*(pins.*field.number)));
        break;
      case PinField::Kind::kFlag:
        out.Add(field.name, *(pins.*field.number) != 0 ? "true" : "false");
        break;
    }
  }
  std::vector<std::string> timeouts;
  for (const Duration each : pins.election_timeouts) timeouts.push_back(FormatDuration(each));
  if (!timeouts.empty()) out.Add("electionTimeouts", FlowList(timeouts));
  return out.Done();
}

}  // namespace

std::string WriteExperiment(const Experiment& e, absl::string_view comment) {
  std::string out;
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(comment);
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&out, "# ", line, "\n");
  }
  FlowMap metadata;
  metadata.Add("name", Text(e.name));
  if (!e.labels.empty()) metadata.Add("labels", LabelMap(e.labels));
  absl::StrAppend(&out,
                  "apiVersion: konsul.io/v1alpha1\nkind: Experiment\nmetadata: ", metadata.Done(),
                  "\nspec:\n  mode: sim\n");
  if (e.seed.has_value()) absl::StrAppend(&out, "  seed: ", *e.seed, "\n");
  FlowMap sim;
  sim.Add("runs", e.runs).Add("swarm", e.swarm ? "true" : "false");
  if (e.leases.has_value()) sim.Add("leases", *e.leases ? "true" : "false");
  if (!e.buggify_sites.empty()) {
    FlowMap sites;
    for (const auto& [site, ppm] : e.buggify_sites) sites.Add(site, Percent(ppm));
    sim.Add("buggify", sites.Done());
  } else if (e.buggify.has_value()) {
    sim.Add("buggify", *e.buggify ? "true" : "false");
  }
  if (const std::string pins = Tunables(e.pins); pins != "{}") sim.Add("tunables", pins);
  absl::StrAppend(&out, "  duration: ", FormatDuration(e.duration), "\n  sim: ", sim.Done(), "\n");
  Topology(e, out);
  Workloads(e, out);
  TheOperator(e.op, out);
  if (!e.faults.empty()) absl::StrAppend(&out, "  faults:\n");
  for (const Fault& fault : e.faults) absl::StrAppend(&out, WriteFault(fault));
  Demands(e, out);
  return out;
}

}  // namespace konsul::chaos
