// Files whose checksums are right and that make no sense all the same: a writer with a bug, or
// somebody who means harm. Rows are never made up from them.
#include "storage/snapshot/file_reader.h"

#include <zstd.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/crc32c.h"
#include "core/base/fixed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/snapshot/snapshot_fixture_support.h"

namespace konsul::snapshot {
namespace {

using state::Row;
using state::Table;
using ::testing::HasSubstr;

std::string Pack(const std::string& raw) {
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1));
  return packed;
}

std::string RowBytes(const std::vector<Row>& rows) {
  std::string bytes;
  for (const Row& row : rows) AppendRow(row, bytes);
  return bytes;
}

// Builds a file piece by piece, with whatever is asked for.
class Forger {
 public:
  Forger() : bytes_(EncodeHeader(MetaAt(10))) {
    crc_ = GetFixed32(bytes_.data() + bytes_.size() - 4);
  }

  // Stored as it is, unless `packed` says otherwise.
  Forger& Block(const std::vector<Row>& rows) {
    const std::string raw = RowBytes(rows);
    return Block(raw, raw.size(), rows.size(), Compression::kNone);
  }
  Forger& Block(const std::string& payload, size_t raw_bytes, size_t rows,
                Compression compression) {
    BlockHeader header;
    header.compression = compression;
    header.raw_bytes = static_cast<uint32_t>(raw_bytes);
    header.rows = static_cast<uint32_t>(rows);
    AppendBlock(header, payload, {crc_, bytes_.size()}, bytes_);
    ++totals.blocks;
    totals.rows += rows;
    totals.raw_bytes += raw_bytes;
    return *this;
  }
  std::string End() {
    if (totals.file_crc == 0) totals.file_crc = Crc32c(bytes_);
    const std::string payload = EncodeTotals(totals);
    BlockHeader header;
    header.type = BlockType::kEnd;
    header.raw_bytes = static_cast<uint32_t>(payload.size());
    AppendBlock(header, payload, {crc_, bytes_.size()}, bytes_);
    return bytes_;
  }

  Totals totals;

 private:
  std::string bytes_;
  uint32_t crc_;
};

class FileReaderTest : public ::testing::Test {
 protected:
  // Reads all rows of a file.
  absl::StatusOr<size_t> Count(const std::string& bytes) {
    MemoryDisk disk(&world.scheduler);
    disk.Put("file", bytes);
    absl::StatusOr<size_t> count = 0;
    world.Run([&] {
      Codec codec;
      FileRows rows({disk, world.scheduler}, "file", codec);
      Row row;
      while (true) {
        const absl::StatusOr<bool> more = rows.Next(row);
        if (!more.ok()) count = more.status();
        if (!more.ok() || !*more) return;
        ++*count;
      }
    });
    return count;
  }
  void ExpectDamaged(const std::string& bytes, const std::string& what) {
    const auto count = Count(bytes);
    EXPECT_TRUE(absl::IsDataLoss(count.status())) << what << ": " << count.status();
    EXPECT_THAT(std::string(count.status().message()),
                HasSubstr("/memory/file: the snapshot is damaged at offset"));
    EXPECT_THAT(std::string(count.status().message()), HasSubstr(what));
  }

  SnapshotWorld world;
  const Row a{Table::kKv, "a", "1"};
  const Row b{Table::kKv, "b", "2"};
};

TEST_F(FileReaderTest, WhatMakesSenseIsRead) {
  EXPECT_EQ(Count(Forger().End()).value(), 0u);
  EXPECT_EQ(Count(Forger().Block({a, b}).End()).value(), 2u);
  EXPECT_EQ(Count(Forger().Block({a}).Block({b}).End()).value(), 2u);
  EXPECT_EQ(Count(Forger().Block({}).Block({a}).Block({}).Block({}).Block({b}).End()).value(), 2u);
  const std::string raw = RowBytes({a, {Table::kKv, "c", std::string(1000, 'x')}});
  const std::string packed = Pack(raw);
  EXPECT_LT(packed.size(), raw.size());
  EXPECT_EQ(Count(Forger().Block(packed, raw.size(), 2, Compression::kZstd).End()).value(), 2u);
}

TEST_F(FileReaderTest, TheEndMustFit) {
  for (int field = 0; field < 4; ++field) {
    Forger forger;
    forger.Block({a, b});
    if (field == 0) ++forger.totals.blocks;
    if (field == 1) ++forger.totals.rows;
    if (field == 2) ++forger.totals.raw_bytes;
    if (field == 3) forger.totals.file_crc = 12345;
    ExpectDamaged(forger.End(), "the end does not fit");
  }
}

TEST_F(FileReaderTest, RowsMustBeThose) {
  const std::string raw = RowBytes({a, b});
  const auto none = Compression::kNone;
  ExpectDamaged(Forger().Block(raw, raw.size(), 1, none).End(), "more than its rows");
  ExpectDamaged(Forger().Block(raw, raw.size(), 3, none).End(), "no row");
  ExpectDamaged(Forger().Block("", 0, 1, none).End(), "no row");
  ExpectDamaged(Forger().Block({b, a}).End(), "out of order");
  ExpectDamaged(Forger().Block({a, a}).End(), "out of order");
  ExpectDamaged(Forger().Block({b}).Block({}).Block({a}).End(), "out of order");
  ExpectDamaged(Forger().Block({a}).Block({{Table::kMeta, "z", ""}}).End(), "out of order");
  std::string table = RowBytes({a});
  table[0] = state::kTableCount;
  ExpectDamaged(Forger().Block(table, table.size(), 1, none).End(), "no row");
  std::string key = RowBytes({a});
  key[1] = 0;
  ExpectDamaged(Forger().Block(key, key.size(), 1, none).End(), "no row");
  std::string value = RowBytes({a});
  value[6] = '\xff';
  ExpectDamaged(Forger().Block(value, value.size(), 1, none).End(), "no row");
}

TEST_F(FileReaderTest, WhatIsPackedMustUnpackToItsLength) {
  const std::string raw = RowBytes({a, {Table::kKv, "c", std::string(1000, 'x')}});
  const std::string packed = Pack(raw);
  const auto zstd = Compression::kZstd;
  ExpectDamaged(Forger().Block(packed, raw.size() + 1, 2, zstd).End(), "another length");
  ExpectDamaged(Forger().Block(packed, raw.size() - 1, 2, zstd).End(), "too small");
  ExpectDamaged(Forger().Block(std::string(50, 'g'), 100, 2, zstd).End(), "Unknown frame");
  ExpectDamaged(Forger().Block(packed, packed.size(), 2, Compression::kNone).End(), "no row");
  ExpectDamaged(Forger().Block(raw, raw.size() - 1, 2, Compression::kNone).End(), "not the header");
  ExpectDamaged(Forger().Block(raw, raw.size() + 1, 2, Compression::kNone).End(), "another length");
}

TEST(SnapshotFormatTest, ABlockIsTiedToItsSnapshotAndItsOffset) {
  std::string block;
  AppendBlock(BlockHeader{.raw_bytes = 4, .rows = 1}, "rows", {77, 512}, block);
  EXPECT_TRUE(BlockIsIntact(block, {77, 512}));
  EXPECT_FALSE(BlockIsIntact(block, {78, 512}));
  EXPECT_FALSE(BlockIsIntact(block, {77, 513}));
}

}  // namespace
}  // namespace konsul::snapshot
