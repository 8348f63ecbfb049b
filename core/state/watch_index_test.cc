#include "core/state/watch_index.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/state/memory_store_support.h"
#include "core/state/table_machine.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

// One query that waits.
struct Query {
  explicit Query(fiber::Scheduler& scheduler) : continuation(scheduler) {}
  bool woken() const { return continuation.woken(); }
  fiber::Continuation continuation;
  std::vector<WatchIndex::Watch> watches;
};

class WatchIndexTest : public ::testing::Test {
 protected:
  std::unique_ptr<Query> Watch(const WatchSet& set) {
    auto query = std::make_unique<Query>(scheduler_);
    index_.Add(set, query->continuation, query->watches);
    return query;
  }
  std::unique_ptr<Query> WatchKey(absl::string_view key, Table table = Table::kKv) {
    WatchSet set(true);
    set.Key(table, key);
    return Watch(set);
  }
  std::unique_ptr<Query> WatchPrefix(absl::string_view prefix) {
    WatchSet set(true);
    set.Prefix(Table::kKv, prefix);
    return Watch(set);
  }
  void Change(absl::string_view key, Table table = Table::kKv) {
    index_.Note(table, key);
    index_.Publish();
  }

  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_{stacks_};
  WatchIndex index_{scheduler_};
};

TEST_F(WatchIndexTest, AKeyWakesItsOwnWatchersOnly) {
  const auto a = WatchKey("a"), ab = WatchKey("ab"), other = WatchKey("a", Table::kTombstones);
  Change("a");
  EXPECT_TRUE(a->woken());
  EXPECT_FALSE(ab->woken() || other->woken());
}

TEST_F(WatchIndexTest, EveryPrefixOfTheKeyIsConcerned) {
  const auto all = WatchPrefix(""), a = WatchPrefix("a"), ab = WatchPrefix("ab/"),
             longer = WatchPrefix("ab/cd"), other = WatchPrefix("b");
  Change("ab/c");
  EXPECT_TRUE(all->woken() && a->woken() && ab->woken());
  EXPECT_FALSE(longer->woken() || other->woken());
}

TEST_F(WatchIndexTest, APrefixIsNoKeyAndAKeyNoPrefix) {
  const auto key = WatchKey("a");
  Change("ab");
  EXPECT_FALSE(key->woken());
  const auto prefix = WatchPrefix("a");
  Change("a");
  EXPECT_TRUE(prefix->woken()) << "it begins with itself";
}

TEST_F(WatchIndexTest, NobodyIsWokenBeforeTheCommit) {
  const auto a = WatchKey("a");
  index_.Note(Table::kKv, "a");
  EXPECT_FALSE(a->woken());
  index_.Discard();
  index_.Publish();
  EXPECT_FALSE(a->woken());
  Change("a");
  EXPECT_TRUE(a->woken());
}

TEST_F(WatchIndexTest, AReplacementWakesEverybody) {
  const auto a = WatchKey("a"), p = WatchPrefix("p");
  index_.Note(Table::kKv, "a");
  index_.PublishAll();
  EXPECT_TRUE(a->woken() && p->woken());
  EXPECT_EQ(index_.replaced(), 1u);
}

TEST_F(WatchIndexTest, KeepsOnlyWhatIsWatched) {
  {
    const auto one = WatchKey("a"), two = WatchKey("a"), p = WatchPrefix("p"), q = WatchPrefix("q");
    EXPECT_EQ(index_.size(), 3u);
    Change("a");
    EXPECT_EQ(index_.size(), 3u) << "until those who were woken let go";
  }
  EXPECT_EQ(index_.size(), 0u);
  Change("a");
  Change("p");
}

TEST_F(WatchIndexTest, AnInactiveSetHoldsNothing) {
  WatchSet set(false);
  set.Key(Table::kKv, "a");
  set.Prefix(Table::kKv, "p");
  EXPECT_TRUE(set.items().empty());
}

