// Transactions: what they answer, and that a failed one leaves no trace.
#include <string>

#include "absl/strings/match.h"
#include "core/state/catalog_reader.h"
#include "core/state/machine_support.h"
#include "core/state/overlay.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

using wire::KvOp;
using wire::KvVerb;
using wire::Txn;

// "KEY=VALUE@MODIFY", one after the other.
std::string Results(const wire::CommandResult& result) {
  return absl::StrJoin(result.txn_results, " ", [](std::string* out, const wire::TxnResult& each) {
    const auto entry = wire::DecodeKvEntry(each.entry);
    absl::StrAppend(out, each.key, "=", entry.ok() ? entry->value : "?", "@",
                    entry.ok() ? entry->modify_index : 0);
  });
}

class TxnTest : public ::testing::Test {
 protected:
  TxnTest() {
    world_.Apply(wire::KvPut{"a", "1"});
    world_.Apply(wire::KvPut{"b", "2"});
  }
  MachineWorld world_;
};

TEST_F(TxnTest, EachOperationSeesTheOnesBefore) {
  const auto result = world_.Apply(
      Txn{{KvOp{KvVerb::kSet, "c", "3"}, KvOp{KvVerb::kGet, "c"}, KvOp{KvVerb::kDelete, "a"},
           KvOp{KvVerb::kGetTree, ""}, KvOp{KvVerb::kCheckNotExists, "a"},
           KvOp{KvVerb::kGetOrEmpty, "a"}, KvOp{KvVerb::kCas, "c", "4", 0, 3}}});
  EXPECT_TRUE(result.success);
  EXPECT_EQ(Results(result), "c=@3 c=3@3 b=2@2 c=3@3 a=@0 c=@3");
  EXPECT_EQ(world_.Show("a"), "missing");
  EXPECT_EQ(world_.Show("c"), "4 3/3/0");
}

TEST_F(TxnTest, OneFailureAndNothingIsDoneButEverythingIsTried) {
  const auto before = world_.store().tables();
  EXPECT_EQ(world_.Say(Txn{
                {KvOp{KvVerb::kSet, "c", "3"}, KvOp{KvVerb::kCas, "a", "x", 0, 9},
                 KvOp{KvVerb::kGet, "d"}, KvOp{KvVerb::kDeleteTree, ""},
                 KvOp{KvVerb::kCheckIndex, "b", "", 0, 2}, KvOp{KvVerb::kDeleteCas, "a", "", 0, 7},
                 KvOp{KvVerb::kLock, "a", "", 0, 0, "x"}, KvOp{KvVerb::kUnlock, "a", "", 0, 0, "x"},
                 KvOp{KvVerb::kSet, "", "x"}}}),
            "1: failed to set key \"a\", index is stale; "
            "2: key \"d\" doesn't exist; "
            "4: failed to check index, key \"b\" doesn't exist; "
            "6: invalid session \"x\"; "
            "7: failed to unlock key \"a\", lock isn't held, or is held by another session; "
            "8: Missing key name");
  auto after = world_.store().tables();
  after[0] = before[0];  // the applied index and the digest
  EXPECT_EQ(after, before);
  EXPECT_EQ(GetKv(*world_.store().Read(), "zzz")->index, Index(1)) << "no tombstone was dropped";
}

TEST_F(TxnTest, ChecksSayWhatTheyFound) {
  EXPECT_EQ(world_.Say(Txn{{KvOp{KvVerb::kCheckIndex, "a", "", 0, 7},
                            KvOp{KvVerb::kCheckSession, "a", "", 0, 0, "s"},
                            KvOp{KvVerb::kCheckNotExists, "a"}}}),
            "0: failed index check for key \"a\", current modify index 1 != 7; "
            "1: failed session check for key \"a\", current session \"\" != \"s\"; "
            "2: key \"a\" exists");
}

TEST_F(TxnTest, NodesAreSetAndTaken) {
  const wire::Node node{.name = "n", .address = "10.0.0.1", .meta = {{"k", "v"}}};
  EXPECT_EQ(world_.Say(Txn{{wire::NodeOp{wire::NodeVerb::kCas, node, 0}}}), "ok");
  EXPECT_EQ(world_.Say(Txn{{wire::NodeOp{wire::NodeVerb::kCas, node, 2}}}),
            "0: failed to set node \"n\", index is stale");
  EXPECT_EQ(world_.Say(Txn{{wire::NodeOp{wire::NodeVerb::kDeleteCas, node, 3},
                            wire::NodeOp{wire::NodeVerb::kGet, node}}}),
            "1: node \"n\" doesn't exist");
  EXPECT_EQ(ListNodes(*world_.store().Read())->nodes.size(), 1u);
  EXPECT_EQ(world_.Say(Txn{{wire::NodeOp{wire::NodeVerb::kDelete, node, 0}}}), "ok");
}

