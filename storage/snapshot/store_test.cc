#include "storage/snapshot/store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "core/base/fixed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "storage/snapshot/directory.h"
#include "storage/snapshot/snapshot_fixture_support.h"

namespace konsul::snapshot {
namespace {

using server::SnapshotStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string PathAt(uint64_t index) { return "snapshots/" + SnapshotName(MetaAt(index).point.last); }

class StoreTest : public ::testing::Test {
 protected:
  void WithStore(const std::function<void(SnapshotStore&)>& body) {
    ASSERT_TRUE(world.WithStore(disk, body).ok());
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : disk.Files()) names.push_back(path);
    return names;
  }

  SnapshotWorld world;
  MemoryDisk disk{&world.scheduler};
  env::Random random{5};
  const Rows rows = RandomRows(random, 60);
  const Rows others = RandomRows(random, 40);
};

TEST_F(StoreTest, BeginsWithNone) {
  WithStore([&](SnapshotStore& store) {
    EXPECT_EQ(store.latest(), std::nullopt);
    EXPECT_TRUE(absl::IsNotFound(store.OpenLatest().status()));
  });
}

TEST_F(StoreTest, KeepsWhatWasFinishedAndNothingElse) {
  WithStore([&](SnapshotStore& store) {
    const auto meta = world.Write(store, MetaAt(10), rows);
    ASSERT_TRUE(meta.ok()) << meta.status();
    EXPECT_EQ(meta->bytes, disk.Files().at(PathAt(10)).size());
    EXPECT_EQ(store.latest()->point, MetaAt(10).point);
    auto writer = store.Create(MetaAt(20));
    ASSERT_TRUE((*writer)->Add({state::Table::kKv, "a", "b"}).ok());
  });
  WithStore([&](SnapshotStore& store) {
    ASSERT_TRUE(store.latest().has_value());
    EXPECT_EQ(store.latest()->point, MetaAt(10).point);
    EXPECT_EQ(store.latest()->digest, MetaAt(10).digest);
    EXPECT_EQ(store.latest()->bytes, disk.Files().at(PathAt(10)).size());
    EXPECT_EQ(world.ReadLatest(store).value(), rows);
    EXPECT_THAT(Names(), ElementsAre(PathAt(10)));
  });
}

TEST_F(StoreTest, OneThatWasGivenUpGoesBeforeTheNextBegins) {
  WithStore([&](SnapshotStore& store) {
    {
      auto writer = store.Create(MetaAt(20)).value();
      for (const auto& row : rows) {
        ASSERT_TRUE(writer->Add({row.table, row.key, row.value}).ok());
      }
    }
    EXPECT_EQ(Names().size(), 1u);
    ASSERT_TRUE(world.Write(store, MetaAt(20), others).ok());
    EXPECT_THAT(Names(), ElementsAre(PathAt(20)));
    EXPECT_EQ(world.ReadLatest(store).value(), others);
  });
}

// A newer snapshot must not take away the one that is being applied, or sent to a peer.
TEST_F(StoreTest, OneThatIsReadStaysUntilItsReadersAreGone) {
  WithStore([&](SnapshotStore& store) {
    ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok());
    const std::string bytes = disk.Files().at(PathAt(10));
    auto sent = store.OpenLatest().value();
    auto applied = store.OpenLatest().value();
    EXPECT_EQ(sent->ReadAt(0, 100).value(), bytes.substr(0, 100));
    ASSERT_TRUE(world.Write(store, MetaAt(20), others).ok());
    EXPECT_EQ(sent->ReadAt(100, 1 << 20).value(), bytes.substr(100));
    EXPECT_EQ(sent->ReadAt(bytes.size(), 10).value(), "");
    EXPECT_EQ(world.Read(*applied).value(), rows);
    sent.reset();
    ASSERT_TRUE(world.Write(store, MetaAt(30), rows).ok());
    EXPECT_THAT(Names(), ElementsAre(PathAt(10), PathAt(30)));
    EXPECT_EQ(world.Read(*applied).value(), rows);
    applied.reset();
    EXPECT_EQ(store.OpenLatest().value()->meta().point, MetaAt(30).point);
    EXPECT_THAT(Names(), ElementsAre(PathAt(30)));
  });
}

TEST_F(StoreTest, AnOlderOneThatIsFinishedLaterIsNotTheLatest) {
  const auto [meta, bytes] = world.Remote(20, others);
  WithStore([&, meta = meta, bytes = bytes](SnapshotStore& store) {
    auto writer = store.Create(MetaAt(10)).value();
    auto receiver = store.Receive(meta).value();
    ASSERT_TRUE(receiver->Write(0, bytes).ok());
    ASSERT_TRUE(receiver->Finish().ok());
    ASSERT_TRUE(writer->Finish().ok());
    EXPECT_EQ(store.latest()->point, MetaAt(20).point);
    EXPECT_THAT(Names(), ElementsAre(PathAt(20)));
  });
}

