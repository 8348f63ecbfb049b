// Restores through commands: what comes of the tables, and what is promised across one.
#include "core/state/restoration.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/state/catalog_reader.h"
#include "core/state/keys.h"
#include "core/state/machine_support.h"
#include "core/state/meta.h"
#include "core/state/table_rows.h"
#include "core/wire/rows.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

using ::testing::HasSubstr;
using Rows = std::vector<Replacement::Row>;

class VectorRows : public RowSource {
 public:
  explicit VectorRows(const Rows& rows) : rows_(rows) {}
  absl::StatusOr<bool> Next(Row& row) override {
    if (next_ == rows_.size()) return false;
    const auto& each = rows_[next_++];
    row = {each.table, each.key, each.value};
    return true;
  }

 private:
  const Rows& rows_;
  size_t next_ = 0;
};

Rows Snapshot(MachineWorld& world) {
  Rows rows;
  TableRows source(world.store().Read());
  Row row;
  while (*source.Next(row))
    rows.push_back({row.table, std::string(row.key), std::string(row.value)});
  return rows;
}

// "ok", or why not.
std::string Restore(MachineWorld& world, const Rows& rows, absl::string_view id = "r1",
                    size_t rows_a_piece = 2) {
  EXPECT_EQ(world.Say(wire::Restore{.id = id}), "ok");
  uint64_t pieces = 0;
  for (size_t i = 0; i < rows.size(); i += rows_a_piece) {
    std::string piece;
    for (size_t j = i; j < std::min(rows.size(), i + rows_a_piece); ++j) {
      wire::AppendRow(static_cast<uint8_t>(rows[j].table), rows[j].key, rows[j].value, piece);
    }
    EXPECT_EQ(world.Say(wire::Restore{id, wire::RestoreStep::kPiece, pieces++, piece}), "ok");
  }
  return world.Say(wire::Restore{id, wire::RestoreStep::kCommit, pieces});
}

class RestorationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (MachineWorld* each : {&world, &other}) {
      each->Apply(wire::Register{.node = {.name = "n"}});
    }
  }
  void Put(MachineWorld& in, absl::string_view key, absl::string_view value) {
    EXPECT_EQ(in.Say(wire::KvPut{.key = key, .value = value}), "ok");
  }
  void Session(MachineWorld& in, char digit, uint64_t ttl = 0, uint64_t delay = 0) {
    const std::string id = SessionId(digit);
    wire::Session session{.id = id, .node = "n", .lock_delay = delay, .ttl = ttl};
    EXPECT_EQ(in.Say(wire::SessionCreate{session}), "ok");
  }
  std::string Lock(MachineWorld& in, absl::string_view key, char digit) {
    return in.Say(wire::KvOp{wire::KvVerb::kLock, key, "locked", 0, 0, SessionId(digit)});
  }
  uint64_t applied() { return world.machine().applied().value; }

  MachineWorld world;
  MachineWorld other;  // another cluster
};

TEST_F(RestorationTest, ChangesWhatDiffersAtItsOwnIndexAndLeavesTheRestAlone) {
  Put(world, "same", "1");
  Put(world, "changed", "old");
  const Rows snapshot = Snapshot(world);
  Put(world, "changed", "new");
  Put(world, "later", "x");
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_EQ(world.Show("same"), "1 2/2/0");
  EXPECT_EQ(world.Show("changed"), absl::StrCat("old 3/", applied(), "/0"));
  EXPECT_EQ(world.Show("later"), "missing");
  EXPECT_EQ(GetKv(*world.store().Read(), "later")->index.value, applied());
  EXPECT_EQ(ListKv(*world.store().Read(), "", [](auto, auto&) {})->value, applied());
  EXPECT_EQ(world.Rows(Table::kStaged), 0u);
}

TEST_F(RestorationTest, TakesInASnapshotOfAnotherHistoryWithItsOwnIndexes) {
  for (int i = 0; i < 50; ++i) Put(other, "k", absl::StrCat(i));
  EXPECT_EQ(Restore(world, Snapshot(other)), "ok");
  EXPECT_EQ(world.Show("k"), absl::StrCat("49 ", applied(), "/", applied(), "/0"));
}

