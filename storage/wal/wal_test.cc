#include "storage/wal/wal.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/base/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "storage/wal/format.h"
#include "storage/wal/segment.h"
#include "storage/wal/wal_fixture_support.h"

namespace konsul::wal {
namespace {

using ::testing::HasSubstr;

class WalTest : public ::testing::Test {
 protected:
  // Appends one entry of `size` bytes behind the log's end.
  absl::Status AppendEntry(Wal& wal, size_t size) {
    OwnedBatch batch{{}, {MakeEntry(model.entries.size() + 1, 1, std::string(size, 'x'))}};
    absl::Status status = wal.Append(batch.view());
    if (status.ok()) model.Apply(batch);
    return status;
  }
  // A log of `count` batches of one entry each, durable.
  void Fill(int count, size_t size = 100) {
    ASSERT_TRUE(world
                    .WithWal(disk,
                             [&](Wal::Opened& opened) {
                               for (int i = 0; i < count; ++i)
                                 ASSERT_TRUE(AppendEntry(*opened.wal, size).ok());
                             })
                    .ok());
  }
  absl::Status OpenStatus(NodeId node = kNode) {
    return world.WithWal(disk, [](Wal::Opened&) {}, node);
  }
  void ExpectOpens() {
    absl::StatusOr<Model> read = world.Read(disk);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, model);
  }
  std::string Bytes(uint64_t sequence) { return disk.Files().at(SegmentPath("wal", sequence)); }
  void Put(uint64_t sequence, const std::string& bytes) {
    disk.Put(SegmentPath("wal", sequence), bytes);
  }

  WalWorld world;
  MemoryDisk disk{&world.scheduler};
  Model model;
};

TEST_F(WalTest, AnEmptyDirectoryBecomesAnEmptyLog) {
  ExpectOpens();
  ExpectOpens();
}

TEST_F(WalTest, KeepsHardStateAndEntries) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             OwnedBatch batch{raft::HardState{Term(3), NodeId(2)},
                                              {MakeEntry(1, 2, "a"), MakeEntry(2, 3, ""),
                                               MakeEntry(3, 3, "ccc")}};
                             ASSERT_TRUE(opened.wal->Append(batch.view()).ok());
                             model.Apply(batch);
                           })
                  .ok());
  ExpectOpens();
}

TEST_F(WalTest, AnOverlappingBatchReplacesTheSuffix) {
  Fill(5);
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             OwnedBatch batch{{}, {MakeEntry(3, 7, "new")}};
                             ASSERT_TRUE(opened.wal->Append(batch.view()).ok());
                             model.Apply(batch);
                           })
                  .ok());
  EXPECT_EQ(model.entries.size(), 3u);
  ExpectOpens();
}

TEST_F(WalTest, AnAppendIsOneWriteAndOneSync) {
  std::map<MemoryDisk::Call, int> calls;
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             while (world.scheduler.HasRunnable())
                               ASSERT_TRUE(world.scheduler.Yield().ok());
                             disk.before = [&](MemoryDisk::Call call, const std::string&) {
                               ++calls[call];
                               return absl::OkStatus();
                             };
                             OwnedBatch batch{raft::HardState{Term(1), NodeId(1)}, {}};
                             for (uint64_t i = 1; i <= 20; ++i)
                               batch.entries.push_back(MakeEntry(i, 1, "payload"));
                             ASSERT_TRUE(opened.wal->Append(batch.view()).ok());
                             disk.before = nullptr;
                           })
                  .ok());
  EXPECT_EQ(calls, (std::map<MemoryDisk::Call, int>{{MemoryDisk::Call::kWrite, 1},
                                                    {MemoryDisk::Call::kSync, 1}}));
}

TEST_F(WalTest, GoesOnInThePreparedSegmentWithoutMakingOne) {
  bool created = false;
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             for (int i = 0; i < 40; ++i) {
                               while (world.scheduler.HasRunnable())
                                 ASSERT_TRUE(world.scheduler.Yield().ok());
                               bool appending = true;
                               disk.before = [&](MemoryDisk::Call call, const std::string&) {
                                 created |= appending && call == MemoryDisk::Call::kAllocate;
                                 // The preparing fiber may start to make the one after the next as
                                 // soon as one is taken.
                                 if (call == MemoryDisk::Call::kWrite) appending = false;
                                 return absl::OkStatus();
                               };
                               ASSERT_TRUE(AppendEntry(*opened.wal, 1000).ok());
                               disk.before = nullptr;
                             }
                           })
                  .ok());
  EXPECT_FALSE(created);
  EXPECT_GT(disk.Files().size(), 10u);
  ExpectOpens();
}

