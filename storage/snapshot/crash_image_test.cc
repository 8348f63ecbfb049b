// Crash images of snapshots, as storage/wal/crash_image_test.cc has them of the log: wherever the
// power may go, and whichever unsynced sectors and names it may leave, a snapshot that was finished
// is found whole, one that was not is not found, and what was on its way in is gone on with.
//
// Checks against the model of memory_disk_support.h; says nothing of what disks do beyond it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/snapshot/snapshot_fixture_support.h"

namespace konsul::snapshot {
namespace {

using server::SnapshotStore;

// The disk at the moment before one of its calls, and the latest snapshot that may be found there.
struct Moment {
  std::unique_ptr<MemoryDisk> disk;
  uint64_t finished = 0;
  uint64_t attempted = 0;
};

class SnapshotCrashTest : public ::testing::Test {
 protected:
  static constexpr size_t kExhaustiveSectors = 6;
  static constexpr size_t kSamples = 120;

  // Runs `body` on a store, and remembers every moment; `known` is what `body` says.
  void Record(MemoryDisk& disk, const std::function<void(SnapshotStore&)>& body) {
    disk.before = [&](MemoryDisk::Call call, const std::string&) {
      if (call != MemoryDisk::Call::kRead && call != MemoryDisk::Call::kList) {
        moments.push_back({disk.Clone(), finished, attempted});
      }
      return absl::OkStatus();
    };
    ASSERT_TRUE(world.WithStore(disk, body).ok());
    disk.before = nullptr;
    moments.push_back({disk.Clone(), finished, attempted});
  }

  void ForEachImage(const MemoryDisk& disk, const std::function<void(MemoryDisk&)>& look) {
    const size_t sectors = disk.Unsynced().size();
    const bool all = sectors <= kExhaustiveSectors;
    const size_t count = all ? size_t{1} << sectors : kSamples;
    for (size_t names = 0; names <= disk.unsynced_names(); ++names) {
      for (size_t i = 0; i < count; ++i) {
        std::vector<bool> keep(sectors);
        const uint64_t kept_of_8 = random.Below(9);
        for (size_t s = 0; s < sectors; ++s) {
          keep[s] = all ? (i >> s) & 1 : random.Chance(kept_of_8, 8);
        }
        look(*disk.AfterPowerLoss(keep, names));
        ++images;
      }
    }
    // The process alone dies: everything is there.
    look(*disk.Clone());
  }

  const Rows& RowsAt(uint64_t index) { return index == 20 ? second : first; }

  // What is found is allowed, whole, and goes on to be there.
  void ExpectFound(SnapshotStore& store, const Moment& moment) {
    const uint64_t found = store.latest() ? store.latest()->point.last.index.value : 0;
    ASSERT_TRUE(found == moment.finished || found == moment.attempted)
        << "found " << found << ", finished " << moment.finished;
    attempts_found += found != moment.finished;
    if (found == 0) return;
    const auto rows = world.ReadLatest(store);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(*rows, RowsAt(found));
  }
  // A power loss right afterwards takes nothing of it away again.
  void ExpectDurable(MemoryDisk& disk, uint64_t index) {
    auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
    ASSERT_TRUE(world
                    .WithStore(*after,
                               [&](SnapshotStore& store) {
                                 const auto latest = store.latest();
                                 ASSERT_EQ(latest ? latest->point.last.index.value : 0, index);
                               })
                    .ok());
  }

  SnapshotWorld world;
  env::Random random{11};
  const Rows first = RandomRows(random, 120);
  const Rows second = RandomRows(random, 120);
  std::vector<Moment> moments;
  uint64_t finished = 0;
  uint64_t attempted = 0;
  size_t images = 0;
  size_t attempts_found = 0;
};

TEST_F(SnapshotCrashTest, WritingOneAfterTheOther) {
  MemoryDisk disk(&world.scheduler);
  Record(disk, [&](SnapshotStore& store) {
    for (const uint64_t index : {10, 20}) {
      attempted = index;
      ASSERT_TRUE(world.Write(store, MetaAt(index), RowsAt(index)).ok());
      finished = index;
    }
  });
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&](MemoryDisk& image) {
      if (HasFatalFailure()) return;
      uint64_t found = 0;
      const absl::Status status = world.WithStore(image, [&](SnapshotStore& store) {
        ExpectFound(store, moment);
        if (store.latest()) found = store.latest()->point.last.index.value;
      });
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_LE(image.Files().size(), 1u) << "leftovers";
      ExpectDurable(image, found);
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(images, 1000u);
  EXPECT_GT(attempts_found, 3u);
}

TEST_F(SnapshotCrashTest, ReceivingOne) {
  const auto [meta, bytes] = world.Remote(20, second);
  MemoryDisk disk(&world.scheduler);
  Record(disk, [&, meta = meta, bytes = bytes](SnapshotStore& store) {
    attempted = 10;
    ASSERT_TRUE(world.Write(store, MetaAt(10), first).ok());
    finished = 10;
    attempted = 20;
    auto receiver = store.Receive(meta).value();
    for (size_t at = 0; at < bytes.size(); at += 700) {
      ASSERT_TRUE(receiver->Write(at, bytes.substr(at, 700)).ok());
    }
    ASSERT_TRUE(receiver->Finish().ok());
    finished = 20;
  });
  size_t resumed = 0;
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&, meta = meta, bytes = bytes](MemoryDisk& image) {
      if (HasFatalFailure()) return;
      const absl::Status status = world.WithStore(image, [&](SnapshotStore& store) {
        ExpectFound(store, moment);
        if (store.latest() && store.latest()->point.last.index == Index(20)) return;
        auto receiver = store.Receive(meta).value();
        const uint64_t from = receiver->offset();
        resumed += from > 0;
        ASSERT_TRUE(receiver->Write(from, absl::string_view(bytes).substr(from)).ok());
        const auto done = receiver->Finish();
        ASSERT_TRUE(done.ok()) << done.status() << " gone on from " << from;
        ASSERT_EQ(world.ReadLatest(store).value(), second);
      });
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_EQ(image.Files().size(), 1u) << "leftovers";
      ExpectDurable(image, 20);
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(images, 1000u);
  EXPECT_GT(resumed, 200u);
}

// What a client brought is gone after any crash, and has done nothing to what was there.
TEST_F(SnapshotCrashTest, SpoolingOne) {
  const std::string bytes = world.Remote(20, second).second;
  MemoryDisk disk(&world.scheduler);
  Record(disk, [&](SnapshotStore& store) {
    attempted = 10;
    ASSERT_TRUE(world.Write(store, MetaAt(10), first).ok());
    finished = 10;
    auto spool = store.Spool().value();
    for (size_t at = 0; at < bytes.size(); at += 700) {
      ASSERT_TRUE(spool->Write(bytes.substr(at, 700)).ok());
    }
    auto file = spool->Finish().value();
    ASSERT_EQ(world.Read(*file).value(), second);
    file.reset();
    ASSERT_TRUE(store.Sweep().ok());
  });
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&](MemoryDisk& image) {
      if (HasFatalFailure()) return;
      const absl::Status status =
          world.WithStore(image, [&](SnapshotStore& store) { ExpectFound(store, moment); });
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_LE(image.Files().size(), 1u) << "leftovers";
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(images, 1000u);
}

}  // namespace
}  // namespace konsul::snapshot
