#include "storage/wal/identity.h"

#include <memory>
#include <string>
#include <vector>

#include "core/base/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/wal/format.h"
#include "storage/wal/memory_disk_support.h"

namespace konsul::wal {
namespace {

using ::testing::HasSubstr;

class IdentityTest : public ::testing::Test {
 protected:
  absl::StatusOr<Identity> Load(absl::string_view name = "n1") {
    return LoadOrCreateIdentity(disk, name, random);
  }
  std::string Bytes() { return disk.Files().at("node"); }

  env::Random random{42};
  MemoryDisk disk;
};

TEST_F(IdentityTest, IsDrawnOnceAndKept) {
  Identity first = Load().value();
  EXPECT_NE(first.id, NodeId());
  EXPECT_EQ(first.name, "n1");
  EXPECT_EQ(first.cluster, ClusterId());
  EXPECT_EQ(Load().value(), first);
  auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
  EXPECT_EQ(LoadOrCreateIdentity(*after, "n1", random).value(), first);
}

TEST_F(IdentityTest, AnotherNodesDirectoryIsRefused) {
  ASSERT_TRUE(Load().ok());
  absl::Status status = Load("n2").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("data directory /memory belongs to node \"n1\", not \"n2\""));
}

TEST_F(IdentityTest, AnotherFormatVersionIsRefused) {
  ASSERT_TRUE(Load().ok());
  std::string bytes = Bytes();
  bytes[8] = 7;
  bytes.resize(bytes.size() - 4);
  PutFixed32(bytes, Crc32c(bytes));
  disk.Put("node", bytes);
  absl::Status status = Load().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/memory/node: written in format version 7"));
}

TEST_F(IdentityTest, EveryDamageIsFoundOut) {
  ASSERT_TRUE(Load().ok());
  const std::string good = Bytes();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x20;
    disk.Put("node", bad);
    EXPECT_TRUE(absl::IsDataLoss(Load().status())) << i;
    disk.Put("node", good.substr(0, i));
    EXPECT_TRUE(absl::IsDataLoss(Load().status())) << i;
  }
  disk.Put("node", good + "x");
  EXPECT_TRUE(absl::IsDataLoss(Load().status()));
}

TEST_F(IdentityTest, AMissingFileBesideALogIsDamage) {
  disk.Put("wal/0000000000000001.seg", "");
  absl::Status status = Load().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/memory/node: missing, but"));
}

TEST_F(IdentityTest, ANameMustBeThereAndShort) {
  EXPECT_TRUE(absl::IsInvalidArgument(Load("").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Load(std::string(2000, 'n')).status()));
  EXPECT_TRUE(Load(std::string(1024, 'n')).ok());
  EXPECT_TRUE(Load(std::string(1024, 'n')).ok());
}

TEST_F(IdentityTest, AnUpdateIsAtomicAtEveryPowerLoss) {
  const Identity before = Load().value();
  Identity after = before;
  after.cluster = ClusterId(99);
  std::vector<std::unique_ptr<MemoryDisk>> moments;
  disk.before = [&](MemoryDisk::Call, const std::string&) {
    moments.push_back(disk.Clone());
    return absl::OkStatus();
  };
  ASSERT_TRUE(UpdateIdentity(disk, after).ok());
  disk.before = nullptr;
  EXPECT_EQ(Load().value(), after);
  int old = 0;
  for (const auto& moment : moments) {
    for (bool keep : {false, true}) {
      for (size_t names = 0; names <= moment->unsynced_names(); ++names) {
        auto image =
            moment->AfterPowerLoss(std::vector<bool>(moment->Unsynced().size(), keep), names);
        absl::StatusOr<Identity> found = LoadOrCreateIdentity(*image, "n1", random);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_TRUE(*found == before || *found == after);
        old += *found == before;
      }
    }
  }
  EXPECT_GT(old, 0);
  auto durable = disk.AfterPowerLoss({}, 0);
  EXPECT_EQ(LoadOrCreateIdentity(*durable, "n1", random).value(), after);
}

TEST_F(IdentityTest, ACrashWhileItIsMadeLeavesAFreshDirectory) {
  std::vector<std::unique_ptr<MemoryDisk>> moments;
  disk.before = [&](MemoryDisk::Call, const std::string&) {
    moments.push_back(disk.Clone());
    return absl::OkStatus();
  };
  const Identity made = Load().value();
  for (const auto& moment : moments) {
    absl::StatusOr<Identity> found = LoadOrCreateIdentity(*moment, "n1", random);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->name, made.name);
  }
}

}  // namespace
}  // namespace konsul::wal
