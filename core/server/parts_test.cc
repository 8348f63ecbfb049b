// The fibers of a server one by one: log writer, read batcher.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/server/log_writer.h"
#include "core/server/parts_support.h"
#include "core/server/read_batcher.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::server {
namespace {

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
  absl::Status Compact(Index upto) override {
    story_.push_back(absl::StrCat("compact ", upto.value));
    return result;
  }
  absl::Status Reset(raft::LogPosition base) override {
    story_.push_back(absl::StrCat("reset ", base.index.value, "/", base.term.value));
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
    return {hard_state, std::nullopt, std::move(entries), {ack}};
  }

  HeldLog log{scheduler, story};
  LogWriter writer{scheduler, clock, log,
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

TEST_F(LogWriterTest, ARestoreComesBetweenWhatIsBeforeAndWhatIsAfterIt) {
  writer.Enqueue(Work({EntryAt(1, 1)}));
  LogWork restore = Work({EntryAt(8, 3)});
  restore.restore = raft::LogPosition{Index(7), Term(2)};
  Run();
  writer.Enqueue(Work({EntryAt(2, 1)}));
  writer.Enqueue(std::move(restore));
  for (int i = 0; i < 3; ++i) {
    log.Release();
    Run();
  }
  EXPECT_EQ(absl::StrJoin(story, ", "),
            "append 1, durable, persisted 1/1, ack 1, append 1, durable, persisted 2/1, ack 2, "
            "reset 7/2, append 1, durable, persisted 8/3, ack 8");
}

TEST_F(LogWriterTest, ARestoreAloneIsPersistedUpToItsSnapshot) {
  LogWork restore = Work({});
  restore.restore = raft::LogPosition{Index(7), Term(2)};
  writer.Enqueue(std::move(restore));
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "reset 7/2, persisted 7/2, ack 0");
}

TEST_F(LogWriterTest, CompactionWaitsForWrites) {
  writer.Enqueue(Work({EntryAt(1, 1)}));
  Run();
  writer.Compact(Index(1));
  writer.Enqueue(Work({EntryAt(2, 1)}));
  log.Release();
  Run();
  log.Release();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "),
            "append 1, durable, persisted 1/1, ack 1, append 1, durable, persisted 2/1, ack 2, "
            "compact 1");
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