// However their steps mix.
TEST_F(StoreTest, OfTwoThatAreFinishedAtOnceTheLaterIsTheLatest) {
  struct RandomPick : fiber::PickPolicy {
    size_t Pick(size_t runnable) override { return random.Below(runnable); }
    env::Random random{0};
  } policy;
  const auto [meta, bytes] = world.Remote(20, others);
  for (uint64_t seed = 0; seed < 300; ++seed) {
    policy.random = env::Random(seed);
    SnapshotWorld mixed(&policy);
    MemoryDisk shared(&mixed.scheduler);
    ASSERT_TRUE(mixed
                    .WithStore(shared,
                               [&, meta = meta, bytes = bytes](SnapshotStore& store) {
                                 // One that was given up is removed meanwhile.
                                 (void)store.Create(MetaAt(5)).value();
                                 fiber::Group group(mixed.scheduler);
                                 group.Spawn("look", [&] { (void)store.OpenLatest().status(); });
                                 group.Spawn("write", [&] {
                                   // So long that it ends about when the other one does.
                                   const size_t count = policy.random.Below(rows.size());
                                   const Rows some(
                                       rows.begin(),
                                       rows.begin() + static_cast<std::ptrdiff_t>(count));
                                   EXPECT_TRUE(mixed.Write(store, MetaAt(10), some).ok());
                                 });
                                 group.Spawn("receive", [&, meta, bytes] {
                                   auto receiver = store.Receive(meta).value();
                                   EXPECT_TRUE(receiver->Write(0, bytes).ok());
                                   EXPECT_TRUE(receiver->Finish().ok());
                                 });
                                 group.Join();
                                 EXPECT_EQ(store.latest()->point, MetaAt(20).point);
                                 EXPECT_EQ(mixed.ReadLatest(store).value(), others);
                               })
                    .ok());
    EXPECT_EQ(shared.Files().size(), 1u);
    EXPECT_EQ(shared.Files().count(PathAt(20)), 1u);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST_F(StoreTest, ReceivesInPiecesAndGoesOnWhereItStopped) {
  const auto [meta, bytes] = world.Remote(10, rows);
  uint64_t sent = 0;
  for (int life = 0; sent < bytes.size(); ++life) {
    WithStore([&, bytes = bytes, meta = meta](SnapshotStore& store) {
      auto receiver = store.Receive(meta).value();
      // Whole blocks are kept; of the one that was under way, the beginning is sent again.
      EXPECT_LE(receiver->offset(), sent);
      if (life > 0) {
        EXPECT_GT(receiver->offset() + 3700, sent);
      }
      sent = receiver->offset();
      EXPECT_TRUE(absl::IsOutOfRange(receiver->Write(sent + 1, "x")));
      for (int i = 0; i < 12 && sent < bytes.size(); ++i) {
        const std::string piece = bytes.substr(sent, 333);
        ASSERT_TRUE(receiver->Write(sent, piece).ok());
        sent += piece.size();
        EXPECT_EQ(receiver->offset(), sent);
      }
      if (sent < bytes.size()) {
        EXPECT_TRUE(absl::IsFailedPrecondition(receiver->Finish().status()));
        return;
      }
      EXPECT_TRUE(absl::IsInvalidArgument(receiver->Write(sent, "more")));
      const auto finished = receiver->Finish();
      ASSERT_TRUE(finished.ok()) << finished.status();
      EXPECT_EQ(finished->point, meta.point);
      EXPECT_EQ(world.ReadLatest(store).value(), rows);
    });
    ASSERT_LT(life, 100);
  }
  EXPECT_THAT(Names(), ElementsAre(PathAt(10)));
}

TEST_F(StoreTest, AnotherSnapshotReplacesTheOneOnItsWayIn) {
  const auto [first, first_bytes] = world.Remote(10, rows);
  const auto [second, second_bytes] = world.Remote(20, others);
  WithStore([&, first = first, second = second, first_bytes = first_bytes,
             second_bytes = second_bytes](SnapshotStore& store) {
    auto replaced = store.Receive(first).value();
    ASSERT_TRUE(replaced->Write(0, first_bytes.substr(0, 1000)).ok());
    auto receiver = store.Receive(second).value();
    EXPECT_EQ(receiver->offset(), 0u);
    EXPECT_TRUE(absl::IsAborted(replaced->Write(1000, "x")));
    EXPECT_TRUE(absl::IsAborted(replaced->Finish().status()));
    ASSERT_TRUE(receiver->Write(0, second_bytes).ok());
    ASSERT_TRUE(receiver->Finish().ok());
    EXPECT_THAT(Names(), ElementsAre(PathAt(20)));
  });
}

TEST_F(StoreTest, WhatArrivesDamagedIsThrownAway) {
  const auto [meta, bytes] = world.Remote(10, rows);
  const std::string other = world.Remote(10, rows, 2).second;
  ASSERT_EQ(other.size(), bytes.size());
  const auto receive = [&, meta = meta](SnapshotStore& store, const std::string& sent) {
    auto receiver = store.Receive(meta).value();
    EXPECT_TRUE(receiver->Write(receiver->offset(), sent.substr(receiver->offset())).ok());
    return receiver->Finish().status();
  };
  WithStore([&, bytes = bytes](SnapshotStore& store) {
    std::string damaged = bytes;
    damaged[bytes.size() / 2] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(receive(store, damaged)));
    EXPECT_TRUE(Names().empty());
    // Intact, but not what was announced.
    EXPECT_TRUE(absl::IsDataLoss(receive(store, other)));
    EXPECT_EQ(store.latest(), std::nullopt);
    EXPECT_TRUE(receive(store, bytes).ok());
    EXPECT_EQ(world.ReadLatest(store).value(), rows);
  });
}

// Any byte: the file is refused, with its name and a place, and no row of a damaged block is read.
TEST_F(StoreTest, NoChangedByteAndNoCutGoesUnnoticed) {
  const Rows few(rows.begin(), rows.begin() + 20);
  WithStore([&](SnapshotStore& store) { ASSERT_TRUE(world.Write(store, MetaAt(10), few).ok()); });
  const std::string good = disk.Files().at(PathAt(10));
  const auto expect_refused = [&](const std::string& bad, const std::string& what) {
    MemoryDisk copy(&world.scheduler);
    copy.Put(PathAt(10), bad);
    const absl::Status status = world.WithStore(copy, [](SnapshotStore&) {});
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsFailedPrecondition(status))
        << what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("/memory/" + PathAt(10)));
  };
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      expect_refused(bad, absl::StrCat("byte ", at));
    }
    expect_refused(good.substr(0, at), absl::StrCat("cut at ", at));
  }
  expect_refused(good + "x", "longer");
  expect_refused(good + good, "twice");
}

