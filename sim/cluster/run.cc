#include "sim/cluster/run.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/checkers/linearizability.h"
#include "sim/checkers/liveness.h"
#include "sim/cluster/situation.h"

namespace konsul::cluster {
namespace {

constexpr Duration kBootLimit = 60s;
constexpr Duration kSupervisorDelay = 500ms;
constexpr Duration kStopLimit = 30s;
constexpr Duration kFinalReadLimit = 30s;
// How long a cluster that may be ruined is watched after the heal.
constexpr Duration kWatchRuins = 10s;
// Between two looks at whether the cluster works again.
constexpr Duration kLookEvery = 20ms;
// Between two looks at whether it works while something is broken.
constexpr Duration kWatchEvery = 250ms;

std::vector<std::string> NamesOf(const char* prefix, uint32_t count) {
  std::vector<std::string> names;
  for (uint32_t i = 1; i <= count; ++i) names.push_back(absl::StrCat(prefix, i));
  return names;
}

workloads::OperatorSpec SpecOf(const chaos::Operator& op) {
  workloads::OperatorSpec spec;
  spec.interval = op.interval;
  spec.transfer = op.transfer;
  spec.remove = op.remove;
  spec.add = op.add;
  spec.snapshot = op.snapshot;
  spec.readmit = op.readmit;
  spec.voters_min = op.voters_min;
  spec.turns = op.turns;
  return spec;
}

}  // namespace

Run::Run(const chaos::Experiment& experiment, const RunOptions& options)
    : experiment_(experiment),
      options_(options),
      world_(options.seed),
      tunables_(DrawTunables(experiment, world_.Fork("tunables"))),
      cluster_(world_, experiment, tunables_, options.scratch, oracles_, shared_),
      injector_(world_, cluster_, experiment, tunables_),
      director_(experiment, world_.Fork("chaos")),
      availability_(NamesOf("n", experiment.datacenter.servers),
                    NamesOf("c", experiment.datacenter.clients), experiment.liveness.progress,
                    experiment.liveness.leaders_max, oracles_.findings),
      operator_spec_(SpecOf(experiment.op)),
      room_(world_, cluster_, [this](const std::string& machine, const std::string& text) {
        chaos::Injection done;
        done.at = world_.now() - began_;
        done.kind = chaos::Injection::Kind::kOperator;
        done.fault = "operator";
        done.targets = {machine};
        done.why = text;
        world_.Note(sim::HostId(0), HashContent(text), chaos::Describe(done));
        director_.Note(std::move(done));
      }) {
  if (options.recorder != nullptr) BeginRecord();
  world_.SetTraceSink(TraceSink(options));
  world_.network().options() = tunables_.network;
  oracles_.recorder = options.recorder;
  for (size_t i = 0; i < kBuggifySites; ++i) {
    world_.buggify().Arm(static_cast<BuggifySite>(i), tunables_.buggify[i], world_.Fork("buggify"));
  }
  for (const sim::HostId from : world_.host_ids()) {
    world_.host(from).log().SetLevel(options.log_level);
    world_.host(from).log().SetSink(LogSink(options));
    for (const sim::HostId to : world_.host_ids()) {
      if (from != to) world_.network().SetLatency(from, to, tunables_.network.latency);
    }
  }
  shared_.now = operator_state_.now = [this] { return Elapsed(); };
  if (options.until_event > 0) world_.StopAtEvent(options.until_event);
  shared_.findings = &oracles_.findings;
  AddWatchers();
  AddStreamers();
  AddRestorer();
  AddLockers();
  IgnoreOracles();
}

Report Run::Execute() {
  const probe::Scope counting(rare_paths_);
  world_.SetAfterStep([this](sim::HostId) { AfterStep(); });
  Boot();
  if (!failed()) FaultPhase();
  if (!failed()) Heal();
  if (!failed()) CheckWatchers();
  StopRestorer();
  if (!failed()) CheckStreamers();
  if (!failed()) CheckLockers();
  if (!failed()) FinalReads();
  if (!failed()) CheckResources();
  if (!failed()) RebuildStates();
  if (!world_.AtLastEvent()) Judge();
  world_.SetAfterStep(nullptr);
  EndRecord();
  return MakeReport();
}

Report Run::ReportOfFailedCheck(const std::string& text) {
  // Whose fiber it was that did not come back; none when it was the simulator's own check.
  std::string whose;
  for (const sim::HostId id : world_.host_ids()) {
    const sim::Host& host = world_.host(id);
    if (host.in_fibers()) whose = absl::StrCat(host.name(), ": ");
  }
  Fail("invariant", absl::StrCat(whose, text));
  EndRecord();
  return MakeReport();
}

void Run::Fail(const std::string& oracle, const std::string& text) {
  oracles_.findings.Report(oracle, text);
  RecordFindings();
}

void Run::Boot() {
  cluster_.StartServers();
  cluster_.StartClients();
  StartWatchers();
  StartStreamers();
  StartRestorer();
  StartLockers();
  if (tunables_.faults_from_the_start) return;
  const bool led = world_.RunUntilTrue(
      [this] { return failed() || oracles_.elections.terms_with_leader() > 0; }, kBootLimit);
  if (!led && !failed()) Fail("liveness", absl::StrCat("the cluster does not form: ", Missing()));
}

void Run::FaultPhase() {
  began_ = world_.now();
  RecordPhase("faults");
  directing_ = true;
  ArmDirector();
  if (experiment_.op.interval > Duration::zero()) StartOperator();
  if (experiment_.liveness.progress > Duration::zero()) {
    availability_.OnDamage(Elapsed(), DamageNow());
    WatchAvailability();
  }
  world_.RunFor(experiment_.duration);
  availability_.Stop();
  directing_ = false;
}

void Run::StartOperator() {
  cluster_.operator_host().Start([this](env::Env env) {
    workloads::RunOperator(env, operator_spec_, room_, operator_state_);
  });
}

checkers::Damage Run::DamageNow() {
  checkers::Damage damage;
  for (const chaos::Injection* fault : director_.Running()) {
    const bool links = chaos::ConcernsLinks(fault->kind);
    for (const auto& link : fault->links) damage.links.insert({link.from, link.to});
    if (!links) damage.hosts.insert(fault->targets.begin(), fault->targets.end());
  }
  for (const auto& server : cluster_.servers()) {
    if (server->broken()) damage.hosts.insert(server->name());
  }
  return damage;
}

void Run::WatchAvailability() {
  if (!directing_) return;
  Duration last_ack(-1);
  for (const Duration at : shared_.last_acked_write) last_ack = std::max(last_ack, at);
  availability_.OnAckedWrite(last_ack);
  availability_.Check(Elapsed());
  RecordCheck("liveness");
  if (failed()) return world_.Stop();
  world_.After(kWatchEvery, [this] { WatchAvailability(); });
}

void Run::ArmDirector() {
  const Duration next = director_.next();
  if (next >= armed_for_) return;
  armed_for_ = next;
  // Behind whatever else happens at that moment, however early this was known: a fault that follows
  // an event at once, and the same fault in a schedule that was known from the start, come alike.
  const sim::Time at = began_ + next;
  world_.AtUnrecorded(at, [this, at] { world_.AtUnrecorded(at, [this] { Direct(); }); });
}

void Run::Direct() {
  armed_for_ = Duration::max();
  if (!directing_) return;
  const Duration now = world_.now() - began_;
  if (director_.next() <= now) {
    bool changed = false;
    for (const chaos::Injection& injection : director_.Advance(now, cluster_.Inventory())) {
      matrix_.Note(injection, cluster_);
      injector_.Apply(injection);
      changed = changed || injection.kind != chaos::Injection::Kind::kSkipped;
    }
    const bool asked = experiment_.liveness.progress > Duration::zero();
    if (changed && asked) availability_.OnDamage(Elapsed(), DamageNow());
  }
  ArmDirector();
}

void Run::TellDirector(const char* event, size_t times) {
  if (!directing_ || times == 0) return;
  for (size_t i = 0; i < times; ++i) director_.OnEvent(event, world_.now() - began_);
  ArmDirector();
}

void Run::AfterStep() {
  NoteExits();
  if (options_.on_situation) TellSituation();
  const size_t leaders = oracles_.TakeNewLeaders();
  for (size_t i = 0; i < leaders; ++i) availability_.OnLeader();
  const size_t configurations = oracles_.TakeNewConfigurations();
  const size_t snapshots = oracles_.TakeNewSnapshots();
  TellDirector("leader-elected", leaders);
  TellDirector("membership-changes", configurations);
  TellDirector("snapshot-begins", snapshots);
  TellDirector("turning-point", leaders + configurations + snapshots);
  if (!failed()) return;
  RecordFindings();
  world_.Stop();
}

void Run::TellSituation() {
  const uint64_t situation = SituationOf(cluster_);
  if (std::exchange(situation_, situation) != situation) options_.on_situation(situation);
}

void Run::NoteExits() {
  for (auto& server : cluster_.servers()) {
    const absl::Status lost = server->TakeDataLoss();
    if (!lost.ok() && !server->damaged()) {
      Fail("durability",
           absl::StrCat(server->name(), " lost what nobody damaged: ", lost.ToString()));
      return;
    }
    const std::optional<absl::Status> exit = server->TakeExit();
    if (!exit.has_value()) continue;
    if (absl::IsDataLoss(*exit) && server->damaged()) {
      // Exactly what it has to do. Whoever has no operator does without it from now on.
      ++probes_["refused-damaged-disk"];
      server->Break();
      continue;
    }
    if (exit->ok() || !server->excused()) {
      Fail("server-exit", absl::StrCat(server->name(), " ended by itself: ",
                                       exit->ok() ? "without an error" : exit->ToString()));
      return;
    }
    ++probes_["gave-up-after-disk-error"];
    world_.After(kSupervisorDelay, [&server] { server->Start(); });
  }
}

std::string Run::Missing() {
  checkers::LivenessView view;
  for (const auto& server : cluster_.servers()) {
    const bool out = core_only_ && !server->host().running();
    if (!server->deployed() || out) continue;
    // An operator replaces it; without one, it is lost.
    if (server->broken() && experiment_.op.interval == Duration::zero()) continue;
    view.servers.push_back({server->name(), server->serving(), server->observer().leads(),
                            server->observer().applied()});
  }
  if (operator_state_.finish) view.operator_waits = operator_state_.waits_for;
  for (size_t i = 0; i < cluster_.client_hosts(); ++i) {
    for (const uint32_t number : cluster_.ClientNumbers(i)) {
      view.clients.push_back(
          {absl::StrCat("c", i + 1, "/", number), shared_.last_acked_write[number] > healed_at_});
    }
  }
  const chaos::Liveness& required = experiment_.liveness;
  // Logs grow while clients write, so they are compared once the clients have stopped.
  return WhatIsMissing(view, {.leader = required.leader,
                              .acked_write = required.acked_write,
                              .logs_equal = required.logs_equal && shared_.stop});
}

bool Run::AwaitWorking(const std::string& when) {
  const sim::Time limit = world_.now() + experiment_.liveness.within;
  while (!failed() && world_.now() < limit && !Missing().empty()) {
    RecordCheck("liveness");
    world_.RunFor(kLookEvery);
  }
  if (failed()) return false;
  const std::string missing = Missing();
  if (missing.empty()) return true;
  Fail("liveness", absl::StrCat(when, missing));
  return false;
}

void Run::Heal() {
  world_.Note(sim::HostId(0), 0, "heal");
  for (const chaos::Injection& injection : director_.Heal(world_.now() - began_)) {
    injector_.Apply(injection);
  }
  injector_.HealEverything();
  if (experiment_.liveness.core_first && !experiment_.blast_radius.damage_anywhere) HealCore();
  if (failed()) return;
  RecordPhase("all is healed");
  if (experiment_.blast_radius.damage_anywhere) {
    // Whether it works again depends on what was damaged; that nobody errs does not.
    world_.RunFor(std::min<Duration>(experiment_.liveness.within, kWatchRuins));
    return;
  }
  healed_at_ = Elapsed();
  shared_.hurry_since = healed_at_;
  operator_state_.pause = false;
  operator_state_.finish = cluster_.operator_host().running();
  if (!AwaitWorking(
          absl::StrCat("after ", ToSeconds(experiment_.liveness.within), " s without faults "))) {
    return;
  }
  shared_.stop = operator_state_.stop = true;
  RecordPhase("clients stop");
  world_.RunUntilTrue([this] { return failed() || cluster_.AllClientsEnded(); }, kStopLimit);
  AwaitWorking("long after the last write ");
}

void Run::FinalReads() {
  if (experiment_.workloads.empty() || experiment_.blast_radius.damage_anywhere) return;
  RecordPhase("final reads");
  const std::set<std::string> keys = [this] {
    std::set<std::string> all;
    for (const checkers::Operation& op : shared_.history.operations()) all.insert(op.key);
    return all;
  }();
  cluster_.auditor().Start([this, &keys](env::Env env) {
    for (const auto& server : cluster_.servers()) {
      if (!server->deployed() || server->broken()) continue;
      const Duration invoked = Elapsed();
      const auto items = workloads::ReadAll(env, server->http(), env.After(kFinalReadLimit));
      if (!items.ok()) {
        Fail("liveness", absl::StrCat("the final read through ", server->name(),
                                      " fails: ", items.status().ToString()));
        return;
      }
      std::map<std::string, std::string> values;
      for (const workloads::KvItem& item : *items) values[item.key] = item.value;
      for (const std::string& key : keys) {
        checkers::FinalRead read{key, std::nullopt, server->name()};
        if (const auto it = values.find(key); it != values.end()) read.value = it->second;
        checkers::Operation op;
        op.client = static_cast<uint32_t>(shared_.last_acked_write.size());
        op.key = key;
        op.invoked = invoked;
        op.server = server->name();
        const auto id = shared_.history.Invoke(op);
        shared_.history.ReturnRead(id, read.value, Elapsed());
        final_reads_.push_back(std::move(read));
      }
    }
    final_reads_done_ = true;
  });
  world_.RunUntilTrue([this] { return failed() || final_reads_done_; },
                      kFinalReadLimit * static_cast<int64_t>(1 + cluster_.servers().size()));
  if (!failed() && !final_reads_done_) Fail("liveness", "the final reads do not end");
  // Its lambda refers to `keys`.
  cluster_.auditor().Kill();
}

void Run::Judge() {
  // What an oracle saw while the run went on says more than its consequences.
  if (!failed() && experiment_.Checks("no-lost-acked-writes") &&
      !experiment_.blast_radius.damage_anywhere) {
    RecordCheck("no-lost-acked-writes");
    CheckAckedWrites(shared_.history, final_reads_, oracles_.findings);
  }
  if (!failed() && experiment_.Checks("linearizability")) {
    RecordCheck("linearizability");
    probes_["keys-undecided"] += CheckLinearizability(shared_.history, oracles_.findings);
  }
  for (const checkers::Finding& finding : oracles_.findings.list()) {
    world_.Note(sim::HostId(0), HashContent(finding.text), finding.text);
  }
  // The answers that clients got are part of what must repeat exactly.
  for (const checkers::Operation& op : shared_.history.operations()) {
    world_.Note(sim::HostId(0), HashContent(Describe(op)), "operation");
  }
}

}  // namespace konsul::cluster
