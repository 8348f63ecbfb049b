#include "storage/lmdb/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/env/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::lmdb {
namespace {

using state::Table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A directory of its own; on a memory file system when the mode under test asks for one.
class Directory {
 public:
  explicit Directory(bool in_memory) {
    const char* base = in_memory && ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    std::string name = absl::StrCat(base, "/konsul-store-test-XXXXXX");
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string tables() const { return path_ + "/tables"; }

 private:
  std::string path_;
};

struct Lines : Logger {
  bool Enabled(LogLevel) const override { return true; }
  void Write(LogLevel, absl::string_view, absl::string_view,
             absl::Span<const LogField> fields) override {
    for (const LogField& field : fields) text += field.value + " ";
  }
  std::string text;
};

Options OptionsFor(bool in_memory) {
  return Options{.map_bytes = 16 << 20, .in_memory_directory = in_memory};
}

// In both modes.
class StoreTest : public ::testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<Store> Open(absl::string_view boot_id = "boot-1") {
    log.text.clear();
    auto store = Store::Open(directory.tables(), OptionsFor(GetParam()), boot_id, log);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  static void Put(Store& store, absl::string_view key, absl::string_view value) {
    auto txn = store.Write();
    ASSERT_TRUE(txn->Put(Table::kKv, key, value).ok());
    ASSERT_TRUE(txn->Commit().ok());
  }
  static std::string Get(const state::ReadTxn& txn, absl::string_view key) {
    std::optional<absl::string_view> value = txn.Get(Table::kKv, key);
    return value ? std::string(*value) : "-";
  }
  static std::vector<std::string> Keys(const state::ReadTxn& txn, absl::string_view prefix) {
    std::vector<std::string> keys;
    txn.ScanPrefix(Table::kKv, prefix, [&](absl::string_view key, absl::string_view) {
      keys.emplace_back(key);
      return true;
    });
    return keys;
  }

  Directory directory{GetParam()};
  Lines log;
};

INSTANTIATE_TEST_SUITE_P(Modes, StoreTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "InMemory" : "OnDisk"; });

TEST_P(StoreTest, KeepsItsContentWithinABoot) {
  {
    Put(*Open(), "a", "1");
  }
  auto store = Open();
  EXPECT_EQ(log.text, "");
  EXPECT_EQ(Get(*store->Read(), "a"), "1");
}

TEST_P(StoreTest, BeginsEmptyAfterAPowerLoss) {
  {
    Put(*Open(), "a", "1");
  }
  auto store = Open("boot-2");
  EXPECT_THAT(log.text, HasSubstr("the machine was started anew"));
  EXPECT_EQ(Get(*store->Read(), "a"), "-");
  Put(*store, "a", "2");
  store.reset();
  EXPECT_EQ(Get(*Open("boot-2")->Read(), "a"), "2");
}

TEST_P(StoreTest, AnUnknownBootNeverMatches) {
  {
    Put(*Open(""), "a", "1");
  }
  EXPECT_EQ(Get(*Open("")->Read(), "a"), "-");
}

TEST_P(StoreTest, ReadersSeeOneMoment) {
  auto store = Open();
  Put(*store, "a", "1");
  auto before = store->Read();
  auto writer = store->Write();
  ASSERT_TRUE(writer->Put(Table::kKv, "a", "2").ok());
  EXPECT_EQ(Get(*writer, "a"), "2");
  auto during = store->Read();
  ASSERT_TRUE(writer->Commit().ok());
  writer.reset();
  auto after = store->Read();
  EXPECT_EQ(Get(*before, "a"), "1");
  EXPECT_EQ(Get(*during, "a"), "1");
  EXPECT_EQ(Get(*after, "a"), "2");
}

TEST_P(StoreTest, AnAbandonedWriteLeavesNoTrace) {
  auto store = Open();
  Put(*store, "a", "1");
  {
    auto txn = store->Write();
    ASSERT_TRUE(txn->Put(Table::kKv, "b", "2").ok());
    ASSERT_TRUE(txn->Delete(Table::kKv, "a").ok());
  }
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("a"));
}

