#include "storage/snapshot/spool.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/crc32c.h"
#include "core/base/fixed.h"
#include "core/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/snapshot/directory.h"
#include "storage/snapshot/format.h"
#include "storage/snapshot/snapshot_fixture_support.h"

namespace konsul::snapshot {
namespace {

using server::SnapshotFile;
using server::SnapshotStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SpoolTest : public ::testing::Test {
 protected:
  // A store with a snapshot of its own that ends at 10.
  void WithStore(const std::function<void(SnapshotStore&)>& body) {
    ASSERT_TRUE(world
                    .WithStore(disk,
                               [&](SnapshotStore& store) {
                                 if (!store.latest()) {
                                   ASSERT_TRUE(world.Write(store, MetaAt(10), rows).ok());
                                 }
                                 body(store);
                               })
                    .ok());
  }
  // In pieces.
  absl::StatusOr<std::unique_ptr<SnapshotFile>> Bring(SnapshotStore& store, absl::string_view bytes,
                                                      size_t piece = 700) {
    auto spool = store.Spool().value();
    while (!bytes.empty()) {
      KONSUL_RETURN_IF_ERROR(spool->Write(bytes.substr(0, piece)));
      bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return spool->Finish();
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : disk.Files()) names.push_back(path);
    return names;
  }

  SnapshotWorld world;
  MemoryDisk disk{&world.scheduler};
  env::Random random{7};
  const Rows rows = RandomRows(random, 60);
  const Rows others = RandomRows(random, 80);
  // Of another cluster, and further than this one.
  const std::pair<server::SnapshotMeta, std::string> brought = world.Remote(500, others, 9);
  const std::string own = "snapshots/" + SnapshotName(MetaAt(10).point.last);
};

TEST_F(SpoolTest, WhatIsBroughtIsReadAndIsNeverTheLatest) {
  WithStore([&](SnapshotStore& store) {
    auto file = Bring(store, brought.second);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->meta().point, brought.first.point);
    EXPECT_EQ((*file)->meta().digest, brought.first.digest);
    EXPECT_EQ((*file)->meta().bytes, brought.second.size());
    EXPECT_EQ(world.Read(**file).value(), others);
    EXPECT_EQ((*file)->ReadAt(100, 1 << 20).value(), brought.second.substr(100));
    EXPECT_EQ(store.latest()->point, MetaAt(10).point);
    EXPECT_EQ(world.ReadLatest(store).value(), rows);
    // It stays while others are written and swept.
    ASSERT_TRUE(world.Write(store, MetaAt(20), others).ok());
    EXPECT_EQ(world.Read(**file).value(), others);
    file->reset();
    EXPECT_EQ(Names().size(), 2u);
    ASSERT_TRUE(store.Sweep().ok());
    EXPECT_EQ(Names().size(), 1u);
    EXPECT_EQ(store.latest()->point, MetaAt(20).point);
  });
}

TEST_F(SpoolTest, SeveralAtOnceDoNotMix) {
  const auto [meta, bytes] = world.Remote(30, rows, 4);
  WithStore([&, bytes = bytes](SnapshotStore& store) {
    fiber::Group group(world.scheduler);
    std::unique_ptr<SnapshotFile> first;
    std::unique_ptr<SnapshotFile> second;
    group.Spawn("first", [&] { first = Bring(store, brought.second, 300).value(); });
    group.Spawn("second", [&] { second = Bring(store, bytes, 170).value(); });
    group.Spawn("writer", [&] { ASSERT_TRUE(world.Write(store, MetaAt(20), others).ok()); });
    group.Join();
    EXPECT_EQ(world.Read(*first).value(), others);
    EXPECT_EQ(world.Read(*second).value(), rows);
    EXPECT_EQ(store.latest()->point, MetaAt(20).point);
  });
}

TEST_F(SpoolTest, OneThatIsGivenUpGoes) {
  WithStore([&](SnapshotStore& store) {
    {
      auto spool = store.Spool().value();
      ASSERT_TRUE(spool->Write(brought.second.substr(0, 1000)).ok());
    }
    ASSERT_TRUE(store.Sweep().ok());
    EXPECT_THAT(Names(), ElementsAre(own));
  });
}

TEST_F(SpoolTest, NoChangedByteAndNoCutGoesUnnoticed) {
  const auto [meta, good] = world.Remote(30, Rows(rows.begin(), rows.begin() + 20));
  WithStore([&, good = good](SnapshotStore& store) {
    const auto expect_refused = [&](const std::string& bad, const std::string& what) {
      const absl::Status status = Bring(store, bad).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status))
          << what << ": " << status;
      // The client is told what is wrong, not where its bytes were.
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr("/memory")));
    };
    for (size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 4);
      expect_refused(bad, absl::StrCat("byte ", at));
      expect_refused(good.substr(0, at), absl::StrCat("cut at ", at));
    }
    expect_refused(good + "x", "longer");
    EXPECT_THAT(Names(), ElementsAre(own));
    EXPECT_TRUE(Bring(store, good).ok());
  });
}

// Rows whose checksums are right and which make no sense: a block that holds more than its rows.
TEST_F(SpoolTest, RowsAreReadAndNotOnlyTheirChecksums) {
  std::string bytes = EncodeHeader(MetaAt(30));
  const uint32_t crc = GetFixed32(bytes.data() + bytes.size() - 4);
  std::string row;
  AppendRow({state::Table::kKv, "k", "v"}, row);
  const std::string payload = row + "more";
  AppendBlock({.raw_bytes = static_cast<uint32_t>(payload.size()), .rows = 1}, payload,
              {crc, bytes.size()}, bytes);
  const Totals totals{1, 1, payload.size(), Crc32c(bytes)};
  const std::string end = EncodeTotals(totals);
  AppendBlock({.type = BlockType::kEnd, .raw_bytes = static_cast<uint32_t>(end.size())}, end,
              {crc, bytes.size()}, bytes);
  WithStore([&](SnapshotStore& store) {
    const absl::Status status = Bring(store, bytes).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("holds more than its rows"));
  });
}

TEST_F(SpoolTest, AFullDiskIsSaidAndLeavesNothing) {
  WithStore([&](SnapshotStore& store) {
    disk.capacity = disk.Files().at(own).size() + brought.second.size() / 2;
    const absl::Status status = Bring(store, brought.second).status();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(Names(), ElementsAre(own));
    disk.capacity = ~0ull;
    EXPECT_TRUE(Bring(store, brought.second).ok());
  });
}

// Each call fails once: an error is told, what was there stays, and the next attempt succeeds.
TEST_F(SpoolTest, AnErrorOfAnyCallLeavesNothingThatStays) {
  size_t failures = 0;
  WithStore([&](SnapshotStore& store) {
    for (size_t failing = 0;; ++failing) {
      size_t calls = 0;
      disk.before = [&](MemoryDisk::Call, const std::string& path) {
        return calls++ == failing ? absl::UnavailableError(path + ": I/O error") : absl::OkStatus();
      };
      absl::Status status;
      {
        auto spool = store.Spool();
        status = spool.status();
        if (status.ok()) status = (*spool)->Write(brought.second);
        if (status.ok()) status = (*spool)->Finish().status();
      }
      disk.before = nullptr;
      failures += !status.ok();
      ASSERT_TRUE(store.Sweep().ok());
      ASSERT_THAT(Names(), ElementsAre(own)) << "call " << failing;
      if (calls <= failing) break;
    }
  });
  EXPECT_GE(failures, 4u);
}

}  // namespace
}  // namespace konsul::snapshot