TEST_F(WalTest, ABatchBiggerThanASegmentStaysInOneSegment) {
  Fill(1, 10);
  Fill(1, 20000);
  Fill(1, 10);
  ExpectOpens();
  EXPECT_GT(Bytes(2).size(), 20000u);
}

TEST_F(WalTest, ATornTailIsCutAndTheLogGoesOn) {
  Fill(2);
  const std::string before = Bytes(1);
  Fill(1, 1000);
  std::string torn = Bytes(1);
  // The second sector of the last batch did not make it.
  torn.replace(2 * 512, 512, before, 2 * 512, 512);
  Put(1, torn);
  model.entries.resize(2);
  uint64_t torn_bytes = 0;
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             torn_bytes = opened.torn_bytes;
                             EXPECT_EQ(Model::Of(opened), model);
                             ASSERT_TRUE(AppendEntry(*opened.wal, 50).ok());
                           })
                  .ok());
  EXPECT_GT(torn_bytes, 500u);
  EXPECT_LT(torn_bytes, 1100u);
  ExpectOpens();
}

// Found by the fuzzer: the last batch was written back at the wrong place.
TEST_F(WalTest, AFileMayEndWithinTheLastPadding) {
  Fill(2, 102);
  Put(1, Bytes(1).substr(0, 512 + 2 * 144 - 1));
  ExpectOpens();
  Fill(1);
  ExpectOpens();
}

TEST_F(WalTest, AFailedSyncPoisons) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             ASSERT_TRUE(AppendEntry(*opened.wal, 10).ok());
                             while (world.scheduler.HasRunnable())
                               ASSERT_TRUE(world.scheduler.Yield().ok());
                             int calls = 0;
                             disk.before = [&](MemoryDisk::Call call, const std::string& path) {
                               ++calls;
                               return call == MemoryDisk::Call::kSync
                                          ? absl::UnavailableError(path + ": I/O error")
                                          : absl::OkStatus();
                             };
                             absl::Status failed = AppendEntry(*opened.wal, 10);
                             EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
                             EXPECT_THAT(std::string(failed.message()),
                                         HasSubstr("0000000000000001.seg: I/O error"));
                             const int calls_then = calls;
                             EXPECT_EQ(AppendEntry(*opened.wal, 10), failed);
                             EXPECT_EQ(calls, calls_then) << "a poisoned log touched the disk";
                             disk.before = nullptr;
                             EXPECT_EQ(AppendEntry(*opened.wal, 10), failed)
                                 << "one good sync proves nothing";
                           })
                  .ok());
}

// After a failed sync the kernel may take lost bytes for clean: what a restarted process still sees
// has to be written again before it may be relied upon.
TEST_F(WalTest, WhatARestartedProcessFindsIsDurableBeforeItIsShown) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             ASSERT_TRUE(AppendEntry(*opened.wal, 700).ok());
                             while (world.scheduler.HasRunnable())
                               ASSERT_TRUE(world.scheduler.Yield().ok());
                             disk.before = [&](MemoryDisk::Call call, const std::string&) {
                               return call == MemoryDisk::Call::kSync ? absl::UnavailableError("")
                                                                      : absl::OkStatus();
                             };
                             EXPECT_FALSE(AppendEntry(*opened.wal, 700).ok());
                             disk.before = nullptr;
                           })
                  .ok());
  disk.ForgetDirty();
  Model seen;
  ASSERT_TRUE(world.WithWal(disk, [&](Wal::Opened& opened) { seen = Model::Of(opened); }).ok());
  EXPECT_EQ(seen.entries.size(), 2u);
  auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
  absl::StatusOr<Model> again = world.Read(*after);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, seen);
}