TEST_F(RestorationTest, AConditionalWriteOfBeforeFails) {
  Put(world, "k", "mine");
  const Rows snapshot = Snapshot(world);
  Put(world, "k", "yours");
  const uint64_t seen = applied();
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_EQ(world.Say(wire::KvPut{.key = "k", .value = "late", .cas = seen}), "no");
}

TEST_F(RestorationTest, ALockThatHasAnotherHolderHasAHigherLockIndexThanEver) {
  Session(world, '1');
  EXPECT_EQ(Lock(world, "k", '1'), "ok");
  const Rows snapshot = Snapshot(world);
  Session(world, '2', 0, 15);
  for (int i = 0; i < 3; ++i) {
    const std::string id = SessionId(i % 2 == 0 ? '1' : '2');
    world.Apply(wire::KvOp{wire::KvVerb::kUnlock, "k", "", 0, 0, id});
    EXPECT_EQ(Lock(world, "k", i % 2 == 0 ? '2' : '1'), "ok");
  }
  EXPECT_THAT(world.Show("k"), HasSubstr("/4 2"));
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_THAT(world.Show("k"), HasSubstr("/5 1"));
  // Who lost it leaves its delay behind.
  EXPECT_EQ(FindLockDelay(*world.store().Read(), "k").value()->nanoseconds, 15u);
  EXPECT_EQ(FindLockDelay(*world.store().Read(), "k").value()->since, applied());
  // What holds it can let go of it, and its end releases it.
  EXPECT_EQ(world.Rows(Table::kSessionKeys), 1u);
  EXPECT_EQ(world.Say(wire::SessionDestroy{SessionId('1')}), "ok");
  EXPECT_EQ(world.Rows(Table::kSessionKeys), 0u);
  EXPECT_EQ(Contradiction(*world.store().Read()), "");
}

TEST_F(RestorationTest, ATtlBeginsAnew) {
  Session(world, '1', 10);
  const Rows snapshot = Snapshot(world);
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_EQ(DecodeU64(*world.store().Read()->Get(Table::kRenewals, SessionId('1'))), applied());
}

TEST_F(RestorationTest, EventsAreLeftAlone) {
  const Rows snapshot = Snapshot(world);
  world.Apply(wire::EventFire{{.id = "0123456789abcdef", .name = "deploy"}});
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_EQ(ListEvents(*world.store().Read(), "")->events.size(), 1u);
}

TEST_F(RestorationTest, WithoutItsCommitNothingHappens) {
  Put(world, "k", "v");
  const Rows snapshot = Snapshot(other);
  world.Say(wire::Restore{.id = "r"});
  world.Say(wire::Restore{"r", wire::RestoreStep::kPiece, 0, "anything"});
  EXPECT_EQ(world.Show("k"), "v 2/2/0");
  EXPECT_EQ(world.Rows(Table::kStaged), 1u);
  EXPECT_EQ(world.Say(wire::Restore{"r", wire::RestoreStep::kAbort}), "ok");
  EXPECT_EQ(world.Rows(Table::kStaged), 0u);
  EXPECT_THAT(world.Say(wire::Restore{"r", wire::RestoreStep::kCommit, 1}),
              HasSubstr("not under way"));
}

TEST_F(RestorationTest, OneThatBeginsEndsAnother) {
  world.Say(wire::Restore{.id = "a"});
  world.Say(wire::Restore{"a", wire::RestoreStep::kPiece, 0, "anything"});
  world.Say(wire::Restore{.id = "b"});
  EXPECT_EQ(world.Rows(Table::kStaged), 0u);
  EXPECT_THAT(world.Say(wire::Restore{"a", wire::RestoreStep::kPiece, 1, "x"}),
              HasSubstr("restore a is not under way"));
  EXPECT_THAT(world.Say(wire::Restore{"b", wire::RestoreStep::kPiece, 1, "x"}),
              HasSubstr("piece 1 of a restore that has 0"));
  EXPECT_THAT(world.Say(wire::Restore{"b", wire::RestoreStep::kCommit, 1}),
              HasSubstr("not under way"));
}