TEST_F(TxnTest, NodesAreFoundByTheirIdToo) {
  world_.Apply(wire::Register{.node = {.id = SessionId('a'), .name = "n"}});
  const std::string id = SessionId('A');
  const Txn found{{wire::NodeOp{wire::NodeVerb::kGet, {.id = id}}}};
  EXPECT_TRUE(ReadTxnOps(*world_.store().Read(), found)->success);
  EXPECT_EQ(world_.Say(Txn{{wire::NodeOp{wire::NodeVerb::kGet, {.id = SessionId('b'), .name = "n"}},
                            wire::NodeOp{wire::NodeVerb::kDeleteCas, {.name = "m"}, 4}}}),
            "0: node \"n\" doesn't exist; 1: failed to delete node \"m\", index is stale");
}

TEST_F(TxnTest, ChecksAreSetAndTaken) {
  using wire::CheckOp;
  using wire::NodeVerb;
  const wire::Check check{.node = "n", .id = "c", .status = "passing"};
  EXPECT_EQ(world_.Say(Txn{{CheckOp{NodeVerb::kSet, check}}}), "0: Missing node registration");
  world_.Apply(wire::Register{.node = {.name = "n"}});  // index 4
  EXPECT_EQ(
      world_.Say(Txn{{CheckOp{NodeVerb::kCas, check, 3}, CheckOp{NodeVerb::kGet, check},
                      CheckOp{NodeVerb::kDelete, check}, CheckOp{NodeVerb::kDeleteCas, check, 0}}}),
      "0: failed to set check \"c\" on node \"n\", index is stale; "
      "1: check \"c\" on node \"n\" doesn't exist; "
      "3: failed to delete check \"c\" on node \"n\", index is stale");
  const auto made = world_.Apply(Txn{{CheckOp{NodeVerb::kCas, check, 0}}});
  ASSERT_EQ(made.txn_results.size(), 1u);
  EXPECT_EQ(wire::DecodeCheck(made.txn_results[0].check)->modify_index, 6u);
  const Txn read{{CheckOp{NodeVerb::kGet, check}}};
  EXPECT_TRUE(IsReadOnly(read));
  EXPECT_EQ(ReadTxnOps(*world_.store().Read(), read)->txn_results, made.txn_results);
  EXPECT_FALSE(IsReadOnly(Txn{{CheckOp{NodeVerb::kDelete, check}}}));
  EXPECT_EQ(world_.Say(Txn{{CheckOp{NodeVerb::kSet, {.node = "n", .id = "c", .status = "odd"}}}}),
            "0: invalid check status \"odd\"");
  EXPECT_EQ(world_.Say(Txn{{CheckOp{NodeVerb::kDeleteCas, check, 6}}}), "ok");
  EXPECT_FALSE(FindCheck(*world_.store().Read(), "n", "c")->has_value());
}

TEST_F(TxnTest, AnEndOfACheckEndsItsSessions) {
  using wire::CheckOp;
  using wire::NodeVerb;
  const wire::Check check{.node = "n", .id = "c", .status = "passing"};
  world_.Apply(wire::Register{.node = {.name = "n"}, .checks = {check}});
  const std::string id = SessionId('1');
  const auto alive = [&] { return FindSession(*world_.store().Read(), id)->has_value(); };
  const wire::SessionCreate create{{.id = id, .node = "n", .checks = {"c"}}};
  EXPECT_EQ(world_.Say(create), "ok");
  EXPECT_TRUE(alive());
  world_.Apply(Txn{{CheckOp{NodeVerb::kSet, {.node = "n", .id = "c", .status = "critical"}}}});
  EXPECT_FALSE(alive());
  world_.Apply(Txn{{CheckOp{NodeVerb::kSet, check}}});
  EXPECT_EQ(world_.Say(create), "ok");
  world_.Apply(Txn{{CheckOp{NodeVerb::kDelete, check}}});
  EXPECT_FALSE(alive());
}

TEST_F(TxnTest, WhatOnlyReadsNeedsNoCommand) {
  const Txn reads{{KvOp{KvVerb::kGetTree, ""}, KvOp{KvVerb::kGet, "zz"}}};
  EXPECT_TRUE(IsReadOnly(reads));
  EXPECT_FALSE(IsReadOnly(Txn{{KvOp{KvVerb::kGet, "a"}, KvOp{KvVerb::kUnlock, "a"}}}));
  EXPECT_FALSE(IsReadOnly(Txn{{wire::SessionDestroy{""}}}));
  const auto result = ReadTxnOps(*world_.store().Read(), reads);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->success);
  EXPECT_EQ(result->txn_errors.at(0).what, "key \"zz\" doesn't exist");
  const auto found = ReadTxnOps(*world_.store().Read(), Txn{{KvOp{KvVerb::kGetTree, ""}}});
  EXPECT_EQ(Results(*found), "a=1@1 b=2@2");
}

