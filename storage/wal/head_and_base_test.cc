// Segments whose checksums are right and that make no sense all the same. What the Wal itself
// writes is tested in wal_test.cc and crash_image_test.cc.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/wal/format.h"
#include "storage/wal/segment.h"
#include "storage/wal/wal_fixture_support.h"

namespace konsul::wal {
namespace {

using ::testing::HasSubstr;

// Puts segments on a disk, batch by batch.
class SegmentForger {
 public:
  explicit SegmentForger(MemoryDisk& disk) : disk_(disk) {}

  SegmentForger& Segment(uint64_t sequence) {
    id_ = {kNode, sequence};
    bytes_ = EncodeSegmentHeader(id_);
    return *this;
  }
  SegmentForger& Batch(const Content& content) {
    std::string out;
    EncodeBatch(content, next_batch_++, id_, bytes_.size(), out);
    bytes_ += out;
    disk_.Put(SegmentPath("wal", id_.sequence), bytes_);
    return *this;
  }
  SegmentForger& SkipTo(uint64_t batch) {
    next_batch_ = batch;
    return *this;
  }

 private:
  MemoryDisk& disk_;
  SegmentId id_;
  std::string bytes_;
  uint64_t next_batch_ = 1;
};

class HeadAndBaseTest : public ::testing::Test {
 protected:
  void ExpectDamaged(const std::string& what) {
    const absl::StatusOr<Model> read = world.Read(disk);
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << what << ": " << read.status();
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(what));
  }

  WalWorld world;
  MemoryDisk disk{&world.scheduler};
  SegmentForger forge{disk};
  const raft::HardState vote{Term(4), NodeId(2)};
  const std::vector<raft::Entry> one_to_three = {MakeEntry(1, 1, "a"), MakeEntry(2, 1, "b"),
                                                 MakeEntry(3, 4, "c")};
  const std::vector<raft::Entry> four = {MakeEntry(4, 4, "d")};
  const Head head{vote, {Index(3), Term(4)}};
};

TEST_F(HeadAndBaseTest, TheFirstSegmentThatIsLeftSaysWhereTheLogBegins) {
  forge.Segment(7).SkipTo(33).Batch({head, {}, {}, four});
  const absl::StatusOr<Model> read = world.Read(disk);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->hard_state, vote);
  EXPECT_EQ(read->base, head.end);
  EXPECT_EQ(read->entries, four);
}

TEST_F(HeadAndBaseTest, AHeadMustFitWhatWasReadBefore) {
  const std::vector<Head> wrong = {
      {raft::HardState{Term(4), NodeId(3)}, head.end},
      {raft::HardState{Term(3), NodeId(2)}, head.end},
      {vote, {Index(2), Term(4)}},
      {vote, {Index(3), Term(1)}},
  };
  forge.Segment(1).Batch({{}, vote, {}, one_to_three});
  forge.Segment(2).Batch({head, {}, {}, four});
  ASSERT_TRUE(world.Read(disk).ok());
  for (const Head& other : wrong) {
    forge.SkipTo(2).Segment(2).Batch({other, {}, {}, four});
    ExpectDamaged("the log before it ends with entry 3 of term 4 in term 4");
  }
}

TEST_F(HeadAndBaseTest, AHeadStandsWhereItBelongs) {
  const std::string what = "a segment that is not the first begins with a head";
  forge.Segment(1).Batch({{}, vote, {}, one_to_three});
  forge.Segment(2).Batch({{}, {}, {}, four});
  ExpectDamaged(what);
  forge.SkipTo(2).Segment(2).Batch({head, vote, {}, {}}).Batch({head, {}, {}, four});
  ExpectDamaged(what);
  MemoryDisk fresh(&world.scheduler);
  SegmentForger(fresh).Segment(1).Batch({Head{}, {}, {}, one_to_three});
  EXPECT_TRUE(absl::IsDataLoss(world.Read(fresh).status()));
}

TEST_F(HeadAndBaseTest, NothingReplacesWhatABaseStandsFor) {
  const raft::LogPosition base{Index(10), Term(4)};
  forge.Segment(1).Batch({{}, vote, {}, one_to_three}).Batch({{}, {}, base, {}});
  absl::StatusOr<Model> read = world.Read(disk);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->base, base);
  EXPECT_TRUE(read->entries.empty());
  for (const uint64_t index : {3, 10, 12}) {
    forge.SkipTo(1).Segment(1).Batch({{}, vote, {}, one_to_three}).Batch({{}, {}, base, {}});
    const std::vector<raft::Entry> wrong = {MakeEntry(index, 5, "x")};
    forge.Batch({{}, {}, {}, wrong});
    ExpectDamaged("of a log that begins behind 10");
  }
  forge.SkipTo(1).Segment(1).Batch({{}, {}, raft::LogPosition{Index(0), Term(4)}, {}});
  ExpectDamaged("holds no base");
}

