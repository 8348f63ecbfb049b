#include "core/state/change_log.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/state/change_reader.h"
#include "core/state/machine_support.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::state {
namespace {

using ::testing::ElementsAre;
using Found = ChangeReader::Found;

constexpr size_t kAll = 1 << 20;

class ChangeLogTest : public ::testing::Test {
 protected:
  // The machine's applied index is 1 when the history begins.
  ChangeLogTest() {
    Put("before", "x");
    world_.machine().RecordIn(log_);
  }

  void Put(absl::string_view key, absl::string_view value) {
    EXPECT_EQ(world_.Say(wire::KvPut{key, value, 0, std::nullopt}), "ok");
  }
  void Delete(absl::string_view key, bool recurse = false) {
    EXPECT_EQ(world_.Say(wire::KvDelete{key, recurse, std::nullopt}), "ok");
  }
  std::unique_ptr<ChangeReader> Read(std::vector<std::string> prefixes, uint64_t position,
                                     ChangeLog* log = nullptr) {
    return std::make_unique<ChangeReader>(log != nullptr ? *log : log_, Table::kKv,
                                          DistinctPrefixes(std::move(prefixes)), Index(position));
  }
  static std::string Show(const ChangeReader::Batch& batch) {
    return absl::StrCat(
        batch.index.value, batch.more ? "+:" : ":",
        absl::StrJoin(batch.changes, "", [](std::string* out, const ChangeReader::Change& c) {
          absl::StrAppend(out, " ", c.change->row ? "" : "-", c.change->key,
                          c.change->row ? absl::StrCat("=", Value(*c.change->row)) : "");
        }));
  }
  static std::string Value(const std::string& row) {
    return std::string(wire::DecodeKvEntry(row)->value);
  }
  // All that a reader has to say, until it has no more.
  static std::vector<std::string> Drain(ChangeReader& reader, size_t bytes_max = kAll,
                                        bool coalesce = false) {
    std::vector<std::string> out;
    while (true) {
      ChangeReader::Batch batch;
      const Found found =
          coalesce ? reader.NextCoalesced(bytes_max, batch) : reader.Next(bytes_max, batch);
      if (found == Found::kTooLate) out.emplace_back("too late");
      if (found == Found::kTooLate || found == Found::kNothing) return out;
      if (found == Found::kChanges) out.push_back(Show(batch));
    }
  }

  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_{stacks_};
  ChangeLog log_{scheduler_};
  MachineWorld world_;
};

TEST_F(ChangeLogTest, AReaderGetsWhatConcernsItIndexByIndex) {
  Put("a/1", "x");
  Put("b/1", "y");
  Put("a/2", "z");
  Delete("a/1");
  Put("c", "no");
  const auto reader = Read({"a/", "b/"}, 1);
  EXPECT_THAT(Drain(*reader), ElementsAre("2: a/1=x", "3: b/1=y", "4: a/2=z", "5: -a/1"));
  EXPECT_EQ(reader->position(), Index(6)) << "nothing else concerns it";
  EXPECT_THAT(Drain(*Read({"a/"}, 4)), ElementsAre("5: -a/1"));
  EXPECT_THAT(Drain(*Read({}, 5)), ElementsAre("6: c=no"));
}

TEST_F(ChangeLogTest, WhatChangesNothingIsNoChange) {
  Put("a", "x");
  Put("a", "x");
  EXPECT_EQ(world_.Say(wire::KvPut{"a", "y", 0, 77}), "no");
  Delete("missing");
  EXPECT_THAT(Drain(*Read({}, 1)), ElementsAre("2: a=x"));
}

TEST_F(ChangeLogTest, ATransactionIsOneStepWithoutAMiddle) {
  const auto op = [](wire::KvVerb verb, absl::string_view key, absl::string_view value) {
    return wire::KvOp{.verb = verb, .key = key, .value = value};
  };
  wire::Txn txn;
  txn.ops = {op(wire::KvVerb::kSet, "b", "1"), op(wire::KvVerb::kSet, "a", "1"),
             op(wire::KvVerb::kSet, "b", "2"), op(wire::KvVerb::kDelete, "before", "")};
  EXPECT_EQ(world_.Say(txn), "ok");
  txn.ops = {op(wire::KvVerb::kSet, "a", "3"), op(wire::KvVerb::kGet, "missing", "")};
  EXPECT_NE(world_.Say(txn), "ok");
  EXPECT_THAT(Drain(*Read({}, 1)), ElementsAre("2: a=1 b=2 -before"));
}

TEST_F(ChangeLogTest, EachKeyOfACommandCountsOnceAndTheLastTime) {
  log_.Begin(Index(2));
  const std::string row = wire::EncodeKvEntry({.value = "v"}), other = wire::EncodeKvEntry({});
  for (const char* key : {"b", "a", "b", "c"}) log_.Note(Table::kKv, key, row);
  log_.Note(Table::kKv, "c", std::nullopt);
  log_.Note(Table::kKv, "a", other);
  log_.Publish(Index(2));
  EXPECT_THAT(Drain(*Read({}, 1)), ElementsAre("2: a= b=v -c"));
  log_.Begin(Index(3));
  for (int i = 0; i < 100; ++i) {
    const std::string number = absl::StrCat(i);
    log_.Note(Table::kKv, i % 2 == 0 ? "even" : "odd", wire::EncodeKvEntry({.value = number}));
  }
  log_.Publish(Index(3));
  EXPECT_THAT(Drain(*Read({}, 2)), ElementsAre("3: even=98 odd=99"));
}

TEST_F(ChangeLogTest, OtherTablesAndWhatIsDiscardedLeaveNothing) {
  log_.Begin(Index(2));
  log_.Note(Table::kSessions, "a", "row");
  log_.Publish(Index(2));
  log_.Begin(Index(3));
  log_.Note(Table::kKv, "a", "row");
  log_.Discard();
  EXPECT_TRUE(log_.groups().empty());
  EXPECT_EQ(log_.end(), Index(2));
}

TEST_F(ChangeLogTest, AStoreThatFailsLeavesNothing) {
  world_.store().FailNextCommit(absl::ResourceExhaustedError("full"));
  const std::string bytes = wire::EncodeCommand(wire::KvPut{"a", "x", 0, std::nullopt});
  EXPECT_FALSE(world_.machine().Apply({{Index(2), bytes}}).ok());
  EXPECT_EQ(log_.end(), Index(1));
  Put("a", "y");
  EXPECT_THAT(Drain(*Read({}, 1)), ElementsAre("2: a=y"));
}

TEST_F(ChangeLogTest, AGreatCommandComesInPiecesThatBelongTogether) {
  for (int i = 0; i < 5; ++i) Put(absl::StrCat("t/", i), "x");
  Put("u", "x");
  Delete("t/", true);
  const auto reader = Read({"t/"}, 7);
  // Keys of three bytes, two to a piece.
  EXPECT_THAT(Drain(*reader, 4), ElementsAre("8+: -t/0 -t/1", "8+: -t/2 -t/3", "8: -t/4"));
  const auto broken_off = Read({"t/"}, 7);
  ChangeReader::Batch batch;
  ASSERT_EQ(broken_off->Next(4, batch), Found::kChanges);
  EXPECT_EQ(broken_off->position(), Index(7)) << "nobody goes on in the middle";
}

TEST_F(ChangeLogTest, CoalescingLeavesTheLastChangeOfEachKey) {
  Put("a", "1");
  Put("b", "1");
  Put("a", "2");
  Put("c", "1");
  Delete("b");
  Put("x", "other");
  const auto reader = Read({"a", "b", "c"}, 1);
  EXPECT_THAT(Drain(*reader, kAll, true), ElementsAre("6: a=2 c=1 -b"));
  EXPECT_EQ(reader->position(), Index(7));
  EXPECT_TRUE(Drain(*reader, kAll, true).empty());
}

TEST_F(ChangeLogTest, WhoFallsOutOfTheHistoryIsTooLate) {
  ChangeLog small(scheduler_, {.bytes_max = kAll, .changes_max = 2});
  world_.machine().RecordIn(small);
  const auto slow = Read({"a"}, 1, &small), quick = Read({"a"}, 1, &small);
  for (int i = 2; i < 4; ++i) Put("a", absl::StrCat(i));
  EXPECT_THAT(Drain(*quick), ElementsAre("2: a=2", "3: a=3"));
  Put("a", "4");
  EXPECT_EQ(small.floor(), Index(2));
  EXPECT_THAT(Drain(*quick), ElementsAre("4: a=4"));
  EXPECT_THAT(Drain(*slow), ElementsAre("too late"));
  EXPECT_THAT(Drain(*Read({"a"}, 2, &small)), ElementsAre("3: a=3", "4: a=4"));
}

TEST_F(ChangeLogTest, MemoryIsBounded) {
  ChangeLog small(scheduler_, {.bytes_max = 4096, .changes_max = 1000});
  world_.machine().RecordIn(small);
  for (int i = 0; i < 50; ++i) Put("a", std::string(1000, static_cast<char>('a' + i % 20)));
  EXPECT_LE(small.bytes(), 4096u);
  EXPECT_EQ(small.groups().size(), 3u);
  EXPECT_EQ(small.floor(), Index(48));
  Put("a", std::string(5000, 'z'));
  EXPECT_EQ(small.bytes(), 0u) << "one that is too large does not stay either";
  EXPECT_EQ(small.floor(), small.end());
}

TEST_F(ChangeLogTest, WhoWaitsIsAtTheEndHoweverMuchElseHappens) {
  ChangeLog small(scheduler_, {.bytes_max = kAll, .changes_max = 2});
  world_.machine().RecordIn(small);
  const auto reader = Read({"quiet/"}, 1, &small);
  EXPECT_TRUE(Drain(*reader).empty());
  fiber::Continuation wakes(scheduler_);
  reader->Wait(wakes);
  for (int i = 0; i < 9; ++i) Put("noise", absl::StrCat(i));
  EXPECT_FALSE(wakes.woken());
  EXPECT_EQ(reader->position(), Index(10));
  Put("quiet/a", "x");
  EXPECT_TRUE(wakes.woken());
  EXPECT_EQ(reader->position(), Index(10));
  Put("noise", "more");
  reader->StopWaiting();
  EXPECT_THAT(Drain(*reader), ElementsAre("11: quiet/a=x"));
}

TEST_F(ChangeLogTest, WhoIsAheadWaitsForWhatIsNewToIt) {
  const auto reader = Read({"a"}, 4);
  EXPECT_TRUE(Drain(*reader).empty());
  fiber::Continuation wakes(scheduler_);
  reader->Wait(wakes);
  for (int i = 2; i <= 4; ++i) Put("a", absl::StrCat(i));
  EXPECT_FALSE(wakes.woken()) << "it has seen these";
  EXPECT_EQ(reader->position(), Index(4));
  Put("a", "5");
  EXPECT_TRUE(wakes.woken());
  reader->StopWaiting();
  EXPECT_THAT(Drain(*reader), ElementsAre("5: a=5"));
}

TEST_F(ChangeLogTest, ASnapshotEmptiesTheHistory) {
  Put("a", "2");
  const auto behind = Read({"a"}, 1), at_the_end = Read({"a"}, 2), ahead = Read({"a"}, 9),
             far_ahead = Read({"a"}, 12);
  fiber::Continuation end_wakes(scheduler_), ahead_wakes(scheduler_), far_wakes(scheduler_);
  EXPECT_TRUE(Drain(*at_the_end).empty() && Drain(*ahead).empty() && Drain(*far_ahead).empty());
  at_the_end->Wait(end_wakes);
  ahead->Wait(ahead_wakes);
  far_ahead->Wait(far_wakes);
  log_.Restart(Index(10));
  EXPECT_EQ(log_.floor(), Index(10));
  EXPECT_TRUE(end_wakes.woken() && ahead_wakes.woken() && far_wakes.woken());
  for (const auto* reader : {&behind, &at_the_end, &ahead}) {
    (*reader)->StopWaiting();
    EXPECT_THAT(Drain(**reader), ElementsAre("too late"));
  }
  far_ahead->StopWaiting();
  EXPECT_TRUE(Drain(*far_ahead).empty());
  EXPECT_EQ(far_ahead->position(), Index(12));
}

TEST_F(ChangeLogTest, IndexesThatWentBackAreOfAnotherHistory) {
  const auto reader = Read({"a"}, 9);
  log_.Restart(Index(20));
  const auto fresh = Read({"a"}, 20);
  log_.Restart(Index(7));
  EXPECT_TRUE(reader->TooLate());
  EXPECT_TRUE(fresh->TooLate());
  EXPECT_FALSE(Read({"a"}, 7)->TooLate());
}

TEST_F(ChangeLogTest, RestoringASnapshotRestarts) {
  Put("a", "2");
  const auto reader = Read({"a"}, 1);
  MachineWorld other;
  for (int i = 1; i < 9; ++i) {
    EXPECT_EQ(other.Say(wire::KvPut{"a", absl::StrCat(i), 0, std::nullopt}), "ok");
  }
  auto frozen = *other.machine().Freeze();
  ASSERT_TRUE(world_.machine().Restore(*frozen.rows).ok());
  EXPECT_THAT(Drain(*reader), ElementsAre("too late"));
  EXPECT_EQ(log_.floor(), Index(8));
  Put("a", "9");
  EXPECT_THAT(Drain(*Read({"a"}, 8)), ElementsAre("9: a=9"));
}

TEST(DistinctPrefixesTest, LeavesEachKeyOneAtMost) {
  EXPECT_THAT(DistinctPrefixes({"b/", "a/b", "a", "b/", "a0"}), ElementsAre("a", "b/"));
  EXPECT_THAT(DistinctPrefixes({"b", "", "a"}), ElementsAre(""));
  EXPECT_THAT(DistinctPrefixes({}), ElementsAre(""));
}

}  // namespace
}  // namespace konsul::state