TEST_F(TxnTest, TooManyOperationsAreRefused) {
  Txn txn;
  for (size_t i = 0; i <= TxnCommands::kOpsMax; ++i) txn.ops.push_back(KvOp{KvVerb::kGet, "a"});
  EXPECT_EQ(world_.Say(txn), "Transaction contains too many operations (129 > 128)");
}

// An overlay reads as a store to which the same changes were made.
RC_GTEST_PROP(Overlay, ReadsAsIfItWereDone, ()) {
  const auto key = [] { return *rc::gen::element<std::string>("a", "ab", "b", "c", "d"); };
  MemoryStore store;
  {
    const auto txn = store.Write();
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
      RC_ASSERT(txn->Put(Table::kKv, key(), "old").ok());
    RC_ASSERT(txn->Commit().ok());
  }
  const auto base = store.Read();
  Overlay overlay(*base);
  auto expected = store.tables()[static_cast<size_t>(Table::kKv)];
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
    const std::string at = key();
    if (*rc::gen::arbitrary<bool>()) {
      const std::string value = std::to_string(i);
      RC_ASSERT(overlay.Put(Table::kKv, at, value).ok());
      expected[at] = value;
    } else {
      RC_ASSERT(overlay.Delete(Table::kKv, at).ok());
      expected.erase(at);
    }
  }
  for (const std::string& from : {std::string(), key()}) {
    const size_t most = *rc::gen::inRange<size_t>(1, 6);
    std::vector<std::pair<std::string, std::string>> seen, wanted;
    overlay.Scan(Table::kKv, from, [&](absl::string_view k, absl::string_view v) {
      seen.emplace_back(k, v);
      return seen.size() < most;
    });
    for (auto it = expected.lower_bound(from); it != expected.end() && wanted.size() < most; ++it) {
      wanted.emplace_back(*it);
    }
    RC_ASSERT(seen == wanted);
  }
  for (const auto* at : {"a", "ab", "b", "c", "d"}) {
    const auto found = overlay.Get(Table::kKv, at);
    RC_ASSERT(found.has_value() == (expected.count(at) > 0));
    if (found) RC_ASSERT(*found == expected[at]);
  }
}

// Random commands of all kinds: the tables never contradict each other, and a transaction that is
// done did what its operations do one by one.
wire::TxnOp AnyTxnOp() {
  static const std::string ids[] = {SessionId('1'), SessionId('2'), SessionId('3')};
  const std::string& session = ids[*rc::gen::inRange(0, 3)];
  static const std::string keys[] = {"a", "a/b", "b"};
  if (*rc::gen::inRange(0, 12) == 0) return wire::SessionDestroy{session};
  const auto verb = static_cast<KvVerb>(*rc::gen::inRange(1, 14));
  return KvOp{verb, keys[*rc::gen::inRange(0, 3)],      *rc::gen::arbitrary<bool>() ? "x" : "y",
              0,    *rc::gen::inRange<uint64_t>(0, 20), session};
}

RC_GTEST_PROP(Machine, TablesNeverContradictEachOther, ()) {
  MachineWorld world;
  for (int step = *rc::gen::inRange(1, 40); step > 0; --step) {
    const char digit = static_cast<char>('1' + *rc::gen::inRange(0, 3));
    const std::string id = SessionId(digit);
    const bool first = *rc::gen::arbitrary<bool>();
    const absl::string_view node = first ? "one" : "two";
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
        world.Apply(wire::Register{.node = {.name = node},
                                   .checks = {{.node = node, .id = "c", .status = "passing"}}});
        break;
      case 1:
        world.Apply(wire::Deregister{node, *rc::gen::arbitrary<bool>() ? "" : "c"});
        break;
      case 2:
      case 3: {
        wire::Session session{.id = id,
                              .node = node,
                              .lock_delay = *rc::gen::element<uint64_t>(0, 5),
                              .ttl = *rc::gen::element<uint64_t>(0, 10),
                              .delete_keys = *rc::gen::arbitrary<bool>()};
        if (*rc::gen::arbitrary<bool>()) session.checks = {"c"};
        world.Apply(wire::SessionCreate{session});
        break;
      }
      case 4:
        world.Apply(wire::Expire{.sessions = {{id, *rc::gen::inRange<uint64_t>(1, 40)}},
                                 .lock_delays = {{"a", *rc::gen::inRange<uint64_t>(1, 40)}}});
        break;
      case 5:
        world.Apply(wire::SessionRenew{id});
        break;
      default: {
        Txn txn;
        for (int i = *rc::gen::inRange(1, 4); i > 0; --i) txn.ops.push_back(AnyTxnOp());
        const auto before = world.store().tables();
        const auto result = world.Apply(txn);
        if (!result.success) {
          auto after = world.store().tables();
          after[0] = before[0];
          RC_ASSERT(after == before);
        }
      }
    }
    RC_ASSERT(Contradiction(*world.store().Read()) == "");
  }
}

}  // namespace
}  // namespace konsul::state