TEST_F(StoreTest, ABlockIsValidInItsPlaceOnly) {
  // Two blocks with the same rows, but for the key, change places.
  const std::string value(290, 'v');
  const Rows two = {{state::Table::kKv, "a", value}, {state::Table::kKv, "b", value}};
  WithStore([&](SnapshotStore& store) { ASSERT_TRUE(world.Write(store, MetaAt(10), two).ok()); });
  std::string bytes = disk.Files().at(PathAt(10));
  const size_t begin = 64 + MetaAt(10).point.configuration.Encode().size() + 4;
  const size_t size = 24 + GetFixed32(bytes.data() + begin + 8);
  const std::string first = bytes.substr(begin, size);
  bytes.replace(begin, size, bytes, begin + size, size);
  bytes.replace(begin + size, size, first);
  disk.Put(PathAt(10), bytes);
  EXPECT_TRUE(absl::IsDataLoss(world.WithStore(disk, [](SnapshotStore&) {})));
}

// The log that went into the newest one is gone: an older one cannot stand in for it.
TEST_F(StoreTest, ADamagedLatestIsNotPassedOver) {
  WithStore([&](SnapshotStore& store) { ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok()); });
  disk.Put(PathAt(20), "damaged");
  EXPECT_TRUE(absl::IsDataLoss(world.WithStore(disk, [](SnapshotStore&) {})));
  EXPECT_THAT(Names(), ElementsAre(PathAt(10), PathAt(20)));
  disk.Put(PathAt(20), disk.Files().at(PathAt(10)));
  const absl::Status status = world.WithStore(disk, [](SnapshotStore&) {});
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("under a wrong name"));
}

TEST_F(StoreTest, ALatestThatGotDamagedIsReplacedByOneOfTheSameIndex) {
  WithStore([&](SnapshotStore& store) {
    EXPECT_TRUE(store.CheckLatest().ok()) << "there is none";
    ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok());
    const std::string good = disk.Files().at(PathAt(10));
    EXPECT_TRUE(store.CheckLatest().ok());
    for (const size_t at : {size_t{4}, size_t{20}, good.size() / 2}) {
      std::string bad = good;
      bad[at] ^= 1;
      disk.Put(PathAt(10), bad);
      EXPECT_FALSE(store.latest_is_damaged());
      EXPECT_TRUE(absl::IsDataLoss(store.CheckLatest())) << at;
      EXPECT_TRUE(store.latest_is_damaged());
      // An older one is no help.
      ASSERT_TRUE(world.Write(store, MetaAt(9), others).ok());
      EXPECT_TRUE(store.latest_is_damaged());
      ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok());
      EXPECT_FALSE(store.latest_is_damaged());
      EXPECT_EQ(world.ReadLatest(store).value(), rows);
      EXPECT_THAT(Names(), ElementsAre(PathAt(10)));
    }
  });
}