TEST_P(StoreTest, TablesAreApart) {
  auto store = Open();
  auto txn = store->Write();
  ASSERT_TRUE(txn->Put(Table::kMeta, "k", "meta").ok());
  ASSERT_TRUE(txn->Put(Table::kTombstones, "k", "dead").ok());
  ASSERT_TRUE(txn->Commit().ok());
  txn.reset();
  auto read = store->Read();
  EXPECT_EQ(read->Get(Table::kMeta, "k"), "meta");
  EXPECT_EQ(read->Get(Table::kTombstones, "k"), "dead");
  EXPECT_EQ(read->Get(Table::kKv, "k"), std::nullopt);
}

TEST_P(StoreTest, ScansByBytesAndStopsAtThePrefixEnd) {
  auto store = Open();
  for (absl::string_view key : {"a", "a/", "a/b", "a0", "\xff", "\xff\xff"}) Put(*store, key, "");
  auto read = store->Read();
  EXPECT_THAT(Keys(*read, "a/"), ElementsAre("a/", "a/b"));
  EXPECT_THAT(Keys(*read, "\xff"), ElementsAre("\xff", "\xff\xff"));
  EXPECT_THAT(Keys(*read, std::string(600, 'a')), ElementsAre());
  EXPECT_THAT(Keys(*read, ""), ElementsAre("a", "a/", "a/b", "a0", "\xff", "\xff\xff"));
}

TEST_P(StoreTest, TheLongestKeyAndABigValueFit) {
  auto store = Open();
  const std::string key(state::TableStore::kMaxKeySize, 'k');
  const std::string value(600 * 1024, 'v');
  Put(*store, key, value);
  EXPECT_EQ(Get(*store->Read(), key), value);
}

TEST_P(StoreTest, AFullStoreSaysSoAndGoesOn) {
  auto store = Open();
  Put(*store, "a", "1");
  {
    auto txn = store->Write();
    absl::Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) {
      status = txn->Put(Table::kKv, absl::StrCat("big", i), std::string(1 << 20, 'x'));
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(directory.tables()));
    EXPECT_EQ(txn->Commit(), status);
  }
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("a"));
  Put(*store, "b", "2");
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("a", "b"));
}

TEST_P(StoreTest, ADamagedFileIsReplaced) {
  const std::string file = directory.tables() + "/data.mdb";
  for (const std::string& garbage :
       {std::string(), std::string(100, 'g'), std::string(20000, 'g')}) {
    {
      Put(*Open(), "a", "1");
    }
    {
      std::ofstream(file, std::ios::trunc) << garbage;
    }
    auto store = Open();
    ASSERT_NE(store, nullptr);
    EXPECT_NE(log.text, "");
    EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre());
    Put(*store, "a", "1");
  }
}

// Neither SIGBUS nor a damage that comes back at each start.
TEST(StoreDeathTest, AFileThatIsCutShortIsReplacedAtTheNextStart) {
  Directory directory(false);
  const std::string file = directory.tables() + "/data.mdb";
  const auto open = [&] {
    return Store::Open(directory.tables(), OptionsFor(false), "b", NullLogger()).value();
  };
  {
    auto store = open();
    for (int i = 0; i < 100; ++i) {
      auto txn = store->Write();
      ASSERT_TRUE(txn->Put(Table::kKv, absl::StrCat(i), std::string(500, 'x')).ok());
      ASSERT_TRUE(txn->Commit().ok());
    }
  }
  const auto size = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, size / 2);
  EXPECT_DEATH(
      {
        auto store = open();
        auto read = store->Read();
        for (int i = 0; i < 100; ++i) read->Get(Table::kKv, absl::StrCat(i));
      },
      "are damaged");
  auto store = open();
  EXPECT_EQ(store->Read()->Get(Table::kKv, "0"), std::nullopt);
}

TEST(StoreFileTest, AnUnusablePathIsNamed) {
  Lines log;
  auto store = Store::Open("/dev/null/tables", OptionsFor(false), "b", log);
  EXPECT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("/dev/null/tables"));
}

