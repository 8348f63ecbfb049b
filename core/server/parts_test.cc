// The fibers of a server one by one: log writer, applier, read batcher.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/server/applier.h"
#include "core/server/log_writer.h"
#include "core/server/read_batcher.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::server {
namespace {

raft::Entry EntryAt(uint64_t index, uint64_t term, std::string bytes = "x") {
  return {Index(index), Term(term), raft::EntryKind::kCommand, raft::MakePayload(std::move(bytes))};
}

class PartsTest : public ::testing::Test {
 protected:
  void Run(Instant now = Instant{0}) { scheduler.Run(now); }

  fiber::StackPool stacks;
  fiber::Scheduler scheduler{stacks};
  std::vector<std::string> story;
};

// Appends become durable when the test says so.
class HeldLog final : public raft::LogStorage {
 public:
  HeldLog(fiber::Scheduler& scheduler, std::vector<std::string>& story)
      : released_(scheduler), story_(story) {}
  absl::Status Append(const raft::LogBatch& batch) override {
    story_.push_back(
        absl::StrCat("append ", batch.entries.size(),
                     batch.hard_state ? absl::StrCat("+t", batch.hard_state->term.value) : ""));
    if (const auto status = released_.Wait(); !status.ok()) return status;
    story_.push_back("durable");
    return result;
  }
  void Release() { released_.WakeAll(); }
  absl::Status result;

 private:
  fiber::WaitList released_;
  std::vector<std::string>& story_;
};

class LogWriterTest : public PartsTest {
 protected:
  LogWriterTest() {
    group.Spawn("writer", [this] { end = writer.Run(); });
    Run();
  }
  ~LogWriterTest() override {
    group.Cancel();
    Run();
  }
  LogWork Work(std::vector<raft::Entry> entries, std::optional<raft::HardState> hard_state = {}) {
    raft::Message ack;
    ack.body = raft::AppendReply{true, entries.empty() ? Index() : entries.back().index};
    return {hard_state, std::move(entries), {ack}};
  }

  HeldLog log{scheduler, story};
  LogWriter writer{scheduler, log,
                   [this](const raft::Message& m) {
                     story.push_back(absl::StrCat(
                         "ack ", std::get<raft::AppendReply>(m.body).match_or_rejected.value));
                   },
                   [this](Index i, Term t) {
                     story.push_back(absl::StrCat("persisted ", i.value, "/", t.value));
                   }};
  fiber::Group group{scheduler};
  absl::Status end;
};

TEST_F(LogWriterTest, NothingIsAcknowledgedBeforeTheSync) {
  writer.Enqueue(Work({EntryAt(1, 1)}));
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "append 1");
  log.Release();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "append 1, durable, persisted 1/1, ack 1");
}

TEST_F(LogWriterTest, WhatArrivesDuringASyncSharesTheNext) {
  writer.Enqueue(Work({EntryAt(1, 1)}));
  Run();
  writer.Enqueue(Work({EntryAt(2, 1)}));
  writer.Enqueue(Work({}, raft::HardState{Term(2), NodeId(3)}));
  writer.Enqueue(Work({EntryAt(3, 2)}));
  log.Release();
  Run();
  story.clear();
  log.Release();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "),
            "durable, persisted 2/1, ack 2, persisted 0/0, ack 0, persisted 3/2, ack 3");
}

TEST_F(LogWriterTest, AMessageWithoutAWriteWaitsForEarlierBatches) {
  writer.Enqueue(Work({EntryAt(1, 1)}));
  writer.Enqueue(Work({}));
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "append 1");
  log.Release();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "append 1, durable, persisted 1/1, ack 1, ack 0");
}

TEST_F(LogWriterTest, AFailedSyncAcknowledgesNothing) {
  log.result = absl::UnavailableError("EIO");
  writer.Enqueue(Work({EntryAt(1, 1)}));
  Run();
  log.Release();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "append 1, durable");
  EXPECT_EQ(end.message(), "EIO");
}