TEST_F(WalTest, AFullDiskIsToldOnceAndOvercomeWhenThereIsSpaceAgain) {
  struct Lines : Logger {
    bool Enabled(LogLevel) const override { return true; }
    void Write(LogLevel, absl::string_view, absl::string_view message,
               absl::Span<const LogField> fields) override {
      lines.push_back(absl::StrCat(message, ": ", fields.empty() ? "" : fields[0].value));
    }
    std::vector<std::string> lines;
  } logger;
  disk.capacity = 4096 + 100;
  ASSERT_TRUE(world
                  .WithWal(
                      disk,
                      [&](Wal::Opened& opened) {
                        for (int i = 0; i < 3; ++i) ASSERT_TRUE(AppendEntry(*opened.wal, 900).ok());
                        EXPECT_EQ(logger.lines.size(), 1u);
                        EXPECT_THAT(logger.lines.at(0), HasSubstr("no space left"));
                        disk.capacity = 1 << 20;
                        for (int i = 0; i < 9; ++i) ASSERT_TRUE(AppendEntry(*opened.wal, 900).ok());
                        disk.capacity = 0;
                        absl::Status status;
                        for (int i = 0; i < 12 && status.ok(); ++i)
                          status = AppendEntry(*opened.wal, 900);
                        EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
                        disk.capacity = 1 << 20;
                        EXPECT_EQ(AppendEntry(*opened.wal, 900), status);
                      },
                      kNode, logger)
                  .ok());
  ExpectOpens();
}

TEST_F(WalTest, AnotherNodesLogIsRefused) {
  Fill(1);
  absl::Status status = OpenStatus(NodeId(0xabc));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/memory/wal/0000000000000001.seg: belongs to server 1122334455667788, but "
                        "this is server 0000000000000abc"));
  ExpectOpens();
}

TEST_F(WalTest, AnotherFormatVersionIsRefused) {
  Fill(1);
  std::string bytes = Bytes(1);
  bytes[8] = 9;
  std::string crc;
  PutFixed32(crc, Crc32c(absl::string_view(bytes).substr(0, 32)));
  bytes.replace(32, 4, crc);
  Put(1, bytes);
  absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("format version 9"));
}

TEST_F(WalTest, DamageBeforeDurableBytesNamesThePlace) {
  Fill(3);
  std::string bytes = Bytes(1);
  bytes[512 + 144 + 50] ^= 1;
  Put(1, bytes);
  absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/memory/wal/0000000000000001.seg: the log is damaged at offset 656"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("computed"));
  EXPECT_EQ(Bytes(1), bytes) << "evidence was destroyed";
}

TEST_F(WalTest, AMissingSegmentIsDamage) {
  Fill(20, 900);
  for (uint64_t missing : {2, 3}) {
    auto copy = std::make_unique<MemoryDisk>(&world.scheduler);
    for (const auto& [path, bytes] : disk.Files()) {
      if (path != SegmentPath("wal", missing)) copy->Put(path, bytes);
    }
    absl::StatusOr<Model> read = world.Read(*copy);
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(SegmentName(missing)));
  }
}

// Whether they may be gone is not for the log to say: Opened::base tells where it begins.
TEST_F(WalTest, WithoutItsFirstSegmentsTheLogBeginsLater) {
  Fill(20, 900);
  auto copy = std::make_unique<MemoryDisk>(&world.scheduler);
  for (const auto& [path, bytes] : disk.Files()) {
    if (path > SegmentPath("wal", 2)) copy->Put(path, bytes);
  }
  absl::StatusOr<Model> read = world.Read(*copy);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->base, (raft::LogPosition{Index(6), Term(1)}));
  model.compacted = Index(6);
  EXPECT_TRUE(model.Allows(*read)) << *read;
  // Nor may the segment that is then the first be without its beginning.
  std::string bytes = copy->Files().at(SegmentPath("wal", 3));
  bytes[kSegmentHeaderBytes + 30] ^= 1;
  copy->Put(SegmentPath("wal", 3), bytes);
  EXPECT_TRUE(absl::IsDataLoss(world.Read(*copy).status()));
}