// The writer leaves alone the pages that a reader sees, however often it commits.
TEST_P(StoreTest, AFrozenReaderSeesItsMomentWhileEverythingIsOverwritten) {
  auto store = Open();
  constexpr int kKeys = 240;
  const auto value = [](int key, int round) {
    return absl::StrCat(std::string(static_cast<size_t>(50 + key % 7 * 400), 'v'), key, "/", round);
  };
  const auto overwrite = [&](int round) {
    auto txn = store->Write();
    for (int key = 0; key < kKeys; ++key) {
      ASSERT_TRUE(txn->Put(Table::kKv, absl::StrCat("key", 1000 + key), value(key, round)).ok());
    }
    ASSERT_TRUE(txn->Commit().ok());
  };
  overwrite(0);
  auto frozen = store->Freeze();
  int seen = 0;
  frozen->Scan(Table::kKv, "", [&](absl::string_view key, absl::string_view found) {
    // In the middle of the iteration, everything it has yet to see changes, again and again.
    if (seen % 40 == 0) overwrite(1 + seen);
    EXPECT_EQ(key, absl::StrCat("key", 1000 + seen));
    EXPECT_EQ(found, value(seen, 0));
    ++seen;
    return true;
  });
  EXPECT_EQ(seen, kKeys);
  frozen.reset();
  // And they are used again once it has ended.
  const uint64_t bytes = store->file_bytes();
  for (int round = 0; round < 10; ++round) overwrite(1000 + round);
  EXPECT_EQ(store->file_bytes(), bytes);
  EXPECT_EQ(Get(*store->Read(), "key1000"), value(0, 1009));
}

TEST_P(StoreTest, AReplacementIsUnseenUntilItIsFinished) {
  auto store = Open();
  for (int round = 0; round < 3; ++round) {
    Put(*store, "old", "1");
    auto before = store->Freeze();
    auto replacement = store->Replace().value();
    ASSERT_TRUE(replacement->Add({{Table::kMeta, "m", "x"}, {Table::kKv, "a", "1"}}).ok());
    EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("old"));
    Put(*store, "lost", "as everything else");
    ASSERT_TRUE(replacement->Add({{Table::kKv, "b", "2"}, {Table::kTombstones, "a", "3"}}).ok());
    auto during = store->Read();
    ASSERT_TRUE(replacement->Finish().ok());
    EXPECT_THAT(Keys(*before, ""), ElementsAre("old"));
    EXPECT_THAT(Keys(*during, ""), ElementsAre("lost", "old"));
    EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("a", "b"));
    EXPECT_EQ(store->Read()->Get(Table::kTombstones, "a"), "3");
    before.reset();
    during.reset();
    replacement.reset();
    store.reset();
    store = Open();
    EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("a", "b"));
    auto txn = store->Write();
    ASSERT_TRUE(txn->Delete(Table::kKv, "a").ok());
    ASSERT_TRUE(txn->Delete(Table::kKv, "b").ok());
    ASSERT_TRUE(txn->Commit().ok());
  }
}

TEST_P(StoreTest, AReplacementThatIsGivenUpLeavesNoTrace) {
  auto store = Open();
  Put(*store, "old", "1");
  {
    auto replacement = store->Replace().value();
    ASSERT_TRUE(replacement->Add({{Table::kKv, "a", "1"}}).ok());
  }
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("old"));
  {
    auto replacement = store->Replace().value();
    ASSERT_TRUE(replacement->Add({{Table::kKv, "b", "1"}}).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(replacement->Add({{Table::kKv, "a", "1"}})));
    EXPECT_FALSE(replacement->Finish().ok());
  }
  store.reset();
  store = Open();
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("old"));
  auto replacement = store->Replace().value();
  ASSERT_TRUE(replacement->Add({{Table::kKv, "c", "1"}}).ok());
  ASSERT_TRUE(replacement->Finish().ok());
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("c"));
}

