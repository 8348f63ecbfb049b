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

std::pair<NodeId, NodeId> ParseLink(absl::string_view text) {
  std::vector<std::string> ends = absl::StrSplit(text, "->");
  KONSUL_CHECK(ends.size() == 2, "a link is 1->2, not ", text);
  const NodeId from(Number(ends[0]));
  const NodeId to(Number(ends[1]));
  return {from, to};
}

std::string StandingOf(const Server& server) {
  if (!server.up()) return "down";
  const Status status = server.raft->status();
  std::string text = absl::StrCat(RoleName(status.role), " t", status.term.value);
  if (status.vote != NodeId(0)) absl::StrAppend(&text, " vote=", status.vote.value);
  if (status.leader != NodeId(0)) absl::StrAppend(&text, " leader=", status.leader.value);
  return text;
}

}  // namespace

std::string Transcript::Run(absl::string_view line) {
  output_.clear();
  const Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  KONSUL_CHECK(!words.empty());
  const std::string& command = words[0];
  const std::string first = words.size() > 1 ? words[1] : "";
  const std::string second = words.size() > 2 ? words[2] : "";
  if (command == "new") {
    Create(words, true);
  } else if (command == "blank") {
    Create(words, false);
  } else if (command == "server") {
    StartServer(words);
  } else if (command == "timeout") {
    Timeout(first);
  } else if (command == "heartbeat") {
    KONSUL_CHECK(Find(first).raft->status().role == Role::kLeader, first, " does not lead");
    Timeout(first);
  } else if (command == "elect") {
    Elect(first);
  } else if (command == "wait") {
    cluster_->now = cluster_->now + ParseDuration(first);
  } else if (command == "run") {
    cluster_->RunUntil(cluster_->now + ParseDuration(first));
  } else if (command == "run-until") {
    cluster_->RunUntil(Find(first).raft->NextDeadline() - 1ns);
  } else if (command == "deliver") {
    DeliverAll(Take(first));
  } else if (command == "stabilize") {
    while (!cluster_->wire.empty()) DeliverAll(Take(""));
  } else if (command == "drop") {
    for (const Message& message : Take(first)) Say(absl::StrCat("lost ", Describe(message)));
  } else if (command == "delay") {
    for (Message& message : Take(first)) {
      Say(absl::StrCat("set aside ", Describe(message)));
      delayed_.push_back(std::move(message));
    }
  } else if (command == "release") {
    for (Message& message : std::exchange(delayed_, {})) cluster_->wire.push_back(message);
  } else if (command == "wire") {
    for (const Message& message : cluster_->wire) Say(Describe(message));
  } else if (command == "cut") {
    cluster_->cut.insert(ParseLink(first));
  } else if (command == "isolate") {
    Isolate(first);
  } else if (command == "heal") {
    cluster_->cut.clear();
  } else if (command == "propose") {
    Propose(first, second);
  } else if (command == "read") {
    Read(first, second);
  } else if (command == "slow-disk") {
    slow_.insert(Find(first).id);
  } else if (command == "fast-disk") {
    slow_.erase(Find(first).id);
  } else if (command == "persist") {
    if (!cluster_->PersistOne(Find(first))) Say("nothing is being written");
  } else if (command == "crash") {
    cluster_->Crash(Find(first));
  } else if (command == "restart") {
    Server& server = Find(first);
    commits_shown_[server.id] = Index(0);
    cluster_->Start(server, Index(0));
  } else if (command == "status") {
    ForAll(words, &Transcript::ShowStatus);
  } else if (command == "log") {
    ForAll(words, &Transcript::ShowLog);
  } else {
    KONSUL_CHECK(false, "no such command: ", line);
  }
  Settle();
  return output_;
}

void Transcript::Create(const Words& words, bool started) {
  Options options;
  options.pre_vote = ValueOf(words, "pre_vote", "on") == "on";
  options.check_quorum = ValueOf(words, "check_quorum", "on") == "on";
  options.append_entries_max = Number(ValueOf(words, "append_entries_max", "1024"));
  options.inflight_max = Number(ValueOf(words, "inflight_max", "256"));
  cluster_ = std::make_unique<Cluster>(options);
  members_ = MakeConfiguration(Number(ValueOf(words, "n", "3")));
  for (const Member& member : members_.voters) shown_[member.id] = "follower t1";
  if (!started) return;
  for (const Member& member : members_.voters) {
    Server& server = cluster_->Add(member.id);
    cluster_->Start(server, Index(0));
    KONSUL_CHECK(server.raft->Bootstrap(cluster_->Now(), members_).ok());
    cluster_->Pump(server);
  }
}

void Transcript::StartServer(const Words& words) {
  Server& server = cluster_->Add(NodeId(Number(words[1])));
  const std::string list = ValueOf(words, "terms", "1");
  std::vector<uint64_t> terms;
  for (absl::string_view term : absl::StrSplit(list, ',')) {
    terms.push_back(Number(term));
  }
  server.entries = MakeLog(members_, terms);
  server.hard_state.term = Term(Number(ValueOf(words, "term", absl::StrCat(terms.back()))));
  server.hard_state.vote = NodeId(Number(ValueOf(words, "vote", "0")));
  cluster_->Start(server, Index(0));
}

