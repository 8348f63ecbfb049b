#include "core/state/table_machine.h"

#include <string>
#include <vector>

#include "core/state/kv_reader.h"
#include "core/state/memory_store_support.h"
#include "core/state/meta.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using wire::KvDelete;
using wire::KvPut;

// A state machine to which commands are applied one by one, and short questions.
class TableMachineTest : public ::testing::Test {
 protected:
  TableMachineTest() { Reopen(); }

  void Reopen(TableMachine::Options options = {}) {
    machine_ = *TableMachine::Open(store_, options);
  }

  wire::CommandResult ApplyBytes(absl::string_view bytes) {
    const auto results = machine_->Apply({{machine_->applied() + 1, bytes}});
    EXPECT_TRUE(results.ok()) << results.status();
    EXPECT_EQ(results->size(), 1u);
    const auto result = wire::DecodeCommandResult(results->front());
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->index, machine_->applied());
    return *result;
  }
  wire::CommandResult Apply(const wire::Command& command) {
    return ApplyBytes(wire::EncodeCommand(command));
  }
  // Moves the applied index as a no-op does.
  void SkipTo(uint64_t index) {
    while (machine_->applied() < Index(index)) {
      ASSERT_TRUE(machine_->Apply({{machine_->applied() + 1, ""}}).ok());
    }
  }

  // "value flags=F create/modify/lock", or "missing"; then " @index".
  std::string Show(absl::string_view key) {
    const auto txn = store_.Read();
    const auto found = GetKv(*txn, key);
    EXPECT_TRUE(found.ok()) << found.status();
    const std::string at = absl::StrCat(" @", found->index.value);
    if (!found->entry) return absl::StrCat("missing", at);
    const auto& e = *found->entry;
    return absl::StrCat(e.value, " flags=", e.flags, " ", e.create_index, "/", e.modify_index, "/",
                        e.lock_index, at);
  }
  uint64_t PrefixIndex(absl::string_view prefix) {
    return ListKv(*store_.Read(), prefix, [](absl::string_view, const wire::KvEntry&) {})->value;
  }
  std::vector<std::string> Keys(absl::string_view prefix, absl::string_view separator = "") {
    return ListKeys(*store_.Read(), prefix, separator)->keys;
  }

  MemoryStore store_;
  std::unique_ptr<TableMachine> machine_;
};

TEST_F(TableMachineTest, PutSetsIndexes) {
  SkipTo(4);
  EXPECT_EQ(Show("a"), "missing @1");
  EXPECT_TRUE(Apply(KvPut{"a", "x", ~0ull}).success);
  EXPECT_EQ(Show("a"), "x flags=18446744073709551615 5/5/0 @5");
  EXPECT_TRUE(Apply(KvPut{"a", "y", 7}).success);
  EXPECT_EQ(Show("a"), "y flags=7 5/6/0 @6");
}

TEST_F(TableMachineTest, PutOfTheSameKeepsTheIndex) {
  Apply(KvPut{"a", "x", 1});
  EXPECT_TRUE(Apply(KvPut{"a", "x", 1}).success);
  EXPECT_EQ(Show("a"), "x flags=1 1/1/0 @1");
  EXPECT_TRUE(Apply(KvPut{"a", "x", 1, 1}).success) << "a condition that holds";
  EXPECT_EQ(Show("a"), "x flags=1 1/1/0 @1");
  Apply(KvPut{"a", "x", 2});
  EXPECT_EQ(Show("a"), "x flags=2 1/4/0 @4") << "other flags are a change";
}

TEST_F(TableMachineTest, CasZeroOnlyCreates) {
  EXPECT_TRUE(Apply(KvPut{"a", "x", 0, 0}).success);
  EXPECT_FALSE(Apply(KvPut{"a", "y", 0, 0}).success);
  EXPECT_EQ(Show("a"), "x flags=0 1/1/0 @1");
}

TEST_F(TableMachineTest, CasNeedsTheModifyIndex) {
  EXPECT_FALSE(Apply(KvPut{"a", "x", 0, 1}).success) << "missing key";
  EXPECT_EQ(Show("a"), "missing @1");
  Apply(KvPut{"a", "x"});
  EXPECT_FALSE(Apply(KvPut{"a", "y", 0, 1}).success);
  EXPECT_FALSE(Apply(KvPut{"a", "y", 0, 3}).success);
  EXPECT_TRUE(Apply(KvPut{"a", "y", 0, 2}).success);
  EXPECT_EQ(Show("a"), "y flags=0 2/5/0 @5");
}