TEST_F(RestorationTest, StepsMayBeRepeated) {
  Put(other, "k", "v");
  const Rows rows = Snapshot(other);
  world.Say(wire::Restore{.id = "r"});
  std::string piece;
  for (const auto& row : rows) {
    wire::AppendRow(static_cast<uint8_t>(row.table), row.key, row.value, piece);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world.Say(wire::Restore{"r", wire::RestoreStep::kPiece, 0, piece}), "ok");
  }
  EXPECT_EQ(world.Say(wire::Restore{"r", wire::RestoreStep::kCommit, 1}), "ok");
  Put(world, "k", "later");
  EXPECT_EQ(world.Say(wire::Restore{"r", wire::RestoreStep::kCommit, 1}), "ok");
  EXPECT_THAT(world.Show("k"), HasSubstr("later"));
}

TEST_F(RestorationTest, RefusesWhatMakesNoSenseAndChangesNothing) {
  Put(world, "k", "v");
  const auto refused = [&](Rows rows) {
    const std::string said = Restore(world, rows);
    EXPECT_EQ(world.Show("k"), "v 2/2/0");
    return said;
  };
  const std::string entry = wire::EncodeKvEntry({.value = "x"});
  const std::string locked = wire::EncodeKvEntry({.value = "x", .session = SessionId('7')});
  const std::string session = wire::EncodeSession({.id = SessionId('7'), .node = "nowhere"});
  const std::string node = wire::EncodeNode({.name = "N"});
  EXPECT_THAT(refused({{Table::kKv, "b", entry}, {Table::kKv, "a", entry}}),
              HasSubstr("not in ascending order"));
  EXPECT_THAT(refused({{Table::kKv, "a", "rubbish"}}), HasSubstr("row \"a\" of table 1"));
  EXPECT_THAT(refused({{Table::kKv, "a", locked}}), HasSubstr("a session that is not there"));
  EXPECT_THAT(refused({{Table::kSessions, SessionId('7'), session}}),
              HasSubstr("a session depends on it"));
  EXPECT_THAT(refused({{Table::kSessions, SessionId('8'), session}}),
              HasSubstr("of another session"));
  EXPECT_THAT(refused({{Table::kNodes, "m", node}}), HasSubstr("another name"));
  EXPECT_THAT(refused({{static_cast<Table>(99), "m", node}}), HasSubstr("does not know"));
  world.Say(wire::Restore{.id = "r"});
  world.Say(wire::Restore{"r", wire::RestoreStep::kPiece, 0, "abc"});
  EXPECT_THAT(world.Say(wire::Restore{"r", wire::RestoreStep::kCommit, 1}), HasSubstr("cut short"));
}

TEST_F(RestorationTest, ManyDeletionsLeaveOneIndexBehind) {
  world.Reopen({.max_tombstones = 3});
  const Rows snapshot = Snapshot(world);
  for (int i = 0; i < 5; ++i) Put(world, absl::StrCat("k", i), "v");
  EXPECT_EQ(Restore(world, snapshot), "ok");
  EXPECT_EQ(world.Rows(Table::kTombstones), 0u);
  EXPECT_EQ(GetKv(*world.store().Read(), "k1")->index.value, applied());
}

TEST_F(RestorationTest, TellsWhatWouldChange) {
  Put(world, "same", "1");
  Put(world, "changed", "1");
  Put(world, "removed", "1");
  Put(other, "same", "1");
  Put(other, "changed", "2");
  Put(other, "added", "1");
  const Rows wanted = Snapshot(other);
  VectorRows rows(wanted);
  const auto txn = world.store().Read();
  Restoration restoration(*txn, Index(100), 10);
  std::map<std::string, Restoration::Change> changes;
  restoration.OnEachChange([&](Restoration::Change change, Table, absl::string_view key) {
    changes.emplace(key, change);
  });
  EXPECT_TRUE(restoration
                  .Run(
                      rows, [](auto, auto, auto) { return absl::OkStatus(); },
                      [] { return absl::OkStatus(); })
                  .ok());
  EXPECT_EQ(changes, (std::map<std::string, Restoration::Change>{
                         {"added", Restoration::Change::kAdded},
                         {"changed", Restoration::Change::kChanged},
                         {"removed", Restoration::Change::kRemoved}}));
  EXPECT_EQ(restoration.summary().keys.unchanged, 1u);
  EXPECT_EQ(restoration.summary().nodes.unchanged, 1u);
}

