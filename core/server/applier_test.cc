// The applier: results, waiters, and the loading of snapshots.
#include "core/server/applier.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/server/parts_support.h"
#include "gtest/gtest.h"

namespace konsul::server {
namespace {

class EchoMachine final : public state::StateMachine {
 public:
  explicit EchoMachine(fiber::Scheduler& scheduler) : load(scheduler) {}

  absl::StatusOr<std::vector<std::string>> Apply(
      absl::Span<const state::Committed> entries) override {
    std::vector<std::string> results;
    for (const state::Committed& entry : entries) {
      applied_ = entry.index;
      results.push_back(absl::StrCat("did ", entry.command));
    }
    return results;
  }
  bool IsLong(const state::Committed& entry) const override { return entry.command == "long"; }
  absl::StatusOr<std::string> ApplyLong(const state::Committed& entry,
                                        absl::FunctionRef<absl::Status()> breathe) override {
    for (int i = 0; i < 3; ++i) {
      if (const absl::Status status = breathe(); !status.ok()) return status;
      ++breaths;
    }
    applied_ = entry.index;
    return "did long";
  }
  absl::StatusOr<Frozen> Freeze() override {
    return absl::UnimplementedError("not asked for here");
  }
  absl::Status Restore(state::RowSource&) override {
    if (const absl::Status status = load.Wait(); !status.ok()) return status;
    applied_ = restores_to;
    return absl::OkStatus();
  }
  Index applied() const override { return applied_; }
  Hash128 digest() const override { return {}; }

  // Loading a snapshot takes until this is woken.
  fiber::WaitList load;
  Index restores_to;
  int breaths = 0;  // while something long was applied

 private:
  Index applied_;
};

// Holds one snapshot, of which only the place matters here.
class OneSnapshot final : public SnapshotStore {
 public:
  class File final : public SnapshotFile {
   public:
    explicit File(const SnapshotMeta& meta) : meta_(meta) {}
    const SnapshotMeta& meta() const override { return meta_; }
    absl::StatusOr<std::string> ReadAt(uint64_t, uint64_t) override { return ""; }
    std::unique_ptr<state::RowSource> Rows() override { return std::make_unique<NoRows>(); }

   private:
    struct NoRows : state::RowSource {
      absl::StatusOr<bool> Next(state::Row&) override { return false; }
    };
    SnapshotMeta meta_;
  };

  std::optional<SnapshotMeta> latest() const override { return meta; }
  absl::Status CheckLatest() override { return absl::OkStatus(); }
  bool latest_is_damaged() const override { return false; }
  absl::StatusOr<std::unique_ptr<SnapshotFile>> OpenLatest() override {
    return std::make_unique<File>(meta);
  }
  absl::StatusOr<std::unique_ptr<SnapshotWriter>> Create(const SnapshotMeta&) override {
    return absl::UnimplementedError("not asked for here");
  }
  absl::StatusOr<std::unique_ptr<SnapshotReceiver>> Receive(const SnapshotMeta&) override {
    return absl::UnimplementedError("not asked for here");
  }
  absl::StatusOr<std::unique_ptr<SnapshotSpool>> Spool() override {
    return absl::UnimplementedError("not asked for here");
  }
  absl::Status Sweep() override { return absl::OkStatus(); }

  SnapshotMeta meta;
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

  void Restore(uint64_t index) {
    snapshots.meta.point.last = {Index(index), Term(5)};
    machine.restores_to = Index(index);
    applier.EnqueueRestore(snapshots.meta.point.last);
    Run();
  }

  EchoMachine machine{scheduler};
  OneSnapshot snapshots;
  Applier applier{scheduler, clock, machine, snapshots, NodeId(1), nullptr};
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

TEST_F(ApplierTest, OthersRunWhileSomethingLongIsApplied) {
  for (uint64_t index = 1; index <= 4; ++index) Propose(index, 5);
  group.Spawn("other", [this] {
    while (machine.breaths == 0) (void)scheduler.Yield();
    story.push_back(absl::StrCat("meanwhile ", machine.applied().value));
  });
  applier.Enqueue(
      {EntryAt(1, 5, "a"), EntryAt(2, 5, "long"), EntryAt(3, 5, "long"), EntryAt(4, 5, "b")});
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "),
            "1: did a, meanwhile 1, 2: did long, 3: did long, 4: did b");
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

TEST_F(ApplierTest, ASnapshotLeavesTheFateOfProposalsUnknown) {
  Propose(1, 5);
  Propose(9, 5);
  Restore(7);
  EXPECT_TRUE(story.empty());
  machine.load.WakeAll();
  Run();
  ASSERT_EQ(story.size(), 1u);
  EXPECT_EQ(story[0].rfind("1: ABORTED", 0), 0u) << story[0];
}

TEST_F(ApplierTest, TheOldStateStandsUntilASnapshotIsLoaded) {
  applier.Enqueue({EntryAt(1, 1)});
  Run();
  Restore(7);
  group.Spawn("reader", [this] {
    EXPECT_TRUE(applier.AwaitRestored(Instant::Never()).ok());
    story.push_back(absl::StrCat("read at ", machine.applied().value));
  });
  Run();
  EXPECT_TRUE(story.empty());
  EXPECT_EQ(applier.applied(), Index(1));
  machine.load.WakeAll();
  Run();
  EXPECT_EQ(absl::StrJoin(story, ", "), "read at 7");
  EXPECT_EQ(applier.applied(), Index(7));
}

// Another snapshot than the one that was asked for may be the latest by now.
TEST_F(ApplierTest, EntriesThatTheSnapshotCoversAreSkipped) {
  snapshots.meta.point.last = {Index(9), Term(5)};
  machine.restores_to = Index(9);
  applier.EnqueueRestore({Index(7), Term(5)});
  Run();
  applier.Enqueue({EntryAt(8, 5), EntryAt(9, 5), EntryAt(10, 5)});
  machine.load.WakeAll();
  Run();
  EXPECT_EQ(applier.applied(), Index(10));
}

}  // namespace
}  // namespace konsul::server
