#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/state/memory_store_support.h"
#include "core/state/meta.h"
#include "core/state/table_machine.h"
#include "core/state/table_rows.h"
#include "gtest/gtest.h"

namespace konsul::state {
namespace {

using Rows = std::vector<Replacement::Row>;

// Gives out rows that it owns; fails before row number `fails_at`.
class ListedRows final : public RowSource {
 public:
  explicit ListedRows(Rows rows, size_t fails_at = SIZE_MAX)
      : rows_(std::move(rows)), fails_at_(fails_at) {}
  absl::StatusOr<bool> Next(Row& row) override {
    if (next_ == fails_at_) return absl::DataLossError("rot");
    if (next_ == rows_.size()) return false;
    // What was given out before is not valid any more.
    current_ = std::make_unique<Replacement::Row>(rows_[next_++]);
    row = {current_->table, current_->key, current_->value};
    return true;
  }

 private:
  const Rows rows_;
  const size_t fails_at_;
  size_t next_ = 0;
  std::unique_ptr<Replacement::Row> current_;
};

// A snapshot of `keys` keys that ends at index 77.
Rows SomeSnapshot(int keys) {
  Rows rows = {{Table::kMeta, std::string(kMetaApplied), EncodeU64(77)},
               {Table::kMeta, std::string(kMetaDigest), EncodeHash({1, 2})}};
  for (int i = 0; i < keys; ++i) {
    rows.push_back({Table::kKv, absl::StrCat("key", 100000 + i), std::string(900, 'v')});
  }
  rows.push_back({Table::kTombstones, "dead", EncodeU64(5)});
  return rows;
}

Rows AllRows(MemoryStore& store) {
  TableRows source(store.Freeze());
  Rows rows;
  Row row;
  while (source.Next(row).value()) {
    rows.push_back({row.table, std::string(row.key), std::string(row.value)});
  }
  return rows;
}

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() {
    machine = *TableMachine::Open(store);
    EXPECT_TRUE(machine->Apply({{Index(1), ""}, {Index(2), ""}}).ok());
    before = store.tables();
  }
  void ExpectNothingChanged() {
    EXPECT_EQ(store.tables(), before);
    EXPECT_EQ(machine->applied(), Index(2));
    EXPECT_TRUE(machine->Apply({{Index(3), ""}}).ok());
  }

  MemoryStore store;
  std::unique_ptr<TableMachine> machine;
  MemoryStore::Tables before;
};

TEST_F(RestoreTest, PutsASnapshotInThePlaceOfEverything) {
  const Rows rows = SomeSnapshot(1000);
  ListedRows source(rows);
  ASSERT_TRUE(machine->Restore(source).ok());
  EXPECT_EQ(machine->applied(), Index(77));
  EXPECT_EQ(machine->digest(), (Hash128{1, 2}));
  EXPECT_TRUE(AllRows(store) == rows);
  EXPECT_TRUE(machine->Apply({{Index(78), ""}}).ok());
}

TEST_F(RestoreTest, ASourceThatFailsLeavesTheOldState) {
  for (size_t at : {0, 1, 500}) {
    ListedRows source(SomeSnapshot(1000), at);
    EXPECT_TRUE(absl::IsDataLoss(machine->Restore(source)));
    EXPECT_EQ(store.tables(), before);
  }
  ExpectNothingChanged();
}

TEST_F(RestoreTest, AFullStoreLeavesTheOldState) {
  store.FailNextCommit(absl::ResourceExhaustedError("full"));
  ListedRows source(SomeSnapshot(10));
  EXPECT_TRUE(absl::IsResourceExhausted(machine->Restore(source)));
  ExpectNothingChanged();
}

TEST_F(RestoreTest, RowsWithoutAnAppliedIndexAreNoSnapshot) {
  ListedRows nothing({});
  EXPECT_TRUE(absl::IsDataLoss(machine->Restore(nothing)));
  ListedRows others({{Table::kKv, "a", "1"}});
  EXPECT_TRUE(absl::IsDataLoss(machine->Restore(others)));
  ListedRows unordered({{Table::kMeta, std::string(kMetaApplied), EncodeU64(9)},
                        {Table::kKv, "b", "1"},
                        {Table::kKv, "a", "1"}});
  EXPECT_FALSE(machine->Restore(unordered).ok());
  ExpectNothingChanged();
}

// Around the number of rows that are read ahead, and with the longest keys, which have no room for
// a successor.
TEST(TableRowsTest, GivesEveryRowOnceAndInOrder) {
  for (int count : {0, 1, 127, 128, 129, 256, 400}) {
    MemoryStore store;
    Rows rows;
    for (const Table table : {Table::kMeta, Table::kKv, Table::kTombstones}) {
      if (table == Table::kMeta && count % 2 == 0) continue;
      for (int i = 0; i < count; ++i) {
        const std::string number = absl::StrCat(1000 + i);
        const std::string key = std::string(TableStore::kMaxKeySize - number.size(), 'k') + number;
        rows.push_back({table, key, absl::StrCat(i)});
      }
    }
    auto txn = store.Write();
    for (const auto& row : rows) ASSERT_TRUE(txn->Put(row.table, row.key, row.value).ok());
    ASSERT_TRUE(txn->Commit().ok());
    txn.reset();
    EXPECT_TRUE(AllRows(store) == rows) << count;
  }
}

}  // namespace
}  // namespace konsul::state