void Transcript::Timeout(const std::string& id) {
  Server& server = Find(id);
  cluster_->now = std::max(cluster_->now, server.raft->NextDeadline());
  cluster_->Tick(server);
}

void Transcript::Elect(const std::string& id) {
  Timeout(id);
  Settle();
  while (!cluster_->wire.empty()) DeliverAll(Take(""));
  const Status status = Find(id).raft->status();
  KONSUL_CHECK(status.role == Role::kLeader, "server ", id, " was not elected");
  output_.clear();
  Say(absl::StrCat("server ", id, " leads term ", status.term.value, "; all have its first entry"));
}

void Transcript::Isolate(const std::string& id) {
  const NodeId alone(Number(id));
  for (const Member& member : members_.voters) {
    if (member.id == alone) continue;
    cluster_->cut.insert({alone, member.id});
    cluster_->cut.insert({member.id, alone});
  }
}

void Transcript::Propose(const std::string& id, const std::string& text) {
  Server& server = Find(id);
  auto proposed = server.raft->Propose(cluster_->Now(), MakePayload(text));
  if (!proposed.ok()) return Say(proposed.status().message());
  Say(absl::StrCat("at ", proposed->index.value, "/", proposed->term.value));
  cluster_->Pump(server);
}

void Transcript::Read(const std::string& id, const std::string& context) {
  Server& server = Find(id);
  const absl::Status status = server.raft->ReadIndex(cluster_->Now(), Number(context));
  if (!status.ok()) return Say(status.message());
  safety_.ReadStarted(Number(context));
  cluster_->Pump(server);
}

void Transcript::ForAll(const Words& words, void (Transcript::*show)(Server&)) {
  if (words.size() > 1) {
    for (size_t i = 1; i < words.size(); ++i) (this->*show)(Find(words[i]));
    return;
  }
  for (auto& [id, server] : cluster_->servers()) (this->*show)(server);
}

void Transcript::ShowStatus(Server& server) {
  std::string text = absl::StrCat(server.id.value, ": ", StandingOf(server));
  if (server.up()) {
    const Status status = server.raft->status();
    absl::StrAppend(&text, " last=", status.last_index.value, "/", status.last_term.value,
                    " durable=", status.durable_index.value, " commit=", status.commit.value,
                    " applied=", status.applied.value);
  }
  Say(text);
}

// "1: 1 1 2*3 | 2" shows the terms of the entries; commands with their text; "|" is the commit.
void Transcript::ShowLog(Server& server) {
  if (!server.up()) return Say(absl::StrCat(server.id.value, ": down"));
  std::string text = absl::StrCat(server.id.value, ":");
  const Status status = server.raft->status();
  for (Index i(1); i <= status.last_index; ++i) {
    const Entry* entry = server.raft->EntryAt(i);
    absl::StrAppend(&text, " ", entry->term.value, *entry->payload == "" ? "" : ":");
    if (entry->kind == EntryKind::kCommand) absl::StrAppend(&text, *entry->payload);
    if (entry->kind == EntryKind::kConfiguration) absl::StrAppend(&text, "members");
    if (i == status.commit) absl::StrAppend(&text, " |");
  }
  Say(text);
}

void Transcript::DeliverAll(std::vector<Message> messages) {
  for (const Message& message : messages) {
    if (cluster_->cut.count({message.from, message.to}) > 0) {
      Say(absl::StrCat("lost ", Describe(message)));
      continue;
    }
    Say(Describe(message));
    cluster_->Deliver(message);
    Settle();
  }
}

std::vector<Message> Transcript::Take(const std::string& link) {
  if (link.empty()) return std::exchange(cluster_->wire, {});
  const auto wanted = ParseLink(link);
  std::vector<Message> taken;
  std::vector<Message> left;
  for (Message& message : std::exchange(cluster_->wire, {})) {
    const bool here = std::make_pair(message.from, message.to) == wanted;
    (here ? taken : left).push_back(std::move(message));
  }
  cluster_->wire = std::move(left);
  return taken;
}

Server& Transcript::Find(const std::string& id) { return cluster_->at(Number(id)); }

void Transcript::Settle() {
  for (auto& [id, server] : cluster_->servers()) {
    if (server.up() && slow_.count(id) == 0) cluster_->PersistAll(server);
  }
  for (auto& [id, server] : cluster_->servers()) {
    const std::string standing = StandingOf(server);
    if (std::exchange(shown_[id], standing) != standing) {
      Say(absl::StrCat("  ", id.value, ": ", standing));
    }
    if (!server.up()) continue;
    const Index commit = server.raft->status().commit;
    if (std::exchange(commits_shown_[id], commit) != commit) {
      Say(absl::StrCat("  ", id.value, ": commit ", commit.value));
    }
    for (ReadState read : server.reads) {
      Say(absl::StrCat("  ", id.value, ": read ", read.context, " at ", read.index.value));
    }
    for (uint64_t failed : server.failed_reads) {
      Say(absl::StrCat("  ", id.value, ": read ", failed, " failed"));
    }
  }
  const std::string broken = safety_.Observe(*cluster_);
  if (!broken.empty()) Say(absl::StrCat("BROKEN: ", broken));
}

void Transcript::Say(absl::string_view text) { absl::StrAppend(&output_, text, "\n"); }

}  // namespace konsul::raft::testing
