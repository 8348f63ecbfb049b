#include "core/raft/transcript_support.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/check.h"

namespace konsul::raft::testing {
namespace {

uint64_t Number(absl::string_view text) {
  uint64_t value = 0;
  KONSUL_CHECK(absl::SimpleAtoi(text, &value), "not a number: ", text);
  return value;
}

Duration ParseDuration(absl::string_view text) {
  if (absl::ConsumeSuffix(&text, "ms")) return Duration(1ms) * static_cast<int64_t>(Number(text));
  KONSUL_CHECK(absl::ConsumeSuffix(&text, "s"), "a duration is 10ms or 2s, not ", text);
  return Duration(1s) * static_cast<int64_t>(Number(text));
}

// The value of key=value among the words, or `otherwise`.
std::string ValueOf(const std::vector<std::string>& words, absl::string_view key,
                    absl::string_view otherwise) {
  for (absl::string_view word : words) {
    if (absl::ConsumePrefix(&word, absl::StrCat(key, "="))) return std::string(word);
  }
  return std::string(otherwise);
}

std::vector<uint64_t> Numbers(absl::string_view list) {
  std::vector<uint64_t> numbers;
  for (absl::string_view number : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    numbers.push_back(Number(number));
  }
  return numbers;
}

std::string WordAt(const std::vector<std::string>& words, size_t at) {
  return at < words.size() ? words[at] : "";
}

std::pair<NodeId, NodeId> ParseLink(absl::string_view text) {
  std::vector<std::string> ends = absl::StrSplit(text, "->");
  KONSUL_CHECK(ends.size() == 2, "a link is 1->2, not ", text);
  const NodeId from(Number(ends[0]));
  const NodeId to(Number(ends[1]));
  return {from, to};
}

// Times of their own, so that a change of the product's defaults rewrites no story.
Options OptionsOf(const std::vector<std::string>& words) {
  const auto number = [&](absl::string_view key, size_t otherwise) {
    return Number(ValueOf(words, key, absl::StrCat(otherwise)));
  };
  Options options;
  options.election_timeout = ParseDuration(ValueOf(words, "election_timeout", "200ms"));
  options.heartbeat_interval = ParseDuration(ValueOf(words, "heartbeat_interval", "40ms"));
  options.lease_promise = ParseDuration(ValueOf(words, "lease_promise", "100ms"));
  options.disk_stall_timeout = ParseDuration(ValueOf(words, "disk_stall_timeout", "1s"));
  options.clock_drift_max_ppm = static_cast<uint32_t>(number("drift_max_ppm", 50'000));
  options.append_entries_max = number("append_entries_max", 1024);
  options.inflight_max = number("inflight_max", 256);
  options.inflight_bytes_max = number("inflight_bytes_max", 16 << 20);
  options.uncommitted_entries_max = number("uncommitted_entries_max", 32768);
  options.pre_vote = ValueOf(words, "pre_vote", "on") == "on";
  options.check_quorum = ValueOf(words, "check_quorum", "on") == "on";
  return options;
}

std::string StandingOf(const Server& server) {
  if (!server.up()) return "down";
  const Status status = server.raft->status();
  std::string text = absl::StrCat(RoleName(status.role), " t", status.term.value);
  if (status.vote != NodeId(0)) absl::StrAppend(&text, " vote=", status.vote.value);
  if (status.leader != NodeId(0)) absl::StrAppend(&text, " leader=", status.leader.value);
  if (status.transfer != NodeId(0)) absl::StrAppend(&text, " transfer=", status.transfer.value);
  return text;
}

std::string ListOf(const std::vector<Member>& members) {
  return absl::StrJoin(members, ",", [](std::string* out, const Member& member) {
    absl::StrAppend(out, member.id.value);
  });
}

// "1,2,3 (from 1,2) learners 4 retired 5"
std::string MembersOf(const Configuration& configuration) {
  std::string text = ListOf(configuration.voters);
  if (configuration.joint()) {
    absl::StrAppend(&text, " (and ", ListOf(configuration.outgoing), ")");
  }
  if (!configuration.learners.empty()) {
    absl::StrAppend(&text, " learners ", ListOf(configuration.learners));
  }
  if (!configuration.retired.empty()) {
    absl::StrAppend(&text, " retired ",
                    absl::StrJoin(configuration.retired, ",", [](std::string* out, NodeId id) {
                      absl::StrAppend(out, id.value);
                    }));
  }
  return text;
}

std::string Describe(const Parcel& parcel) {
  const LogPosition last = parcel.snapshot->point.last;
  return absl::StrCat("Snapshot ", parcel.from.value, "->", parcel.to.value, " t",
                      parcel.term.value, " last=", last.index.value, "/", last.term.value);
}

}  // namespace

const std::map<std::string, Transcript::Command>& Transcript::Commands() {
  using T = Transcript;
  static const auto* const commands = new std::map<std::string, Command>{
      {"new", &T::New},
      {"blank", &T::Blank},
      {"server", &T::StartServer},
      {"join", &T::Join},
      {"clock", &T::SetClock},
      {"timeout", &T::Timeout},
      {"heartbeat", &T::Heartbeat},
      {"elect", &T::Elect},
      {"tick", &T::TickOne},
      {"wait", &T::Wait},
      {"run", &T::RunFor},
      {"run-until", &T::RunUntil},
      {"deliver", &T::DeliverSome},
      {"stabilize", &T::Stabilize},
      {"drop", &T::Drop},
      {"delay", &T::Delay},
      {"release", &T::Release},
      {"wire", &T::ShowWire},
      {"cut", &T::Cut},
      {"isolate", &T::Isolate},
      {"heal", &T::Heal},
      {"unreachable", &T::Unreachable},
      {"closed", &T::Closed},
      {"propose", &T::Propose},
      {"read", &T::Read},
      {"lease", &T::LeaseRead},
      {"change", &T::Change},
      {"transfer", &T::Transfer},
      {"compact", &T::Compact},
      {"slow-disk", &T::SlowDisk},
      {"fast-disk", &T::FastDisk},
      {"persist", &T::Persist},
      {"crash", &T::Crash},
      {"restart", &T::Restart},
      {"wipe", &T::Wipe},
      {"members", &T::ShowMembers},
      {"followers", &T::ShowFollowers},
      {"status", &T::ShowStatus},
      {"log", &T::ShowLog},
  };
  return *commands;
}

std::string Transcript::Run(absl::string_view line) {
  output_.clear();
  const Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  KONSUL_CHECK(!words.empty());
  const auto command = Commands().find(words[0]);
  KONSUL_CHECK(command != Commands().end(), "no such command: ", line);
  (this->*command->second)(words);
  Settle();
  return output_;
}

// ---- Servers ------------------------------------------------------------------------------------

void Transcript::Create(const Words& words) {
  cluster_ = std::make_unique<Cluster>(OptionsOf(words));
  members_ = MakeConfiguration(Number(ValueOf(words, "n", "3")));
  for (const Member& member : members_.voters) shown_[member.id] = "follower t1";
}

void Transcript::Blank(const Words& words) { Create(words); }

void Transcript::New(const Words& words) {
  Create(words);
  for (const Member& member : members_.voters) {
    Server& server = cluster_->Add(member.id);
    cluster_->Start(server, Index(0));
    KONSUL_CHECK(server.raft->Bootstrap(cluster_->Now(), members_).ok());
    cluster_->Pump(server);
  }
}

void Transcript::StartServer(const Words& words) {
  Server& server = cluster_->Add(NodeId(Number(WordAt(words, 1))));
  const std::vector<uint64_t> terms = Numbers(ValueOf(words, "terms", "1"));
  server.entries = MakeLog(members_, terms);
  server.hard_state.term = Term(Number(ValueOf(words, "term", absl::StrCat(terms.back()))));
  server.hard_state.vote = NodeId(Number(ValueOf(words, "vote", "0")));
  cluster_->Start(server, Index(0));
}

void Transcript::Join(const Words& words) {
  Server& server = cluster_->Add(NodeId(Number(WordAt(words, 1))));
  shown_[server.id] = "follower t0";
  cluster_->Start(server, Index(0));
}

void Transcript::SetClock(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  absl::string_view ppm = words.at(2);
  KONSUL_CHECK(absl::ConsumePrefix(&ppm, "ppm="));
  KONSUL_CHECK(absl::SimpleAtoi(ppm, &server.clock.ppm));
}

void Transcript::Crash(const Words& words) { cluster_->Crash(Find(WordAt(words, 1))); }

void Transcript::Restart(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  commits_shown_[server.id] = Index(0);
  states_shown_[server.id] = 0;
  cluster_->Start(server, Index(0));
}

void Transcript::Wipe(const Words& words) { cluster_->Wipe(Find(WordAt(words, 1))); }

// ---- Time ---------------------------------------------------------------------------------------

void Transcript::LosePatience(Server& server) {
  // A candidate's next deadline may be to ask again only.
  const bool campaigns = server.raft->status().role == Role::kPreCandidate ||
                         server.raft->status().role == Role::kCandidate;
  const Instant due = campaigns ? cluster_->now + 2 * cluster_->options().election_timeout
                                : cluster_->DeadlineOf(server);
  cluster_->now = std::max(cluster_->now, due);
  cluster_->Tick(server);
}

void Transcript::Timeout(const Words& words) { LosePatience(Find(WordAt(words, 1))); }

void Transcript::Heartbeat(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  KONSUL_CHECK(server.raft->status().role == Role::kLeader, "it does not lead");
  LosePatience(server);
}

void Transcript::Elect(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  LosePatience(server);
  Settle();
  StabilizeWire();
  const Status status = server.raft->status();
  KONSUL_CHECK(status.role == Role::kLeader, "server ", words[1], " was not elected");
  output_.clear();
  Say(absl::StrCat("server ", words[1], " leads term ", status.term.value,
                   "; all have its first entry"));
}

void Transcript::TickOne(const Words& words) { cluster_->Tick(Find(WordAt(words, 1))); }

void Transcript::Wait(const Words& words) {
  cluster_->now = cluster_->now + ParseDuration(WordAt(words, 1));
}

void Transcript::RunFor(const Words& words) {
  cluster_->RunUntil(cluster_->now + ParseDuration(WordAt(words, 1)));
}

void Transcript::RunUntil(const Words& words) {
  cluster_->RunUntil(cluster_->DeadlineOf(Find(WordAt(words, 1))) - 1ns);
}

// ---- The wire -----------------------------------------------------------------------------------

Transcript::Freight Transcript::Take(const std::string& link) {
  Freight all{std::exchange(cluster_->wire, {}), std::exchange(cluster_->parcels, {})};
  if (link.empty()) return all;
  const auto wanted = ParseLink(link);
  Freight taken;
  for (Message& message : all.messages) {
    const bool here = std::make_pair(message.from, message.to) == wanted;
    (here ? taken.messages : cluster_->wire).push_back(std::move(message));
  }
  for (Parcel& parcel : all.parcels) {
    const bool here = std::make_pair(parcel.from, parcel.to) == wanted;
    (here ? taken.parcels : cluster_->parcels).push_back(std::move(parcel));
  }
  return taken;
}

void Transcript::Arrive(const Freight& freight) {
  const auto is_cut = [this](const auto& one) {
    return cluster_->cut.count({one.from, one.to}) > 0;
  };
  for (const Message& message : freight.messages) {
    Say(absl::StrCat(is_cut(message) ? "lost " : "", raft::Describe(message)));
    if (!is_cut(message)) cluster_->Deliver(message);
    Settle();
  }
  for (const Parcel& parcel : freight.parcels) {
    Say(absl::StrCat(is_cut(parcel) ? "lost " : "", Describe(parcel)));
    if (is_cut(parcel)) {
      cluster_->GiveUp(parcel);
    } else {
      cluster_->Deliver(parcel);
    }
    Settle();
  }
}

void Transcript::StabilizeWire() {
  while (!cluster_->wire.empty() || !cluster_->parcels.empty()) Arrive(Take(""));
}

void Transcript::DeliverSome(const Words& words) { Arrive(Take(WordAt(words, 1))); }

void Transcript::Stabilize(const Words&) { StabilizeWire(); }

void Transcript::Drop(const Words& words) {
  const Freight freight = Take(WordAt(words, 1));
  for (const Message& message : freight.messages) {
    Say(absl::StrCat("lost ", raft::Describe(message)));
  }
  for (const Parcel& parcel : freight.parcels) {
    Say(absl::StrCat("lost ", Describe(parcel)));
    cluster_->GiveUp(parcel);
  }
}

void Transcript::Delay(const Words& words) {
  const Freight freight = Take(WordAt(words, 1));
  for (const Message& message : freight.messages) {
    Say(absl::StrCat("set aside ", raft::Describe(message)));
    delayed_.messages.push_back(message);
  }
  for (const Parcel& parcel : freight.parcels) {
    Say(absl::StrCat("set aside ", Describe(parcel)));
    delayed_.parcels.push_back(parcel);
    cluster_->GiveUp(parcel);
  }
}

void Transcript::Release(const Words&) {
  for (Message& message : delayed_.messages) cluster_->wire.push_back(std::move(message));
  for (Parcel& parcel : delayed_.parcels) cluster_->parcels.push_back(std::move(parcel));
  delayed_ = {};
}

void Transcript::ShowWire(const Words&) {
  for (const Message& message : cluster_->wire) Say(raft::Describe(message));
  for (const Parcel& parcel : cluster_->parcels) Say(Describe(parcel));
}

void Transcript::Cut(const Words& words) { cluster_->cut.insert(ParseLink(WordAt(words, 1))); }

void Transcript::Isolate(const Words& words) {
  const NodeId alone = Find(WordAt(words, 1)).id;
  for (const auto& [id, server] : cluster_->servers()) {
    if (id == alone) continue;
    cluster_->cut.insert({alone, id});
    cluster_->cut.insert({id, alone});
  }
}

void Transcript::Heal(const Words&) { cluster_->cut.clear(); }

void Transcript::Unreachable(const Words& words) {
  const auto [at, peer] = ParseLink(WordAt(words, 1));
  Server& server = cluster_->at(at.value);
  server.raft->PeerUnreachable(cluster_->Now(server), peer, /*closed=*/false);
  cluster_->Pump(server);
}

void Transcript::Closed(const Words& words) {
  const auto [at, peer] = ParseLink(WordAt(words, 1));
  Server& server = cluster_->at(at.value);
  server.raft->PeerUnreachable(cluster_->Now(server), peer, /*closed=*/true);
  cluster_->Pump(server);
}

// ---- Requests -----------------------------------------------------------------------------------

void Transcript::Propose(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  auto proposed = server.raft->Propose(cluster_->Now(server), MakePayload(WordAt(words, 2)));
  if (!proposed.ok()) return Say(proposed.status().message());
  Say(absl::StrCat("at ", proposed->index.value, "/", proposed->term.value));
  cluster_->Pump(server);
}

void Transcript::Read(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  const uint64_t context = Number(WordAt(words, 2));
  const absl::Status status = server.raft->ReadIndex(cluster_->Now(server), context);
  if (!status.ok()) return Say(status.message());
  safety_.ReadStarted(context);
  cluster_->Pump(server);
}

void Transcript::LeaseRead(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  const auto index = server.raft->LeaseRead(cluster_->Now(server));
  if (!index.ok()) return Say(index.status().message());
  Say(absl::StrCat("at ", index->value));
}

void Transcript::Change(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  const Configuration target = MakeConfiguration(Numbers(ValueOf(words, "voters", "")),
                                                 Numbers(ValueOf(words, "learners", "")));
  auto proposed = server.raft->ProposeConfiguration(cluster_->Now(server), target);
  if (!proposed.ok()) return Say(proposed.status().message());
  Say(absl::StrCat("at ", proposed->index.value, "/", proposed->term.value));
  cluster_->Pump(server);
}

void Transcript::Transfer(const Words& words) {
  Server& server = Find(WordAt(words, 1));
  const NodeId to(words.size() > 2 ? Number(words[2]) : 0);
  const absl::Status status = server.raft->TransferLeadership(cluster_->Now(server), to);
  if (!status.ok()) return Say(status.message());
  cluster_->Pump(server);
}

void Transcript::Compact(const Words& words) {
  cluster_->TakeSnapshot(Find(WordAt(words, 1)), Index(Number(WordAt(words, 2))));
}

void Transcript::SlowDisk(const Words& words) { cluster_->slow.insert(Find(WordAt(words, 1)).id); }

void Transcript::FastDisk(const Words& words) { cluster_->slow.erase(Find(WordAt(words, 1)).id); }

void Transcript::Persist(const Words& words) {
  if (!cluster_->PersistOne(Find(WordAt(words, 1)))) Say("nothing is being written");
}

// ---- What is to be seen -------------------------------------------------------------------------

void Transcript::ShowMembers(const Words& words) {
  for (Server* server : Named(words)) {
    if (!server->up()) continue;
    const Configuration& configuration = server->raft->configuration();
    Say(absl::StrCat(server->id.value, ": ",
                     configuration.empty() ? "nobody" : MembersOf(configuration)));
  }
}

void Transcript::ShowFollowers(const Words& words) {
  for (const FollowerStatus& follower : Find(WordAt(words, 1)).raft->followers()) {
    Say(absl::StrCat(follower.id.value, ": match=", follower.match.value,
                     " next=", follower.next.value, " inflight_bytes=", follower.inflight_bytes,
                     follower.snapshot ? " snapshot" : ""));
  }
}

void Transcript::ShowStatus(const Words& words) {
  for (Server* server : Named(words)) {
    std::string text = absl::StrCat(server->id.value, ": ", StandingOf(*server));
    if (server->up()) {
      const Status status = server->raft->status();
      absl::StrAppend(&text, " last=", status.last_index.value, "/", status.last_term.value,
                      " durable=", status.durable_index.value, " commit=", status.commit.value,
                      " applied=", status.applied.value);
    }
    Say(text);
  }
}

// "1: 1 1 2:a | 2" shows the terms of the entries; commands with their text; "|" is the commit.
// "1: [4] 2 2" has a snapshot in place of its first four.
void Transcript::ShowLog(const Words& words) {
  for (Server* server : Named(words)) {
    if (!server->up()) {
      Say(absl::StrCat(server->id.value, ": down"));
      continue;
    }
    std::string text = absl::StrCat(server->id.value, ":");
    const Status status = server->raft->status();
    if (status.log_base > Index(0)) absl::StrAppend(&text, " [", status.log_base.value, "]");
    if (status.log_base == status.commit && status.commit > Index(0)) absl::StrAppend(&text, " |");
    for (Index i(status.log_base + 1); i <= status.last_index; ++i) {
      const Entry* entry = server->raft->EntryAt(i);
      absl::StrAppend(&text, " ", entry->term.value, *entry->payload == "" ? "" : ":");
      if (entry->kind == EntryKind::kCommand) absl::StrAppend(&text, *entry->payload);
      if (entry->kind == EntryKind::kConfiguration) absl::StrAppend(&text, "members");
      if (i == status.commit) absl::StrAppend(&text, " |");
    }
    Say(text);
  }
}

std::vector<Server*> Transcript::Named(const Words& words) {
  std::vector<Server*> named;
  for (size_t i = 1; i < words.size(); ++i) named.push_back(&Find(words[i]));
  if (!named.empty()) return named;
  for (auto& [id, server] : cluster_->servers()) named.push_back(&server);
  return named;
}

Server& Transcript::Find(const std::string& id) { return cluster_->at(Number(id)); }

void Transcript::Settle() {
  for (auto& [id, server] : cluster_->servers()) {
    if (server.up() && cluster_->slow.count(id) == 0) cluster_->PersistAll(server);
  }
  for (auto& [id, server] : cluster_->servers()) SettleOne(server);
  const std::string broken = safety_.Observe(*cluster_);
  if (!broken.empty()) Say(absl::StrCat("BROKEN: ", broken));
}

void Transcript::SettleOne(Server& server) {
  const std::string who = absl::StrCat("  ", server.id.value, ": ");
  const std::string standing = StandingOf(server);
  if (std::exchange(shown_[server.id], standing) != standing) Say(absl::StrCat(who, standing));
  if (!server.up()) return;
  const Status status = server.raft->status();
  // A state that jumps over entries which this log no longer has came with a snapshot.
  size_t& state = states_shown_[server.id];
  if (state < status.log_base.value && server.installing != nullptr &&
      server.installing->point.last.index == status.log_base) {
    Say(absl::StrCat(who, "restored at ", status.log_base.value));
  }
  state = server.state.size();
  if (std::exchange(commits_shown_[server.id], status.commit) != status.commit) {
    Say(absl::StrCat(who, "commit ", status.commit.value));
  }
  for (ReadState read : server.reads) {
    Say(absl::StrCat(who, "read ", read.context, " at ", read.index.value));
  }
  for (uint64_t failed : server.failed_reads) {
    Say(absl::StrCat(who, "read ", failed, " failed"));
  }
}

void Transcript::Say(absl::string_view text) { absl::StrAppend(&output_, text, "\n"); }

}  // namespace konsul::raft::testing