// A new leader replaced entries whose segments are gone: the log begins with the first of its own.
TEST_F(HeadAndBaseTest, EntriesMayGoBackBehindWhereTheSegmentsBegin) {
  const std::vector<raft::Entry> replaced = {MakeEntry(2, 5, "x"), MakeEntry(3, 5, "y")};
  forge.Segment(7).SkipTo(33).Batch({head, {}, {}, four}).Batch({{}, {}, {}, replaced});
  const absl::StatusOr<Model> read = world.Read(disk);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->base, (raft::LogPosition{Index(2), Term(5)}));
  EXPECT_EQ(read->entries, std::vector<raft::Entry>{replaced[1]});
}

TEST_F(HeadAndBaseTest, WhereOthersWereRemovedBeforeItASegmentIsFinished) {
  for (const std::string& bytes : {std::string(4096, '\0'), std::string(100, 'x'), std::string(),
                                   EncodeSegmentHeader({kNode, 3}) + std::string(1000, '\0')}) {
    MemoryDisk fresh(&world.scheduler);
    fresh.Put(SegmentPath("wal", 3), bytes);
    EXPECT_TRUE(absl::IsDataLoss(world.Read(fresh).status())) << bytes.size();
  }
}

// What a Reset has freed is removed, too, when the process ended before it could be.
TEST_F(HeadAndBaseTest, SegmentsBeforeABaseAreFreeAlsoAfterARestart) {
  const raft::LogPosition base{Index(2), Term(4)};
  forge.Segment(1).Batch({{}, vote, {}, one_to_three});
  forge.Segment(2).Batch({head, {}, base, {}});
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             // Behind the base, there were once entries that do not count now.
                             ASSERT_TRUE(opened.wal->Compact(Index(2)).ok());
                             world.Settle();
                           })
                  .ok());
  EXPECT_EQ(disk.Files().count(SegmentPath("wal", 1)), 0u);
  EXPECT_EQ(disk.Files().count(SegmentPath("wal", 2)), 1u);
}

// Found by the crash images: the fiber that removes was still at work when the log moved on, and
// took the segment before the one that had nothing yet.
TEST_F(HeadAndBaseTest, ASegmentStaysUntilTheNextOneHasABatch) {
  const auto entry = [](uint64_t index) {
    return Step(OwnedBatch{{}, {MakeEntry(index, 1, std::string(1700, 'x'))}});
  };
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             for (uint64_t i = 1; i <= 6; ++i) {
                               ASSERT_TRUE(entry(i).Do(*opened.wal).ok());
                             }
                             world.Settle();
                             disk.before = [&](MemoryDisk::Call call, const std::string& path) {
                               return call == MemoryDisk::Call::kSync &&
                                              path == SegmentPath("wal", 4)
                                          ? absl::UnavailableError("")
                                          : absl::OkStatus();
                             };
                             ASSERT_TRUE(opened.wal->Compact(Index(6)).ok());
                             EXPECT_FALSE(entry(7).Do(*opened.wal).ok());
                             world.Settle();
                             disk.before = nullptr;
                           })
                  .ok());
  EXPECT_EQ(disk.Files().begin()->first, SegmentPath("wal", 3));
  const auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
  const absl::StatusOr<Model> read = world.Read(*after);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->end(), (raft::LogPosition{Index(6), Term(1)}));
}

// POSIX does not promise that removals become durable in their order, and a gap would be damage.
TEST_F(HeadAndBaseTest, EachRemovalIsDurableBeforeTheNext) {
  std::string calls;
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             for (uint64_t i = 1; i <= 12; ++i) {
                               const Step step =
                                   OwnedBatch{{}, {MakeEntry(i, 1, std::string(3000, 'x'))}};
                               ASSERT_TRUE(step.Do(*opened.wal).ok());
                             }
                             world.Settle();
                             disk.before = [&](MemoryDisk::Call call, const std::string&) {
                               if (call == MemoryDisk::Call::kRemove) calls += "r";
                               if (call == MemoryDisk::Call::kSyncDir) calls += "s";
                               return absl::OkStatus();
                             };
                             ASSERT_TRUE(opened.wal->Compact(Index(6)).ok());
                             world.Settle();
                             disk.before = nullptr;
                           })
                  .ok());
  EXPECT_EQ(calls, "rsrsrsrsrsrs");
}

}  // namespace
}  // namespace konsul::wal