TEST_F(TableMachineTest, DeleteLeavesATombstone) {
  Apply(KvPut{"a", "x"});
  Apply(KvPut{"ab", "x"});
  EXPECT_TRUE(Apply(KvDelete{"a"}).success);
  EXPECT_EQ(Show("a"), "missing @3");
  EXPECT_EQ(Show("ab"), "x flags=0 2/2/0 @2");
  EXPECT_EQ(PrefixIndex("a"), 3u);
  EXPECT_EQ(PrefixIndex("ab"), 2u);
  EXPECT_EQ(Show("b"), "missing @1") << "a watcher of another key is not concerned";

  Apply(KvPut{"a", "again"});
  EXPECT_EQ(Show("a"), "again flags=0 4/4/0 @4");
  EXPECT_THAT(store_.tables()[static_cast<size_t>(Table::kTombstones)], IsEmpty());
}

TEST_F(TableMachineTest, DeleteOfAMissingKeyIsTrueAndChangesNothing) {
  Apply(KvPut{"a", "x"});
  EXPECT_TRUE(Apply(KvDelete{"b"}).success);
  EXPECT_TRUE(Apply(KvDelete{.key = "b", .cas = 9}).success);
  EXPECT_EQ(Show("b"), "missing @1");
  EXPECT_EQ(PrefixIndex(""), 1u);
}

TEST_F(TableMachineTest, DeleteCas) {
  Apply(KvPut{"a", "x"});
  EXPECT_FALSE(Apply(KvDelete{.key = "a", .cas = 0}).success);
  EXPECT_FALSE(Apply(KvDelete{.key = "a", .cas = 2}).success);
  EXPECT_EQ(Show("a"), "x flags=0 1/1/0 @1");
  EXPECT_TRUE(Apply(KvDelete{.key = "a", .cas = 1}).success);
  EXPECT_EQ(Show("a"), "missing @4");
}

TEST_F(TableMachineTest, RecursiveDelete) {
  for (const char* key : {"a", "a/b", "a/c/d", "b"}) Apply(KvPut{key, "x"});
  EXPECT_TRUE(Apply(KvDelete{"a/", true}).success);
  EXPECT_THAT(Keys(""), ElementsAre("a", "b"));
  EXPECT_EQ(Show("a/b"), "missing @5");
  EXPECT_EQ(PrefixIndex("a/"), 5u);
  EXPECT_EQ(PrefixIndex("a/c"), 5u);
  EXPECT_EQ(PrefixIndex("b"), 4u);
  EXPECT_TRUE(Apply(KvDelete{"nothing", true}).success);
  EXPECT_EQ(PrefixIndex("nothing"), 1u);
  EXPECT_TRUE(Apply(KvDelete{"", true}).success);
  EXPECT_THAT(Keys(""), IsEmpty());
  EXPECT_EQ(PrefixIndex(""), 7u);
}

TEST_F(TableMachineTest, KeysStopAtTheSeparator) {
  for (const char* key : {"a", "a/", "a/1", "a/b/1", "a/b/2", "a/c", "b/1"}) Apply(KvPut{key, "x"});
  EXPECT_THAT(Keys("", "/"), ElementsAre("a", "a/", "b/"));
  EXPECT_THAT(Keys("a/", "/"), ElementsAre("a/", "a/1", "a/b/", "a/c"));
  EXPECT_THAT(Keys("a/b", "/"), ElementsAre("a/b/"));
  EXPECT_THAT(Keys("a/b"), ElementsAre("a/b/1", "a/b/2"));
  EXPECT_THAT(Keys("a/", "b/"), ElementsAre("a/", "a/1", "a/b/", "a/c"));
  EXPECT_THAT(Keys("c", "/"), IsEmpty());
}

TEST_F(TableMachineTest, OldTombstonesAreDroppedAndNoIndexGoesBack) {
  Reopen({.max_tombstones = 2});
  for (const char* key : {"a", "b", "c"}) Apply(KvPut{key, "x"});
  for (const char* key : {"a", "b", "c"}) Apply(KvDelete{key});
  EXPECT_EQ(store_.tables()[static_cast<size_t>(Table::kTombstones)].size(), 2u);
  EXPECT_EQ(Show("a"), "missing @4") << "dropped, remembered";
  EXPECT_EQ(Show("b"), "missing @5");
  EXPECT_EQ(Show("c"), "missing @6");
  EXPECT_EQ(Show("z"), "missing @4");
  Apply(KvPut{"d", "x"});
  Apply(KvDelete{"d"});
  EXPECT_EQ(Show("a"), "missing @5");
  EXPECT_EQ(PrefixIndex("zz"), 5u);
}