TEST_F(WalTest, CompactRemovesWholeSegmentsThatNobodyNeeds) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             const Step vote = OwnedBatch{raft::HardState{Term(4), NodeId(7)}, {}};
                             ASSERT_TRUE(vote.Do(*opened.wal).ok());
                             model.Apply(vote);
                             for (int i = 0; i < 13; ++i)
                               ASSERT_TRUE(AppendEntry(*opened.wal, 900).ok());
                             for (uint64_t upto : {2, 3, 5, 13}) {
                               model.Apply(Step::Compact(upto));
                               ASSERT_TRUE(opened.wal->Compact(Index(upto)).ok());
                               world.Settle();
                               // Three entries in each segment.
                               const uint64_t first = 1 + upto / 3;
                               EXPECT_EQ(disk.Files().begin()->first, SegmentPath("wal", first));
                             }
                           })
                  .ok());
  absl::StatusOr<Model> read = world.Read(disk);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->base, (raft::LogPosition{Index(12), Term(1)}));
  EXPECT_TRUE(model.Allows(*read)) << *read;
}

TEST_F(WalTest, ASegmentThatCannotBeRemovedIsTriedAgain) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             for (int i = 0; i < 10; ++i)
                               ASSERT_TRUE(AppendEntry(*opened.wal, 900).ok());
                             disk.before = [](MemoryDisk::Call call, const std::string& path) {
                               return call == MemoryDisk::Call::kRemove
                                          ? absl::UnavailableError(path + ": I/O error")
                                          : absl::OkStatus();
                             };
                             ASSERT_TRUE(opened.wal->Compact(Index(9)).ok());
                             world.Settle();
                             disk.before = nullptr;
                             EXPECT_EQ(disk.Files().count(SegmentPath("wal", 1)), 1u);
                             ASSERT_TRUE(AppendEntry(*opened.wal, 900).ok());
                             ASSERT_TRUE(opened.wal->Compact(Index(0)).ok());
                             world.Settle();
                             EXPECT_EQ(disk.Files().begin()->first, SegmentPath("wal", 4));
                           })
                  .ok());
}

TEST_F(WalTest, ResetBeginsTheLogAnewAndKeepsTheHardState) {
  Fill(10, 900);
  const std::vector<Step> steps = {
      OwnedBatch{raft::HardState{Term(4), NodeId(7)}, {}},
      Step::Reset(50, 3),
      OwnedBatch{{}, {MakeEntry(51, 3, "a"), MakeEntry(52, 4, "b")}},
  };
  for (const Step& step : steps) {
    ASSERT_TRUE(world
                    .WithWal(disk,
                             [&](Wal::Opened& opened) {
                               ASSERT_TRUE(step.Do(*opened.wal).ok());
                               world.Settle();
                             })
                    .ok());
    model.Apply(step);
    absl::StatusOr<Model> read = world.Read(disk);
    ASSERT_TRUE(read.ok()) << read.status();
    read->compacted = model.compacted;
    EXPECT_EQ(*read, model);
  }
  EXPECT_EQ(disk.Files().begin()->first, SegmentPath("wal", 4)) << "old segments are still there";
}

TEST_F(WalTest, SegmentsThatChangedPlacesAreDamage) {
  Fill(20, 900);
  const std::string one = Bytes(1);
  const std::string two = Bytes(2);
  Put(1, two);
  Put(2, one);
  EXPECT_TRUE(absl::IsDataLoss(OpenStatus()));
}

// A sector that the disk wrote to the wrong place: each record knows where it belongs.
TEST_F(WalTest, AMisdirectedRecordIsNotTrusted) {
  ASSERT_TRUE(world
                  .WithWal(disk,
                           [&](Wal::Opened& opened) {
                             for (uint64_t i = 0; i < 2; ++i) {
                               OwnedBatch batch{raft::HardState{Term(i), NodeId(0)}, {}};
                               ASSERT_TRUE(opened.wal->Append(batch.view()).ok());
                               model.Apply(batch);
                             }
                           })
                  .ok());
  std::string bytes = Bytes(1);
  bytes.replace(512 + 80, 40, bytes, 512, 40);  // the first again, where the third would be
  Put(1, bytes);
  ExpectOpens();
}