// Any two histories: afterwards the contents are those of the snapshot, nothing contradicts itself,
// a crash in the middle leaves what was, and doing it in one go gives the same as in many.
RC_GTEST_PROP(RestorationProperty, GivesWhatTheSnapshotHas, ()) {
  MachineWorld a, b;
  const auto step = [](MachineWorld& world) {
    const auto key = absl::StrCat("k", *rc::gen::inRange(0, 6));
    const auto digit = static_cast<char>('0' + *rc::gen::inRange(0, 4));
    const std::string id = SessionId(digit);
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
        world.Apply(wire::Register{.node = {.name = "n"}});
        break;
      case 1:
      case 2:
        world.Apply(wire::KvPut{.key = key, .value = absl::StrCat(*rc::gen::inRange(0, 3))});
        break;
      case 3:
        world.Apply(wire::KvDelete{.key = key});
        break;
      case 4:
        world.Apply(wire::SessionCreate{
            {.id = id, .node = "n", .lock_delay = 5, .ttl = 7, .delete_keys = digit == '1'}});
        break;
      case 5:
        world.Apply(wire::KvOp{wire::KvVerb::kLock, key, "l", 0, 0, id});
        break;
      case 6:
        world.Apply(wire::SessionDestroy{id});
        break;
    }
  };
  for (MachineWorld* each : {&a, &b}) {
    const int steps = *rc::gen::inRange(0, 30);
    for (int i = 0; i < steps; ++i) step(*each);
  }
  const Rows snapshot = Snapshot(b);
  const auto before = a.store().tables();
  RC_ASSERT(Restore(a, snapshot, "r", static_cast<size_t>(*rc::gen::inRange(1, 5))) == "ok");
  const Hash128 digest = a.machine().digest();
  RC_ASSERT(Contradiction(*a.store().Read()) == "");
  const auto contents = [](const MachineWorld& world, uint64_t least) {
    std::map<std::string, std::string> all;
    const auto& tables = const_cast<MachineWorld&>(world).store().tables();
    for (const auto& [key, value] : tables[static_cast<size_t>(Table::kKv)]) {
      const auto entry = *wire::DecodeKvEntry(value);
      RC_ASSERT(entry.modify_index <= least);
      all[key] = absl::StrCat(entry.value, "|", entry.flags, "|", entry.session);
    }
    for (const auto& [key, value] : tables[static_cast<size_t>(Table::kSessions)]) all[key] = "";
    return all;
  };
  const uint64_t applied = a.machine().applied().value;
  RC_ASSERT(contents(a, applied) == contents(b, ~uint64_t{0}));
  // No index and no lock index goes back.
  for (const auto& [key, value] : before[static_cast<size_t>(Table::kKv)]) {
    const auto was = *wire::DecodeKvEntry(value);
    const auto reading = a.store().Read();
    const auto is = *GetKv(*reading, key);
    RC_ASSERT(is.index.value >= was.modify_index);
    if (!is.entry) continue;
    RC_ASSERT(is.entry->lock_index >= was.lock_index);
    const bool same = is.entry->value == was.value && is.entry->session == was.session;
    RC_ASSERT(same == (is.entry->modify_index == was.modify_index));
  }
  // The machine goes on, and a restart finds the same.
  a.Reopen();
  RC_ASSERT(a.machine().digest() == digest);
  for (int i = 0; i < 10; ++i) step(a);
  RC_ASSERT(Contradiction(*a.store().Read()) == "");
}

}  // namespace
}  // namespace konsul::state
