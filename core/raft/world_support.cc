#include "core/raft/world_support.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/hash.h"

namespace konsul::raft::testing {
namespace {

constexpr uint64_t kServersMax = 9;
constexpr size_t kWireMax = 400;

int64_t MostDrift(Draws& draws) {
  constexpr int64_t kBounds[] = {0, 50'000, 300'000};
  return kBounds[draws.Below(3)];
}

Options SmallOptions(Draws& draws) {
  Options options;
  options.election_timeout = 100ms;
  options.heartbeat_interval = 25ms;
  options.lease_promise = Duration(1ms) * static_cast<int64_t>(draws.Below(5) * 25);
  options.clock_drift_max_ppm = static_cast<uint32_t>(MostDrift(draws));
  options.disk_stall_timeout = 300ms;
  // Often one by one: an old entry then reaches others without the new leader's own (figure 8).
  options.append_entries_max = draws.Below(2) == 0 ? 1 : 1 + draws.Below(4);
  options.inflight_max = 1 + draws.Below(4);
  options.inflight_bytes_max = 1 + draws.Below(8);
  options.uncommitted_entries_max = 4 + draws.Below(40);
  options.apply_entries_max = 1 + draws.Below(8);
  options.pre_vote = draws.Below(4) != 0;
  options.check_quorum = draws.Below(4) != 0;
  return options;
}

std::string StandingOf(const Server& server) {
  if (!server.up()) return "down";
  const Status status = server.raft->status();
  return absl::StrCat(RoleName(status.role), " t", status.term.value,
                      " last=", status.last_index.value, "/", status.last_term.value,
                      " commit=", status.commit.value, " base=", status.log_base.value);
}

std::string ListOf(const std::vector<Member>& members) {
  std::string text;
  for (const Member& member : members) absl::StrAppend(&text, " ", member.id.value);
  return text;
}

bool HasMajorityWithout(const std::vector<Member>& voters, NodeId absent) {
  const size_t left = static_cast<size_t>(std::count_if(
      voters.begin(), voters.end(), [&](const Member& voter) { return voter.id != absent; }));
  return voters.empty() || left > voters.size() / 2;
}

void Erase(std::vector<Member>* members, NodeId id) {
  members->erase(std::remove_if(members->begin(), members->end(),
                                [&](const Member& member) { return member.id == id; }),
                 members->end());
}

void Insert(std::vector<Member>* members, NodeId id) {
  members->push_back(MakeMember(id.value));
  std::sort(members->begin(), members->end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
}

}  // namespace

uint64_t NumberDraws::Below(uint64_t n) {
  state_ += 0x9e3779b97f4a7c15ULL;
  return Mix64(state_) % n;
}

World::World(Draws& draws, bool telling) : telling_(telling), cluster_(SmallOptions(draws)) {
  hostility_ = draws.Below(4);
  lame_ = draws.Below(kServersMax + 1);
  constexpr uint64_t kPaces[] = {20'000'000, 5'000'000, 200'000};
  pace_ = kPaces[draws.Below(3)];
  const size_t n = 1 + draws.Below(5);
  // A minority may not have begun its log yet when the others elect a leader.
  const size_t passive = draws.Below(2) == 0 ? (n - 1) / 2 : 0;
  const int64_t drift = cluster_.options().clock_drift_max_ppm;
  // In half of the worlds one is slow and the others are fast, which is the worst for a lease of
  // it.
  const uint64_t slow = 1 + draws.Below(2 * n);
  for (uint64_t id = 1; id <= kServersMax; ++id) {
    // Otherwise at one of the ends more often than between.
    const int64_t choices[] = {-drift, drift,
                               static_cast<int64_t>(draws.Below(2 * drift + 1)) - drift};
    Server& server = cluster_.Add(NodeId(id));
    const int64_t any = choices[draws.Below(3)];
    const int64_t opposed = id == slow ? -drift : drift;
    server.clock = {static_cast<int64_t>(draws.Below(1'000'000'000)), slow <= n ? opposed : any};
    if (id > n) continue;
    founders_ = n;
    late_.insert(server.id);
    StartBlank(server.id);
    if (id + passive <= n) Begin(server);
  }
  Say(absl::StrCat(n, " servers, ", passive, " of them late; hostility ", hostility_,
                   cluster_.options().pre_vote ? "" : ", no pre-vote",
                   cluster_.options().check_quorum ? "" : ", no check-quorum", ", promise ",
                   ToMillis(cluster_.options().lease_promise), "ms, drift ", drift, "ppm"));
  if (slow <= n && draws.Below(2) == 0) LetLead(NodeId(slow));
  broken_ = safety_.Observe(cluster_);
  TellStandings();
}

void World::Begin(Server& server) {
  if (!server.up() || !server.raft->configuration().empty()) return;
  KONSUL_CHECK(server.raft->Bootstrap(cluster_.Now(server), MakeConfiguration(founders_)).ok());
  cluster_.Pump(server);
  cluster_.PersistAll(server);
  late_.erase(server.id);
  Say(absl::StrCat("begin ", server.id.value));
}

// A slow clock loses elections; with help, it may win one.
void World::LetLead(NodeId id) {
  cluster_.RunUntil(cluster_.now + 1s);
  Server* leader = cluster_.Leader();
  if (leader == nullptr) return;
  if (!leader->raft->TransferLeadership(cluster_.Now(*leader), id).ok()) return;
  Say(absl::StrCat("transfer to ", id.value));
  cluster_.Pump(*leader);
  cluster_.RunUntil(cluster_.now + 100ms);
}

std::string World::Step(Draws& draws) {
  Act(draws);
  ++steps_;
  TellStandings();
  if (!broken_.empty()) return broken_;
  std::string broken = safety_.Observe(cluster_);
  if (broken.empty() && steps_ % 32 == 0) broken = safety_.CheckLogMatching(cluster_);
  return broken;
}

void World::Count(Verdict* verdict) const {
  verdict->committed = safety_.committed();
  verdict->leaders = safety_.leaders_seen();
  verdict->reads = safety_.reads_served();
  verdict->lease_reads = safety_.lease_reads_served();
  verdict->changes = changes_;
  verdict->transfers = transfers_;
  verdict->installs = installs_;
}

// ---- What happens -------------------------------------------------------------------------------

void World::Act(Draws& draws) {
  if (!late_.empty() && draws.Below(64) == 0) Begin(cluster_.at(late_.begin()->value));
  const uint64_t kind = draws.Below(100);
  if (kind < 48) {
    Deliver(draws);
  } else if (kind < 62) {
    PersistSomewhere(draws);
  } else if (kind < 71) {
    PassTime(draws);
  } else if (kind < 79) {
    Propose(draws);
  } else if (kind < 82) {
    Read(draws);
  } else if (kind < 86) {
    DeliverParcel(draws);
  } else if (kind < 88) {
    ChangeMembers(draws);
  } else if (kind < 89) {
    Transfer(draws);
  } else if (kind < 92) {
    Compact(draws);
  } else if (kind < 94) {
    Hint(draws);
  } else if (kind < 94 + 2 * hostility_) {
    Harm(draws);
  }
}

void World::Deliver(Draws& draws) {
  if (cluster_.wire.empty()) {
    if (draws.Below(4) == 0 || !PersistSomewhere(draws)) GoToNextDeadline();
    return;
  }
  // Mostly in order; now and then anything overtakes.
  const size_t window = draws.Below(4) == 0 ? cluster_.wire.size() : 1;
  const size_t at = draws.Below(std::min(window, cluster_.wire.size()));
  const Message message = cluster_.wire[at];
  const bool keep_a_copy = hostility_ > 0 && draws.Below(20) == 0;
  if (!keep_a_copy) cluster_.wire.erase(cluster_.wire.begin() + static_cast<ptrdiff_t>(at));
  const bool lost = cluster_.cut.count({message.from, message.to}) > 0;
  if (telling_) {
    Say(absl::StrCat(lost ? "lost " : "", Describe(message), keep_a_copy ? ", and again" : ""));
  }
  if (!lost) cluster_.Deliver(message);
  if (cluster_.wire.size() > kWireMax) cluster_.wire.resize(kWireMax / 2);
}

void World::DeliverParcel(Draws& draws) {
  if (cluster_.parcels.empty()) return;
  const size_t at = draws.Below(cluster_.parcels.size());
  const Parcel parcel = cluster_.parcels[at];
  // One that its sender gave up may arrive all the same, and more than once.
  const uint64_t fate = hostility_ == 0 ? 0 : draws.Below(8);
  const bool keep = fate == 1 && cluster_.parcels.size() < 10;
  if (!keep) cluster_.parcels.erase(cluster_.parcels.begin() + static_cast<ptrdiff_t>(at));
  const bool lost = fate == 2 || cluster_.cut.count({parcel.from, parcel.to}) > 0;
  Say(absl::StrCat("snapshot ", parcel.snapshot->point.last.index.value, " from ",
                   parcel.from.value, " to ", parcel.to.value, " t", parcel.term.value,
                   lost ? " is given up" : " arrives", keep ? ", and will again" : ""));
  if (lost) return cluster_.GiveUp(parcel);
  const Server& receiver = cluster_.at(parcel.to.value);
  const Index before = receiver.up() ? receiver.raft->status().log_base : Index(0);
  cluster_.Deliver(parcel);
  if (receiver.up() && receiver.raft->status().log_base > before) ++installs_;
}

// Beginning anywhere, so that nobody's disk is always first.
bool World::PersistSomewhere(Draws& draws) {
  const size_t offset = draws.Below(kServersMax);
  for (size_t i = 0; i < kServersMax; ++i) {
    Server& server = cluster_.at(1 + (offset + i) % kServersMax);
    if (!server.up() || stuck_.count(server.id) > 0 || !cluster_.PersistOne(server)) continue;
    Say(absl::StrCat("persist ", server.id.value));
    return true;
  }
  return false;
}

void World::Tick(Server& server) {
  Say(absl::StrCat("tick ", server.id.value));
  cluster_.Tick(server);
  const auto oldest = std::find_if(server.writes.begin(), server.writes.end(),
                                   [](const Write& write) { return write.needs_persist; });
  if (oldest == server.writes.end() || server.raft->status().role != Role::kLeader) return;
  const bool stuck =
      server.clock.Local(cluster_.now) >= oldest->since + cluster_.options().disk_stall_timeout;
  if (stuck && !server.raft->followers().empty()) {
    broken_ = absl::StrCat("server ", server.id.value, " leads with a stuck disk");
  }
}

void World::GoToNextDeadline() {
  const Instant next = cluster_.NextDeadline();
  if (next != Instant::Never()) cluster_.now = std::max(cluster_.now, next);
  Say(absl::StrCat("time ", cluster_.now.ns / 1000, "us"));
  for (auto& [id, server] : cluster_.servers()) {
    if (server.up() && cluster_.DeadlineOf(server) <= cluster_.now) Tick(server);
  }
}

void World::PassTime(Draws& draws) {
  const uint64_t longest = pace_ > 1'000'000 && draws.Below(8) == 0 ? 300'000'000 : pace_;
  cluster_.now = cluster_.now + Duration(static_cast<int64_t>(draws.Below(longest)));
  Say(absl::StrCat("time ", cluster_.now.ns / 1000, "us"));
  for (auto& [id, server] : cluster_.servers()) {
    // Some are late.
    if (server.up() && draws.Below(4) != 0) Tick(server);
  }
}

void World::Propose(Draws& draws) {
  Server& server = PickLeader(draws);
  if (!server.up()) return;
  // A value of its own for each, so that equal entries are the same proposal.
  const std::string value = absl::StrCat("v", ++proposals_);
  const auto proposed = server.raft->Propose(cluster_.Now(server), MakePayload(value));
  if (proposed.ok()) {
    Say(absl::StrCat("propose ", server.id.value, " ", value, " at ", proposed->index.value));
  }
  if (draws.Below(2) == 0) cluster_.Pump(server);
}

void World::Read(Draws& draws) {
  Server& server = PickLeader(draws);
  if (!server.up()) return;
  const uint64_t context = ++read_contexts_;
  if (server.raft->ReadIndex(cluster_.Now(server), context).ok()) {
    Say(absl::StrCat("read ", server.id.value, " as ", context));
    safety_.ReadStarted(context);
  }
  if (draws.Below(2) == 0) cluster_.Pump(server);
}

// ---- Members, hand-overs, snapshots -------------------------------------------------------------

void World::ChangeMembers(Draws& draws) {
  Server& leader = PickLeader(draws);
  if (!leader.up() || leader.raft->status().role != Role::kLeader) return;
  if (draws.Below(4) == 0) return ComeBack(draws, leader);
  Configuration target = leader.raft->configuration().Left();
  for (uint64_t changes = 1 + draws.Below(3); changes > 0; --changes) ChangeOne(draws, &target);
  const auto proposed = leader.raft->ProposeConfiguration(cluster_.Now(leader), target);
  if (!proposed.ok()) return;
  ++changes_;
  Say(absl::StrCat("change ", leader.id.value, " voters", ListOf(target.voters), " learners",
                   ListOf(target.learners), " at ", proposed->index.value));
  cluster_.Pump(leader);
}

void World::ChangeOne(Draws& draws, Configuration* target) {
  const NodeId id = draws.Below(2) == 0 ? Pick(draws).id : NodeId(1 + draws.Below(kServersMax));
  if (target->IsRetired(id)) return;
  // Whoever was no member yet comes with an empty disk, and has to be a learner first.
  if (started_.count(id) == 0) StartBlank(id);
  const bool voted = target->IsVoter(id);
  Erase(&target->voters, id);
  Erase(&target->learners, id);
  switch (draws.Below(4)) {
    case 0:  // goes, unless nobody would be left
      if (target->voters.empty()) Insert(&target->voters, id);
      break;
    case 1:
      Insert(voted && target->voters.empty() ? &target->voters : &target->learners, id);
      break;
    default:
      Insert(&target->voters, id);
  }
}

// A server that was removed asks to be a member again, with an empty disk.
void World::ComeBack(Draws& draws, Server& leader) {
  const Configuration& configuration = leader.raft->configuration();
  if (configuration.joint() || configuration.retired.empty()) return;
  if (leader.raft->status().configuration_index > leader.raft->status().commit) return;
  const NodeId id = configuration.retired[draws.Below(configuration.retired.size())];
  Configuration target = configuration;
  Insert(&target.voters, id);
  // Refused or not, it is there, and those who do not know yet that it was removed may ask it.
  (void)leader.raft->ProposeConfiguration(cluster_.Now(leader), target).status();
  Say(absl::StrCat("server ", id.value, " comes back with an empty disk"));
  StartBlank(id);
  late_.erase(id);
  cluster_.Pump(leader);
}

Server& World::StartBlank(NodeId id) {
  Server& server = cluster_.at(id.value);
  cluster_.Wipe(server);
  cluster_.Start(server, Index(0));
  started_.insert(id);
  return server;
}

void World::Transfer(Draws& draws) {
  Server& leader = PickLeader(draws);
  if (!leader.up()) return;
  const NodeId to = draws.Below(4) == 0 ? NodeId(0) : Pick(draws).id;
  if (!leader.raft->TransferLeadership(cluster_.Now(leader), to).ok()) return;
  ++transfers_;
  Say(absl::StrCat("transfer ", leader.id.value, " to ", leader.raft->status().transfer.value));
  cluster_.Pump(leader);
  // Where it hurts: it does not hear what comes of it.
  if (hostility_ > 0 && draws.Below(4) == 0) Isolate(leader, /*both_ways=*/false);
}

void World::Compact(Draws& draws) {
  Server& server = Pick(draws);
  if (!server.up()) return;
  const Status status = server.raft->status();
  if (status.applied <= status.log_base) return;
  // Mostly all of it, since that is what hurts.
  const uint64_t kept = draws.Below(3) == 0 ? draws.Below(status.applied - status.log_base) : 0;
  const Index upto = status.applied - kept;
  Say(absl::StrCat("compact ", server.id.value, " up to ", upto.value));
  cluster_.TakeSnapshot(server, upto);
}

// Not even true, now and then.
void World::Hint(Draws& draws) {
  Server& server = Pick(draws);
  const NodeId peer = draws.Below(2) == 0 ? Pick(draws).id : PickLeader(draws).id;
  const bool closed = draws.Below(2) == 0;
  if (!server.up() || peer == server.id) return;
  Say(absl::StrCat(closed ? "closed " : "unreachable ", server.id.value, "->", peer.value));
  server.raft->PeerUnreachable(cluster_.Now(server), peer, closed);
  cluster_.Pump(server);
}

// ---- What goes wrong ----------------------------------------------------------------------------

void World::Harm(Draws& draws) {
  Server& server = Pick(draws);
  switch (draws.Below(7)) {
    case 0:
      CrashOrStart(draws, server);
      break;
    case 1:
      if (!server.up()) CrashOrStart(draws, server);
      break;
    case 2:
      if (!cluster_.wire.empty()) {
        const size_t at = draws.Below(cluster_.wire.size());
        if (telling_) Say(absl::StrCat("lost ", Describe(cluster_.wire[at])));
        cluster_.wire.erase(cluster_.wire.begin() + static_cast<ptrdiff_t>(at));
      }
      break;
    case 3:
      if (draws.Below(2) == 0) {
        const NodeId other = Pick(draws).id;
        Say(absl::StrCat("cut ", server.id.value, "->", other.value));
        cluster_.cut.insert({server.id, other});
      } else {
        Say("heal");
        cluster_.cut.clear();
      }
      break;
    case 4:
      Isolate(draws.Below(2) == 0 ? PickLeader(draws) : server, draws.Below(4) != 0);
      break;
    case 5:
      LoseLeader(draws);
      break;
    default:
      if (stuck_.erase(server.id) == 0) stuck_.insert(server.id);
      Say(absl::StrCat(stuck_.count(server.id) > 0 ? "stuck" : "free", " disk ", server.id.value));
      break;
  }
}

void World::Isolate(Server& server, bool both_ways) {
  for (auto& [id, other] : cluster_.servers()) {
    if (id == server.id) continue;
    cluster_.cut.insert({id, server.id});
    if (both_ways) cluster_.cut.insert({server.id, id});
  }
  Say(absl::StrCat("isolate ", server.id.value, both_ways ? "" : " from what others send"));
}

// The leader is cut off or crashes, and everybody hears of it at once.
void World::LoseLeader(Draws& draws) {
  Server& leader = PickLeader(draws);
  if (draws.Below(2) == 0) {
    Isolate(leader, /*both_ways=*/true);
  } else if (leader.up()) {
    CrashOrStart(draws, leader);
  }
  for (auto& [id, server] : cluster_.servers()) {
    if (!server.up() || id == leader.id || draws.Below(4) == 0) continue;
    Say(absl::StrCat("closed ", id.value, "->", leader.id.value));
    server.raft->PeerUnreachable(cluster_.Now(server), leader.id, /*closed=*/true);
    cluster_.Pump(server);
  }
}

void World::CrashOrStart(Draws& draws, Server& server) {
  if (server.up()) {
    // Some of what was under way may have reached the disk, unknown to the core.
    const size_t written = draws.Below(server.writes.size() + 1);
    std::deque<Write> writes = std::move(server.writes);
    cluster_.Crash(server);
    for (size_t i = 0; i < written; ++i) Cluster::ToDisk(server, writes[i]);
    Say(absl::StrCat("crash ", server.id.value, " with ", written, " writes done"));
    return;
  }
  if (started_.count(server.id) == 0) return;
  // The state machine may have to be rebuilt from any point.
  const size_t applied =
      draws.Below(2) == 0 ? server.state.size() : draws.Below(server.state.size() + 1);
  Say(absl::StrCat("start ", server.id.value, " applied ", applied));
  cluster_.Start(server, Index(applied));
}

Server& World::Pick(Draws& draws) {
  return cluster_.at(
      std::next(started_.begin(), static_cast<ptrdiff_t>(draws.Below(started_.size())))->value);
}

Server& World::PickLeader(Draws& draws) {
  const size_t offset = draws.Below(kServersMax);
  for (size_t i = 0; i < kServersMax; ++i) {
    Server& server = cluster_.at(1 + (offset + i) % kServersMax);
    if (server.up() && server.raft->status().role == Role::kLeader) return server;
  }
  return Pick(draws);
}

// ---- The end ------------------------------------------------------------------------------------

std::string World::Heal() {
  Say("all is well from here on");
  cluster_.cut.clear();
  stuck_.clear();
  for (auto& [id, server] : cluster_.servers()) {
    if (!server.up() && started_.count(id) > 0) cluster_.Start(server, Index(server.state.size()));
    if (late_.count(id) > 0) Begin(server);
  }
  NodeId absent;
  if (lame_ > 0 && cluster_.at(lame_).up() && CanDoWithout(NodeId(lame_))) {
    absent = NodeId(lame_);
    Say(absl::StrCat("server ", lame_, " stays down"));
    cluster_.Crash(cluster_.at(lame_));
  }
  std::string broken = Recover(absent);
  if (broken.empty()) broken = StayCalm();
  TellStandings();
  return broken;
}

bool World::CanDoWithout(NodeId id) {
  for (auto& [other, server] : cluster_.servers()) {
    if (!server.up()) continue;
    std::vector<Configuration> all = {server.raft->configuration()};
    for (const Entry& entry : server.entries) {
      if (entry.kind == EntryKind::kConfiguration) {
        all.push_back(Configuration::Decode(*entry.payload).value());
      }
    }
    for (const Configuration& configuration : all) {
      if (!HasMajorityWithout(configuration.voters, id) ||
          !HasMajorityWithout(configuration.outgoing, id)) {
        return false;
      }
    }
  }
  return true;
}

std::string World::Watch() {
  std::string broken = safety_.Observe(cluster_);
  if (broken.empty()) broken = safety_.CheckLogMatching(cluster_);
  return broken;
}

bool World::EverybodyApplied(NodeId absent, Index upto) {
  const Server* leader = cluster_.Leader();
  if (leader == nullptr) return false;
  const Status status = leader->raft->status();
  const Configuration& configuration = leader->raft->configuration();
  if (configuration.joint() || status.configuration_index > status.commit) return false;
  for (const Member& member : configuration.Members()) {
    const Server& server = cluster_.at(member.id.value);
    if (member.id != absent && (!server.up() || server.state.size() < upto.value)) return false;
  }
  return true;
}

std::string World::Recover(NodeId absent) {
  Raft::Proposed proposed{};  // by the leader of this term
  bool asked = false;
  const Instant end = cluster_.now + 10s;
  while (cluster_.now < end) {
    const size_t served = safety_.reads_served();
    cluster_.RunUntil(cluster_.now + 100ms);
    std::string broken = Watch();
    if (!broken.empty()) return broken;
    StopTheRetired();
    Server* leader = cluster_.Leader();
    if (leader == nullptr) continue;
    if (leader->raft->status().term != proposed.term) {
      // What an earlier leader was given may be lost.
      const auto accepted = leader->raft->Propose(cluster_.Now(*leader), MakePayload("last"));
      if (accepted.ok()) proposed = *accepted;
      asked = false;
      cluster_.Pump(*leader);
    } else if (asked) {
      return safety_.reads_served() > served ? "" : "liveness: a read is not answered";
    } else if (EverybodyApplied(absent, proposed.index)) {
      asked = leader->raft->ReadIndex(cluster_.Now(*leader), ++read_contexts_).ok();
      if (asked) safety_.ReadStarted(read_contexts_);
      cluster_.Pump(*leader);
    }
  }
  return absl::StrCat("liveness: ", cluster_.Leader() == nullptr ? "no leader" : "a leader",
                      ", proposed ", proposed.index.value);
}

// Without pre-vote and check-quorum, who was removed and does not know disturbs the rest for ever
// (thesis 4.2.3).
void World::StopTheRetired() {
  if (cluster_.options().pre_vote && cluster_.options().check_quorum) return;
  for (auto& [id, server] : cluster_.servers()) {
    if (!server.up()) continue;
    const Configuration configuration = server.raft->configuration();
    if (server.raft->status().configuration_index > server.raft->status().commit) continue;
    if (configuration.joint()) continue;
    for (const NodeId retired : configuration.retired) {
      if (cluster_.at(retired.value).up()) cluster_.Crash(cluster_.at(retired.value));
    }
  }
}

// With pre-vote and check-quorum nobody disturbs a leader: not those who were removed and do not
// know, nor learners, nor whoever lags.
std::string World::StayCalm() {
  if (!cluster_.options().pre_vote || !cluster_.options().check_quorum) return "";
  const Server* leader = cluster_.Leader();
  const Term term = leader->raft->status().term;
  cluster_.RunUntil(cluster_.now + 2s);
  std::string broken = Watch();
  if (!broken.empty()) return broken;
  const Server* later = cluster_.Leader();
  if (later == leader && later->raft->status().term == term) return "";
  return "calm: the leader was deposed though all was well";
}

// ---- The tale -----------------------------------------------------------------------------------

void World::Say(absl::string_view text) {
  if (telling_) absl::StrAppend(&tale_, text, "\n");
}

void World::TellStandings() {
  if (!telling_) return;
  for (auto& [id, server] : cluster_.servers()) {
    const std::string standing = StandingOf(server);
    std::string& shown = shown_[id];
    if (standing == (shown.empty() ? "down" : shown)) continue;
    shown = standing;
    absl::StrAppend(&tale_, "  ", id.value, ": ", standing, "\n");
  }
}

}  // namespace konsul::raft::testing