TEST_F(WalTest, AnUnfinishedLastSegmentIsMadeAnew) {
  Fill(3);
  const std::string first = Bytes(1);
  for (const std::string& bytes :
       {std::string(), std::string(100, 'g'), std::string(512, 'g'), std::string(4096, '\0')}) {
    Put(1, first);
    Put(2, bytes);
    ExpectOpens();
    MemoryDisk only(&world.scheduler);
    only.Put(SegmentPath("wal", 1), bytes);
    absl::StatusOr<Model> read = world.Read(only);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, Model());
    // In the middle it is damage: the next one was made only after it was whole.
    only.Put(SegmentPath("wal", 1), bytes);
    only.Put(SegmentPath("wal", 2), EncodeSegmentHeader(SegmentId{kNode, 2}));
    read = world.Read(only);
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
  }
}

TEST_F(WalTest, GarbageIsRefusedWithoutACrash) {
  for (size_t size : {513, 600, 4096, 100000}) {
    std::string bytes(size, '\0');
    env::Random random(size);
    for (char& c : bytes) c = static_cast<char>(random.Next());
    Put(1, bytes);
    absl::Status status = OpenStatus();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  }
}

TEST_F(WalTest, LeftoversAndForeignFilesDoNotDisturb) {
  Fill(2);
  disk.Put("wal/0000000000000003.seg.tmp", "half");
  disk.Put("wal/notes.txt", "mine");
  disk.Put("wal/3.seg", "mine too");
  ExpectOpens();
  EXPECT_EQ(disk.Files().count("wal/0000000000000003.seg.tmp"), 0u);
  EXPECT_EQ(disk.Files().count("wal/notes.txt"), 1u);
}

TEST_F(WalTest, AnUnreadableDirectorySaysWhichFile) {
  Fill(1);
  disk.before = [](MemoryDisk::Call call, const std::string& path) {
    return call == MemoryDisk::Call::kOpen ? absl::PermissionDeniedError(path + ": no access")
                                           : absl::OkStatus();
  };
  absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("wal/0000000000000001.seg"));
}

TEST_F(WalTest, CancellationEndsAnAppendAndThePreparation) {
  for (int after = 0; after < 30; ++after) {
    MemoryDisk fresh(&world.scheduler);
    Model acknowledged;
    Model attempted;
    fiber::Group group(world.scheduler);
    group.Spawn("server", [&] {
      std::optional<Wal::Opened> opened;
      fiber::Group background(world.scheduler);
      auto result = Wal::Open(fresh, WalWorld::SmallOptions(), kNode, NullLogger(), background);
      if (!result.ok()) return;
      opened = *std::move(result);
      for (uint64_t i = 1;; ++i) {
        OwnedBatch batch{{}, {MakeEntry(i, 1, std::string(1500, 'x'))}};
        attempted = acknowledged.With(batch);
        if (!opened->wal->Append(batch.view()).ok()) return;
        acknowledged = attempted;
      }
    });
    for (int i = 0; i < after * 3; ++i) world.scheduler.Run(Instant{0}, 1);
    group.Cancel();
    world.scheduler.Run(Instant{0});
    ASSERT_TRUE(group.empty());
    absl::StatusOr<Model> read = world.Read(fresh);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == acknowledged || *read == attempted);
  }
}

RC_GTEST_PROP(WalProperty, ReopeningGivesWhatWasAppended, (uint64_t seed)) {
  env::Random random(seed);
  WalWorld world;
  auto disk = std::make_unique<MemoryDisk>(&world.scheduler);
  Model model;
  for (int session = 0; session < 6; ++session) {
    bool good = true;
    absl::Status status = world.WithWal(*disk, [&](Wal::Opened& opened) {
      good = model.Allows(Model::Of(opened)) && opened.torn_bytes == 0;
      for (uint64_t n = random.Below(12); n > 0; --n) {
        const Step step = RandomStep(model, random, random.Chance(1, 10) ? 9000 : 600);
        good = good && step.Do(*opened.wal).ok();
        if (random.Chance(1, 4)) world.Settle();
        model.Apply(step);
      }
    });
    RC_ASSERT(status.ok());
    RC_ASSERT(good);
    if (random.Chance(1, 2)) {
      std::vector<bool> keep(disk->Unsynced().size());
      for (size_t i = 0; i < keep.size(); ++i) keep[i] = random.Chance(1, 2);
      disk = disk->AfterPowerLoss(keep, random.Below(disk->unsynced_names() + 1));
    }
  }
}

}  // namespace
}  // namespace konsul::wal