// Against a list that is gone through from end to end.
RC_GTEST_FIXTURE_PROP(WatchIndexTest, WakesWhomAListWouldWake, ()) {
  struct Model {
    bool prefix;
    Table table;
    std::string key;
    bool woken = false;
    std::unique_ptr<Query> query;
  };
  const auto keys = rc::gen::container<std::string>(rc::gen::element('a', 'b', '/'));
  const auto key_of = [&](size_t most) {
    return (*keys).substr(0, *rc::gen::inRange<size_t>(0, most));
  };
  const auto table_of = [] { return *rc::gen::element(Table::kKv, Table::kTombstones); };
  std::vector<Model> model;
  std::vector<std::pair<Table, std::string>> noted;
  const auto publish = [&] {
    for (Model& m : model) {
      for (const auto& [table, key] : noted) {
        const bool concerns = m.prefix ? key.compare(0, m.key.size(), m.key) == 0 : key == m.key;
        m.woken |= table == m.table && concerns;
      }
    }
    noted.clear();
    index_.Publish();
  };
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    const int what = *rc::gen::inRange(0, 8);
    if (what <= 2) {
      Model m{*rc::gen::arbitrary<bool>(), table_of(), key_of(4), false, nullptr};
      WatchSet set(true);
      if (m.prefix) {
        set.Prefix(m.table, m.key);
      } else {
        set.Key(m.table, m.key);
      }
      m.query = Watch(set);
      model.push_back(std::move(m));
    } else if (what <= 5) {
      for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
        const auto change = std::make_pair(table_of(), key_of(5));
        index_.Note(change.first, change.second);
        noted.push_back(change);
      }
      if (*rc::gen::inRange(0, 5) == 0) {
        index_.Discard();
        noted.clear();
      }
      publish();
    } else if (what == 6 && !model.empty()) {
      model.erase(model.begin() + *rc::gen::inRange<ptrdiff_t>(0, std::ssize(model)));
    } else if (*rc::gen::inRange(0, 10) == 0) {
      index_.PublishAll();
      for (Model& m : model) m.woken = true;
    }
    std::set<std::pair<bool, std::pair<Table, std::string>>> watched;
    for (const Model& m : model) {
      RC_ASSERT(m.query->woken() == m.woken);
      watched.insert({m.prefix, {m.table, m.key}});
    }
    RC_ASSERT(index_.size() == watched.size());
  }
}

// The machine's side: what wakes, and that nothing else does.
class PublishingMachineTest : public WatchIndexTest {
 protected:
  PublishingMachineTest() { machine_->PublishTo(index_); }
  absl::Status Apply(const wire::Command& command) {
    const std::string bytes = wire::EncodeCommand(command);
    return machine_->Apply({{machine_->applied() + 1, bytes}}).status();
  }

  MemoryStore store_;
  std::unique_ptr<TableMachine> machine_ =
      TableMachine::Open(store_, {.max_tombstones = 1}).value();
};

TEST_F(PublishingMachineTest, CreationChangeAndDeletionWake) {
  const std::vector<wire::Command> commands = {
      wire::KvPut{.key = "k", .value = "1"}, wire::KvPut{.key = "k", .value = "2"},
      wire::KvDelete{.key = "k"}, wire::KvPut{.key = "k", .value = "3"},
      wire::KvDelete{.key = "", .recurse = true}};
  for (const wire::Command& command : commands) {
    const auto key = WatchKey("k"), prefix = WatchPrefix(""), other = WatchKey("kk");
    ASSERT_TRUE(Apply(command).ok());
    EXPECT_TRUE(key->woken() && prefix->woken());
    EXPECT_FALSE(other->woken());
  }
}

TEST_F(PublishingMachineTest, WhatChangesNothingWakesNobody) {
  ASSERT_TRUE(Apply(wire::KvPut{.key = "k", .value = "1"}).ok());
  const auto key = WatchKey("k"), all = WatchPrefix("");
  ASSERT_TRUE(Apply(wire::KvPut{.key = "k", .value = "1"}).ok());
  ASSERT_TRUE(Apply(wire::KvPut{.key = "k", .value = "2", .cas = 77}).ok());
  ASSERT_TRUE(Apply(wire::KvDelete{.key = "none"}).ok());
  EXPECT_FALSE(key->woken() || all->woken());
}

TEST_F(PublishingMachineTest, AFailedCommitWakesNobody) {
  const auto key = WatchKey("k");
  store_.FailNextCommit(absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(Apply(wire::KvPut{.key = "k", .value = "1"}).ok());
  EXPECT_FALSE(key->woken());
  ASSERT_TRUE(Apply(wire::KvPut{.key = "other", .value = "1"}).ok());
  EXPECT_FALSE(key->woken()) << "nor later";
}

TEST_F(PublishingMachineTest, ARestoreWakesEverybody) {
  ASSERT_TRUE(Apply(wire::KvPut{.key = "k", .value = "1"}).ok());
  auto frozen = machine_->Freeze();
  ASSERT_TRUE(frozen.ok());
  const auto key = WatchKey("k"), none = WatchKey("none");
  ASSERT_TRUE(machine_->Restore(*frozen->rows).ok());
  EXPECT_TRUE(key->woken() && none->woken());
}

}  // namespace
}  // namespace konsul::state