TEST_P(StoreTest, AReplacementThatFindsNoRoomSaysSo) {
  auto store = Open();
  Put(*store, "old", "1");
  {
    auto replacement = store->Replace().value();
    absl::Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) {
      status = replacement->Add({{Table::kKv, absl::StrCat(100 + i), std::string(1 << 20, 'x')}});
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(replacement->Finish(), status);
  }
  EXPECT_THAT(Keys(*store->Read(), ""), ElementsAre("old"));
}

class Property {
 public:
  using Tables = std::map<std::pair<Table, std::string>, std::string>;

  Property(bool in_memory, uint64_t seed)
      : in_memory_(in_memory), random_(seed), directory_(in_memory) {
    Reopen();
  }

  // True when the store did as the maps do.
  bool Run() {
    for (int step = 0; step < 40; ++step) {
      std::unique_ptr<state::ReadTxn> earlier = store_->Read();
      const Tables earlier_model = model_;
      if (!WriteSome() || !Same(*earlier, earlier_model)) return false;
      earlier.reset();
      if (!Same(*store_->Read(), model_)) return false;
      if (random_.Chance(1, 8)) Reopen();
    }
    return true;
  }

 private:
  void Reopen() {
    store_.reset();
    store_ = Store::Open(directory_.tables(), OptionsFor(in_memory_), "b", NullLogger()).value();
  }
  Table AnyTable() { return static_cast<Table>(random_.Below(state::kTableCount)); }
  // Few different bytes, so that keys meet and are prefixes of each other.
  std::string AnyKey() {
    std::string key(random_.Between(1, 4), '\0');
    for (char& c : key) c = "\x00/a\x7f\xff"[random_.Below(5)];
    return key;
  }

  bool WriteSome() {
    auto txn = store_->Write();
    Tables changed = model_;
    for (uint64_t n = random_.Below(30); n > 0; --n) {
      const Table table = AnyTable();
      const std::string key = AnyKey();
      if (random_.Chance(1, 3)) {
        if (!txn->Delete(table, key).ok()) return false;
        changed.erase({table, key});
      } else {
        const std::string value(random_.Chance(1, 10) ? random_.Below(20000) : random_.Below(50),
                                static_cast<char>(random_.Next()));
        if (!txn->Put(table, key, value).ok()) return false;
        changed[{table, key}] = value;
      }
    }
    if (!Same(*txn, changed)) return false;
    if (random_.Chance(1, 4)) return true;  // abandoned
    if (!txn->Commit().ok()) return false;
    model_ = changed;
    return true;
  }

  bool Same(const state::ReadTxn& txn, const Tables& model) {
    for (int t = 0; t < state::kTableCount; ++t) {
      const auto table = static_cast<Table>(t);
      const std::string from = random_.Chance(1, 3) ? "" : AnyKey();
      const bool prefix = random_.Chance(1, 2);
      std::vector<std::pair<std::string, std::string>> expected;
      for (const auto& [key, value] : model) {
        if (key.first != table || key.second < from) continue;
        if (prefix && key.second.compare(0, from.size(), from) != 0) continue;
        expected.emplace_back(key.second, value);
      }
      std::vector<std::pair<std::string, std::string>> found;
      const auto visit = [&](absl::string_view key, absl::string_view value) {
        found.emplace_back(key, value);
        return true;
      };
      prefix ? txn.ScanPrefix(table, from, visit) : txn.Scan(table, from, visit);
      if (found != expected) return false;
      const std::string key = AnyKey();
      const auto in_model = model.find({table, key});
      const std::optional<absl::string_view> got = txn.Get(table, key);
      if (got.has_value() != (in_model != model.end())) return false;
      if (got && *got != in_model->second) return false;
    }
    return true;
  }

  const bool in_memory_;
  env::Random random_;
  Directory directory_;
  std::unique_ptr<Store> store_;
  Tables model_;
};

RC_GTEST_PROP(StoreProperty, DoesAsMapsDo, (bool in_memory, uint64_t seed)) {
  Property property(in_memory, seed);
  RC_ASSERT(property.Run());
}

}  // namespace
}  // namespace konsul::lmdb