TEST_F(StoreTest, LeftoversGoAndForeignFilesStay) {
  WithStore([&](SnapshotStore& store) { ASSERT_TRUE(world.Write(store, MetaAt(20), rows).ok()); });
  for (const char* name : {"3.tmp", "notes.txt", "14.snap"}) {
    disk.Put(absl::StrCat("snapshots/", name), "x");
  }
  disk.Put(PathAt(10), "old, and never looked at");
  const auto [meta, bytes] = world.Remote(30, others);
  disk.Put("snapshots/" + PartName(meta), bytes.substr(0, 2000));
  disk.Put("snapshots/" + PartName(MetaAt(19)), "of no use any more");
  WithStore([&](SnapshotStore& store) {
    EXPECT_EQ(store.latest()->point, MetaAt(20).point);
    EXPECT_THAT(Names(), ElementsAre(PathAt(20), "snapshots/" + PartName(meta), "snapshots/14.snap",
                                     "snapshots/notes.txt"));
  });
}

// Each call fails once; what was complete stays, and the next attempt succeeds.
TEST_F(StoreTest, AnErrorOfAnyCallLosesNothing) {
  const auto [meta, bytes] = world.Remote(30, others);
  size_t failures = 0;
  for (size_t failing = 0;; ++failing) {
    MemoryDisk fresh(&world.scheduler);
    ASSERT_TRUE(world
                    .WithStore(fresh,
                               [&](SnapshotStore& store) {
                                 ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok());
                               })
                    .ok());
    size_t calls = 0;
    bool failed = false;
    ASSERT_TRUE(world
                    .WithStore(fresh,
                               [&, meta = meta, bytes = bytes](SnapshotStore& store) {
                                 fresh.before = [&](MemoryDisk::Call, const std::string& path) {
                                   return calls++ == failing
                                              ? absl::UnavailableError(path + ": I/O error")
                                              : absl::OkStatus();
                                 };
                                 uint64_t latest = 10;
                                 const auto check = [&](uint64_t index, bool ok) {
                                   failed |= !ok;
                                   if (ok) latest = index;
                                   EXPECT_EQ(store.latest()->point.last.index, Index(latest));
                                 };
                                 check(20, world.Write(store, MetaAt(20), rows).ok());
                                 auto receiver = store.Receive(meta);
                                 const bool ok = receiver.ok() && (*receiver)->offset() == 0 &&
                                                 (*receiver)->Write(0, bytes).ok() &&
                                                 (*receiver)->Finish().ok();
                                 check(30, ok);
                                 fresh.before = nullptr;
                                 const auto read = world.ReadLatest(store);
                                 ASSERT_TRUE(read.ok()) << read.status();
                                 EXPECT_EQ(*read, latest == 30 ? others : rows);
                                 ASSERT_TRUE(world.Write(store, MetaAt(40), rows).ok());
                                 EXPECT_EQ(store.latest()->point.last.index, Index(40));
                               })
                    .ok());
    failures += failed;
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "call " << failing;
    if (calls <= failing) break;
    // Also after a restart.
    ASSERT_TRUE(world
                    .WithStore(fresh,
                               [&](SnapshotStore& store) {
                                 EXPECT_EQ(store.latest()->point.last.index, Index(40));
                                 EXPECT_EQ(world.ReadLatest(store).value(), rows);
                               })
                    .ok());
    EXPECT_EQ(fresh.Files().size(), 1u);
  }
  EXPECT_GT(failures, 20u);
}

RC_GTEST_PROP(StoreProperty, WhatIsReadIsWhatWasWritten, (uint64_t seed)) {
  env::Random random(seed);
  SnapshotWorld world;
  MemoryDisk disk(&world.scheduler);
  const Rows rows = RandomRows(random, random.Below(200));
  absl::StatusOr<Rows> read;
  world.Run([&] {
    const Options options{.block_bytes = random.Between(1, 5000)};
    auto store = Open(disk, options, NullLogger(), world.scheduler).value();
    RC_ASSERT(world.Write(*store, MetaAt(random.Between(1, 1000)), rows).ok());
    store = Open(disk, options, NullLogger(), world.scheduler).value();
    read = world.ReadLatest(*store);
  });
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == rows);
}

}  // namespace
}  // namespace konsul::snapshot