TEST_F(TableMachineTest, ATreeIsDeletedAsItsKeysOneByOne) {
  const auto tables_after = [&](size_t limit, size_t keys, bool at_once) {
    MemoryStore store;
    const auto machine = *TableMachine::Open(store, {.max_tombstones = limit});
    uint64_t index = 0;
    const auto apply = [&](const wire::Command& command) {
      const std::string bytes = wire::EncodeCommand(command);
      EXPECT_TRUE(machine->Apply({{Index(++index), bytes}}).ok());
    };
    for (const char* key : {"b", "z"}) {
      apply(KvPut{key, "x"});
      apply(KvDelete{key});
    }
    wire::Txn txn;
    const std::vector<std::string> names = {"t/0", "t/1", "t/2", "t/3", "t/4"};
    for (size_t i = 0; i < keys; ++i) {
      apply(KvPut{names[i], "x"});
      txn.ops.push_back(wire::KvOp{wire::KvVerb::kDelete, names[i]});
    }
    if (at_once) txn.ops = {wire::KvOp{wire::KvVerb::kDeleteTree, "t/"}};
    apply(txn);
    auto tables = store.tables();
    tables[static_cast<size_t>(Table::kMeta)].erase(std::string(kMetaDigest));
    return tables;
  };
  for (size_t limit = 1; limit <= 8; ++limit) {
    for (size_t keys = 1; keys <= 5; ++keys) {
      EXPECT_EQ(tables_after(limit, keys, true), tables_after(limit, keys, false))
          << limit << " tombstones, " << keys << " keys";
    }
  }
}

TEST_F(TableMachineTest, TombstonesKeepTheirOrderOverARestart) {
  Reopen({.max_tombstones = 2});
  for (const char* key : {"z", "y"}) Apply(KvPut{key, "x"});
  for (const char* key : {"z", "y"}) Apply(KvDelete{key});
  Reopen({.max_tombstones = 2});
  Apply(KvPut{"a", "x"});
  Apply(KvDelete{"a"});
  EXPECT_EQ(Show("z"), "missing @3");
  EXPECT_EQ(Show("y"), "missing @4");
}

TEST_F(TableMachineTest, CommandsThatMakeNoSenseFailAlikeEverywhere) {
  const std::string long_key(512, 'k');
  for (const std::string& bytes :
       {std::string("nonsense"), std::string(100, '\0'), wire::EncodeCommand(KvPut{"", "x"}),
        wire::EncodeCommand(KvPut{long_key, "x"}), wire::EncodeCommand(KvDelete{long_key}),
        wire::EncodeCommand(KvDelete{""}), wire::EncodeCommand(KvDelete{"a", true, 3})}) {
    const Hash128 before = machine_->digest();
    const auto result = ApplyBytes(bytes);
    EXPECT_FALSE(result.success);
    EXPECT_FALSE(result.error.empty());
    EXPECT_NE(machine_->digest(), before);
  }
  EXPECT_TRUE(Apply(KvPut{std::string(511, 'k'), "x"}).success);
  EXPECT_THAT(Keys(long_key), IsEmpty());
  EXPECT_EQ(Show(long_key), "missing @1");
}

TEST_F(TableMachineTest, AFailedCommitLeavesNoTrace) {
  Reopen({.max_tombstones = 1});
  Apply(KvPut{"a", "x"});
  Apply(KvPut{"b", "x"});
  Apply(KvDelete{"a"});
  const Hash128 before = machine_->digest();
  store_.FailNextCommit(absl::ResourceExhaustedError("disk full"));
  const std::string del = wire::EncodeCommand(KvDelete{"b"});
  EXPECT_EQ(machine_->Apply({{Index(4), del}}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(machine_->applied(), Index(3));
  EXPECT_EQ(machine_->digest(), before);
  EXPECT_EQ(Show("a"), "missing @3");
  Apply(KvDelete{"b"});
  EXPECT_EQ(Show("b"), "missing @4");
  EXPECT_EQ(store_.tables()[static_cast<size_t>(Table::kTombstones)].size(), 1u)
      << "the one of \"a\" was dropped, as on every other replica";
  EXPECT_EQ(store_.open_transactions(), 0);
}

TEST_F(TableMachineTest, DamagedRecordsAreReported) {
  const auto damage = [&](Table table, absl::string_view key) {
    const auto txn = store_.Write();
    ASSERT_TRUE(txn->Put(table, key, "bad").ok());
    ASSERT_TRUE(txn->Commit().ok());
  };
  damage(Table::kKv, "a");
  EXPECT_EQ(GetKv(*store_.Read(), "a").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ListKeys(*store_.Read(), "", "").status().code(), absl::StatusCode::kDataLoss);
  const std::string put = wire::EncodeCommand(KvPut{"a", "x"});
  EXPECT_EQ(machine_->Apply({{Index(1), put}}).status().code(), absl::StatusCode::kDataLoss);
  damage(Table::kTombstones, "t");
  EXPECT_EQ(TableMachine::Open(store_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetKv(*store_.Read(), "t").status().code(), absl::StatusCode::kDataLoss);
  damage(Table::kMeta, kMetaDigest);
  EXPECT_THAT(std::string(TableMachine::Open(store_).status().message()), HasSubstr("digest"));
}

using TableMachineDeathTest = TableMachineTest;
TEST_F(TableMachineDeathTest, AGapStopsTheProcess) {
  EXPECT_DEATH((void)machine_->Apply({{Index(2), ""}}), "entry 2 after 0");
}

}  // namespace
}  // namespace konsul::state