// Merged batches are what the log would hold if they had been appended one by one.
RC_GTEST_PROP(MergeEntriesProperty, EqualsAppendingOneByOne, (const std::vector<uint8_t>& cuts)) {
  std::vector<raft::Entry> merged;
  std::vector<raft::Entry> model;  // index i+1 at position i
  Index first_written(1000);
  uint64_t term = 1;
  for (const uint8_t cut : cuts) {
    const size_t keep = model.empty() ? 0 : model.size() - cut % (model.size() + 1);
    model.resize(keep);
    ++term;
    std::vector<raft::Entry> batch;
    for (size_t i = 0; i <= cut % 3; ++i) batch.push_back(EntryAt(keep + 1 + i, term));
    model.insert(model.end(), batch.begin(), batch.end());
    first_written = std::min(first_written, batch.front().index);
    MergeEntries(merged, batch);
  }
  if (model.empty()) return;
  RC_ASSERT(merged ==
            std::vector<raft::Entry>(
                model.begin() + static_cast<std::ptrdiff_t>(first_written.value - 1), model.end()));
}

class EchoMachine final : public state::StateMachine {
 public:
  absl::StatusOr<std::vector<std::string>> Apply(
      absl::Span<const state::Committed> entries) override {
    std::vector<std::string> results;
    for (const state::Committed& entry : entries) {
      applied_ = entry.index;
      results.push_back(absl::StrCat("did ", entry.command));
    }
    return results;
  }
  Index applied() const override { return applied_; }
  Hash128 digest() const override { return {}; }

 private:
  Index applied_;
};

class ApplierTest : public PartsTest {
 protected:
  ApplierTest() {
    group.Spawn("applier", [this] { (void)applier.Run(); });
    Run();
  }
  ~ApplierTest() override {
    group.Cancel();
    Run();
  }
  void Propose(uint64_t index, uint64_t term) {
    group.Spawn("proposer", [this, index, term] {
      const auto result = applier.AwaitResult({Index(index), Term(term)}, Instant{100});
      story.push_back(
          absl::StrCat(index, ": ", result.ok() ? *result : result.status().ToString()));
    });
    Run();
  }

  EchoMachine machine;
  Applier applier{scheduler, machine, NodeId(1), nullptr};
  fiber::Group group{scheduler};
};

TEST_F(ApplierTest, AProposalGetsItsOwnResult) {
  Propose(1, 5);
  Propose(2, 5);
  applier.Enqueue({EntryAt(1, 5, "a"), EntryAt(2, 5, "b")});
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "1: did a, 2: did b");
}

TEST_F(ApplierTest, AProposalWhosePlaceWasTakenCertainlyDidNothing) {
  Propose(1, 5);
  applier.Enqueue({EntryAt(1, 6, "other")});
  Run();
  ASSERT_EQ(story.size(), 1u);
  EXPECT_NE(story[0].find("UNAVAILABLE"), std::string::npos) << story[0];
}

TEST_F(ApplierTest, WithoutNewsTheFateIsUnknown) {
  Propose(1, 5);
  Run(Instant{200});
  ASSERT_EQ(story.size(), 1u);
  EXPECT_NE(story[0].find("DEADLINE_EXCEEDED"), std::string::npos) << story[0];
}

TEST_F(ApplierTest, AReaderWaitsForItsIndex) {
  group.Spawn("reader", [this] {
    EXPECT_TRUE(applier.AwaitApplied(Index(2), Instant::Never()).ok());
    story.push_back(absl::StrCat("read at ", machine.applied().value));
  });
  Run();
  applier.Enqueue({EntryAt(1, 1)});
  Run();
  EXPECT_TRUE(story.empty());
  applier.Enqueue({EntryAt(2, 1)});
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "read at 2");
}

TEST_F(PartsTest, ReadersThatArriveDuringARoundShareTheNext) {
  fiber::WaitList round_ends(scheduler);
  uint64_t rounds = 0;
  ReadBatcher batcher(scheduler, [&]() -> absl::StatusOr<Index> {
    const uint64_t mine = ++rounds;
    if (const auto status = round_ends.Wait(); !status.ok()) return status;
    return Index(mine);
  });
  fiber::Group group(scheduler);
  group.Spawn("batcher", [&] { (void)batcher.Run(); });
  const auto read = [&](absl::string_view name) {
    group.Spawn(name, [&, name] {
      const auto index = batcher.Confirm(Instant::Never());
      story.push_back(index.ok() ? absl::StrCat(name, index->value) : "failed");
    });
    Run();
  };
  read("a");
  read("b");
  read("c");
  EXPECT_EQ(rounds, 1u);
  round_ends.WakeAll();
  Run();
  EXPECT_EQ(absl::StrJoin(story, " "), "a1");
  round_ends.WakeAll();
  Run();
  EXPECT_EQ(absl::StrJoin(story, " "), "a1 b2 c2");
  group.Cancel();
  Run();
}

}  // namespace
}  // namespace konsul::server
