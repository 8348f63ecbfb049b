// One real server, id 1 of n, and a test that plays everybody else.
#ifndef KONSUL_CORE_RAFT_PAPER_SUPPORT_H_
#define KONSUL_CORE_RAFT_PAPER_SUPPORT_H_

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/raft/cluster_support.h"

namespace konsul::raft::testing {

class OneServerTest : public ::testing::Test {
 protected:
  // A log of these terms (the first entry is the configuration), the latest term and the vote.
  void Start(size_t n, const std::vector<uint64_t>& terms, uint64_t term, uint64_t vote = 0) {
    cluster_.emplace(options_);
    Server& server = cluster_->Add(NodeId(1));
    server.entries = MakeLog(MakeConfiguration(n), terms);
    server.hard_state = HardState{Term(term), NodeId(vote)};
    cluster_->Start(server, Index(0));
  }

  Server& server() { return cluster_->at(1); }
  Raft& raft() { return *server().raft; }
  Status status() { return raft().status(); }
  Instant now() { return cluster_->now; }

  void Receive(uint64_t from, uint64_t term, decltype(Message::body) body) {
    cluster_->Deliver(MakeMessage(from, 1, term, std::move(body)));
    if (!slow_disk_) cluster_->PersistAll(server());
  }
  void Wait(Duration duration) { cluster_->now = cluster_->now + duration; }
  void Tick() {
    cluster_->Tick(server());
    if (!slow_disk_) cluster_->PersistAll(server());
  }
  void Timeout() {
    cluster_->now = std::max(cluster_->now, raft().NextDeadline());
    Tick();
  }
  void Propose(const std::string& text) {
    ASSERT_TRUE(raft().Propose(cluster_->Now(), MakePayload(text)).ok());
    cluster_->Pump(server());
    if (!slow_disk_) cluster_->PersistAll(server());
  }

  // Times out and gets the votes of 2 up to a majority of n; its first append stays on the wire.
  void Lead(size_t n) {
    Timeout();
    for (bool pre : {true, false}) {
      if (pre && !options_.pre_vote) continue;
      const uint64_t term = status().term.value + (pre ? 1 : 0);
      for (uint64_t id = 2; id <= n / 2 + 1; ++id) {
        Receive(id, term, VoteReply{.pre = pre, .granted = true});
      }
    }
    ASSERT_EQ(status().role, Role::kLeader);
    std::vector<Message> appends;
    for (Message& message : std::exchange(cluster_->wire, {})) {
      if (std::holds_alternative<AppendRequest>(message.body)) appends.push_back(message);
    }
    cluster_->wire = appends;
  }
  // Says that its log matches up to `index`.
  void Acknowledge(uint64_t from, uint64_t index, uint64_t round = 0) {
    Receive(from, status().term.value,
            AppendReply{.success = true, .match_or_rejected = Index(index), .read_round = round});
  }

  // What went out, of one kind; everything else is thrown away.
  template <typename Body>
  std::vector<std::pair<NodeId, Body>> Sent() {
    std::vector<std::pair<NodeId, Body>> sent;
    for (Message& message : std::exchange(cluster_->wire, {})) {
      last_term_ = message.term;
      if (Body* body = std::get_if<Body>(&message.body)) sent.emplace_back(message.to, *body);
    }
    return sent;
  }
  // The one message of that kind.
  template <typename Body>
  Body OnlySent() {
    auto sent = Sent<Body>();
    EXPECT_EQ(sent.size(), 1u);
    return sent.empty() ? Body{} : sent.back().second;
  }

  std::vector<uint64_t> LogTerms() {
    std::vector<uint64_t> terms;
    for (Index i(1); i <= status().last_index; ++i) {
      terms.push_back(raft().EntryAt(i)->term.value);
    }
    return terms;
  }

  static Entry Command(uint64_t index, uint64_t term) {
    return Entry{.index = Index(index), .term = Term(term), .kind = EntryKind::kCommand};
  }
  static AppendRequest Append(uint64_t prev, uint64_t prev_term, uint64_t commit,
                              std::vector<Entry> entries = {}) {
    return AppendRequest{.prev_index = Index(prev),
                         .prev_term = Term(prev_term),
                         .commit = Index(commit),
                         .entries = std::move(entries)};
  }
  static VoteRequest Vote(uint64_t last_index, uint64_t last_term, bool pre = false) {
    return VoteRequest{.pre = pre, .last_index = Index(last_index), .last_term = Term(last_term)};
  }

  Options options_;
  std::optional<Cluster> cluster_;
  bool slow_disk_ = false;
  Term last_term_;  // of the last message seen by Sent()
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_PAPER_SUPPORT_H_
