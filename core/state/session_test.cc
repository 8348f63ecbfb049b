// Sessions, the locks that they hold, and what ends them.
#include <string>

#include "core/state/machine_support.h"
#include "core/state/meta.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::state {
namespace {

using ::testing::HasSubstr;
using wire::KvOp;
using wire::KvVerb;

constexpr uint64_t kSecond = 1'000'000'000;

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    EXPECT_EQ(Say(wire::Register{.node = {.name = "One", .address = "10.0.0.1"},
                                 .checks = {{.node = "One", .id = "alive", .status = "passing"}}}),
              "ok");
  }
  ~SessionTest() override { EXPECT_EQ(Contradiction(*world_.store().Read()), ""); }

  std::string Say(const wire::Command& command) { return world_.Say(command); }
  std::string Show(absl::string_view key) const { return world_.Show(key); }

  std::string Create(char digit, wire::Session session = {}) {
    const std::string id = SessionId(digit);
    session.id = id;
    if (session.node.empty()) session.node = "one";
    return Say(wire::SessionCreate{session});
  }
  std::string Destroy(char digit) { return Say(wire::SessionDestroy{SessionId(digit)}); }
  std::string Lock(absl::string_view key, char digit, absl::string_view value = "v") {
    return Say(KvOp{KvVerb::kLock, key, value, 0, 0, SessionId(digit)});
  }
  std::string Unlock(absl::string_view key, char digit, absl::string_view value = "v") {
    return Say(KvOp{KvVerb::kUnlock, key, value, 0, 0, SessionId(digit)});
  }

  MachineWorld world_;  // index 1 registers the node
};

TEST_F(SessionTest, NeedsItsNodeAndChecksThatPass) {
  EXPECT_EQ(Create('1', {.node = "two"}), "Missing node registration");
  EXPECT_EQ(Create('1', {.checks = {"serf"}}), "Missing check 'serf' registration");
  EXPECT_EQ(Create('1', {.checks = {"alive"}}), "ok");
  EXPECT_THAT(Create('1'), HasSubstr("exists"));
  Say(wire::Register{.node = {.name = "one"},
                     .skip_node = true,
                     .checks = {{.node = "one", .id = "alive", .status = "critical"}}});
  EXPECT_EQ(Create('2', {.checks = {"alive"}}), "Check 'alive' is in critical state");
}

TEST_F(SessionTest, OneHoldsAKeyAndLockIndexCountsHolders) {
  Create('1');
  Create('2');
  EXPECT_EQ(Lock("k", '1'), "ok");
  EXPECT_EQ(Show("k"), "v 4/4/1 1");
  EXPECT_EQ(Lock("k", '2'), "no");
  EXPECT_EQ(Lock("k", '1', "other"), "ok") << "again, by the holder";
  EXPECT_EQ(Show("k"), "other 4/6/1 1");
  EXPECT_EQ(Unlock("k", '2'), "no");
  EXPECT_EQ(Unlock("k", '1', "left"), "ok");
  EXPECT_EQ(Show("k"), "left 4/8/1");
  EXPECT_EQ(Unlock("k", '1'), "no");
  EXPECT_EQ(Lock("k", '2'), "ok") << "whoever unlocks leaves no delay";
  EXPECT_EQ(Show("k"), "v 4/10/2 2");
}

TEST_F(SessionTest, AnUnknownSessionIsAnError) {
  EXPECT_EQ(Lock("k", '9'), absl::StrCat("invalid session \"", SessionId('9'), "\""));
  EXPECT_EQ(Say(KvOp{KvVerb::kLock, "k", "v", 0, 0, ""}), "missing session");
  EXPECT_EQ(Say(KvOp{KvVerb::kUnlock, "k", "v", 0, 0, ""}), "missing session");
  EXPECT_EQ(Unlock("k", '9'), "no") << "what it does not hold it cannot give back";
  EXPECT_EQ(Show("k"), "missing");
}

TEST_F(SessionTest, WritesOfOthersKeepTheLock) {
  Create('1');
  Lock("k", '1');
  Say(wire::KvPut{"k", "advisory"});
  EXPECT_EQ(Show("k"), "advisory 3/4/1 1");
  Say(wire::KvDelete{"k"});
  EXPECT_EQ(world_.Rows(Table::kSessionKeys), 0u);
  EXPECT_EQ(Lock("k", '1'), "ok");
  EXPECT_EQ(Show("k"), "v 6/6/1 1");
}

TEST_F(SessionTest, ItsEndReleasesItsKeysForALockDelay) {
  Create('1', {.lock_delay = 15 * kSecond});
  Create('2');
  Lock("a", '1');
  Lock("b", '1');
  EXPECT_EQ(Destroy('1'), "ok");
  EXPECT_EQ(Show("a"), "v 4/6/1");
  EXPECT_EQ(Show("b"), "v 5/6/1");
  EXPECT_EQ(Lock("a", '2'), "no");
  EXPECT_EQ(Say(wire::Expire{.lock_delays = {{"a", 5}}}), "ok");
  EXPECT_EQ(Lock("a", '2'), "no") << "that was another delay";
  EXPECT_EQ(Say(wire::Expire{.lock_delays = {{"a", 6}}}), "ok");
  EXPECT_EQ(Lock("a", '2'), "ok");
  EXPECT_EQ(Lock("b", '2'), "no");
  EXPECT_EQ(Say(wire::Txn{{KvOp{KvVerb::kLock, "b", "v", 0, 0, SessionId('2')}}}),
            "0: failed to lock key \"b\" due to lock delay");
}

TEST_F(SessionTest, ItsEndDeletesItsKeysWhenItWasMadeSo) {
  Create('1', {.delete_keys = true});
  Create('2');
  Lock("a", '1');
  EXPECT_EQ(Destroy('1'), "ok");
  EXPECT_EQ(Show("a"), "missing");
  EXPECT_EQ(GetKv(*world_.store().Read(), "a")->index, Index(5)) << "with a tombstone";
  EXPECT_EQ(Lock("a", '2'), "ok") << "it had no lock delay";
  EXPECT_EQ(Destroy('1'), "ok") << "there is none";
}

TEST_F(SessionTest, ARenewalBeforeItInTheLogDefeatsAnExpiry) {
  Create('1', {.ttl = 10 * kSecond});  // at index 2
  Create('2');
  EXPECT_EQ(Say(wire::SessionRenew{SessionId('1')}), "ok");  // at index 4
  Say(wire::Expire{.sessions = {{SessionId('1'), 2}}});
  EXPECT_EQ(GetSession(*world_.store().Read(), SessionId('1'))->sessions.size(), 1u);
  Say(wire::Expire{.sessions = {{SessionId('1'), 4}, {SessionId('2'), 3}, {SessionId('7'), 4}}});
  EXPECT_EQ(GetSession(*world_.store().Read(), SessionId('1'))->sessions.size(), 0u);
  EXPECT_EQ(GetSession(*world_.store().Read(), SessionId('2'))->sessions.size(), 1u) << "no TTL";
  EXPECT_EQ(Say(wire::SessionRenew{SessionId('1')}), "no");
}

// As when a server registers itself in another form of its id.
TEST_F(SessionTest, OutlivesAnotherIdOfItsNode) {
  EXPECT_EQ(Create('1', {.checks = {"alive"}}), "ok");
  for (const char* id :
       {"00000000-0000-0000-ef6f-57e2e7e51509", "ef6f57e2-e7e5-1509-8000-000000000000"}) {
    EXPECT_EQ(Say(wire::Register{.node = {.id = id, .name = "one", .address = "10.0.0.1"},
                                 .checks = {{.node = "one", .id = "alive", .status = "passing"}}}),
              "ok");
    EXPECT_EQ(Lock("k", '1', id), "ok");
  }
}

TEST_F(SessionTest, EndsWithACheckThatFailsOrIsRemoved) {
  Create('1', {.checks = {"alive"}});
  Create('2');
  Lock("a", '1');
  Lock("b", '2');
  Say(wire::Register{.node = {.name = "one"},
                     .skip_node = true,
                     .checks = {{.node = "one", .id = "alive", .status = "warning"}}});
  EXPECT_EQ(Show("a"), "v 4/4/1 1");
  Say(wire::Register{.node = {.name = "one"},
                     .skip_node = true,
                     .checks = {{.node = "one", .id = "alive", .status = "critical"}}});
  EXPECT_EQ(Show("a"), "v 4/7/1");
  EXPECT_EQ(Show("b"), "v 5/5/1 2");
  Say(wire::Register{.node = {.name = "one"},
                     .skip_node = true,
                     .checks = {{.node = "one", .id = "alive", .status = "passing"}}});
  Create('3', {.checks = {"alive"}});
  Say(wire::Deregister{"one", "alive"});
  EXPECT_EQ(ListSessions(*world_.store().Read())->sessions.size(), 1u);
}

TEST_F(SessionTest, ARegistrationThatMakesNoSenseChangesNothing) {
  const auto before = world_.Rows(Table::kNodes);
  const std::string other(300, 'x');
  EXPECT_EQ(
      Say(wire::Register{.node = {.name = "new"},
                         .checks = {{.node = other, .id = "c", .status = "passing"}}}),
      absl::StrCat("Node '", other, "' for check 'c' doesn't match register request node 'new'"));
  EXPECT_EQ(Say(wire::Register{.node = {.name = "new"},
                               .checks = {{.node = "new", .id = "c", .status = "well"}}}),
            "invalid check status \"well\"");
  EXPECT_THAT(Say(wire::Register{.node = {.name = other}}), HasSubstr("too long"));
  EXPECT_EQ(world_.Rows(Table::kNodes), before);
}

TEST_F(SessionTest, DependsOnChecksUnderWhateverName) {
  const auto set = [&](absl::string_view id, absl::string_view status) {
    return Say(wire::Register{.node = {.name = "one"},
                              .skip_node = true,
                              .checks = {{.node = "one", .id = id, .status = status}}});
  };
  set("web", "passing");
  set("old", "passing");
  EXPECT_EQ(Create('9', {.checks = {"b"}, .service_checks = {"c"}, .old_checks = {"a"}}),
            "Missing check 'a' registration");
  EXPECT_EQ(Create('9', {.checks = {"alive"}, .service_checks = {"c"}}),
            "Missing check 'c' registration");
  for (const char* fails : {"alive", "web", "old"}) {
    const wire::Session all = {
        .checks = {"alive", "old"}, .service_checks = {"web"}, .old_checks = {"old", "old"}};
    EXPECT_EQ(Create('1', all), "ok");
    EXPECT_EQ(Create('2', {.checks = {"alive"}}), "ok");
    EXPECT_EQ(GetSession(*world_.store().Read(), SessionId('1'))->sessions.front().old_checks,
              all.old_checks);
    EXPECT_EQ(world_.Rows(Table::kCheckSessions), 4u);
    EXPECT_EQ(Contradiction(*world_.store().Read()), "");
    set(fails, "critical");
    EXPECT_EQ(GetSession(*world_.store().Read(), SessionId('1'))->sessions.size(), 0u) << fails;
    EXPECT_EQ(Create('3', all), absl::StrCat("Check '", fails, "' is in critical state"));
    set(fails, "passing");
    Destroy('2');
    EXPECT_EQ(world_.Rows(Table::kCheckSessions), 0u);
  }
}

TEST_F(SessionTest, EndsWithItsNode) {
  Create('1', {.checks = {"alive"}});
  Create('2');
  Lock("a", '1');
  EXPECT_EQ(Say(wire::Deregister{"ONE"}), "ok");
  EXPECT_EQ(Show("a"), "v 4/5/1");
  for (const Table table : {Table::kSessions, Table::kNodeSessions, Table::kCheckSessions,
                            Table::kNodes, Table::kChecks}) {
    EXPECT_EQ(world_.Rows(table), 0u) << static_cast<int>(table);
  }
}

TEST_F(SessionTest, QueriesHaveIndexesOfTheirOwn) {
  Say(wire::Register{.node = {.name = "two"}});  // 2
  Create('1');                                   // 3
  Create('2', {.node = "two"});                  // 4
  const auto info = [&](char digit) {
    return GetSession(*world_.store().Read(), SessionId(digit))->index.value;
  };
  const auto of = [&](absl::string_view node) {
    return ListNodeSessions(*world_.store().Read(), node)->index.value;
  };
  EXPECT_EQ(info('1'), 3u);
  EXPECT_EQ(info('2'), 4u);
  EXPECT_EQ(info('3'), 1u);
  EXPECT_EQ(of("one"), 3u);
  EXPECT_EQ(of("two"), 4u);
  EXPECT_EQ(ListSessions(*world_.store().Read())->index.value, 4u);
  Say(wire::SessionRenew{SessionId('1')});  // 5
  EXPECT_EQ(ListSessions(*world_.store().Read())->index.value, 4u) << "nothing to be seen";
  Destroy('1');  // 6
  EXPECT_EQ(info('1'), 6u);
  EXPECT_EQ(of("one"), 6u);
  EXPECT_EQ(ListSessions(*world_.store().Read())->index.value, 6u);
}

TEST_F(SessionTest, ASnapshotKeepsWhoHoldsWhat) {
  Create('1', {.checks = {"alive"}, .lock_delay = kSecond, .ttl = 10 * kSecond});
  Create('2', {.lock_delay = kSecond});
  Lock("a", '1');
  Lock("b", '2');
  Destroy('2');
  const auto frozen = world_.machine().Freeze();
  MachineWorld other;
  ASSERT_TRUE(other.machine().Restore(*frozen->rows).ok());
  EXPECT_EQ(other.store().tables(), world_.store().tables());
  EXPECT_EQ(Contradiction(*other.store().Read()), "");
  EXPECT_EQ(other.Say(KvOp{KvVerb::kLock, "b", "v", 0, 0, SessionId('1')}), "no") << "the delay";
  EXPECT_EQ(other.Say(wire::SessionDestroy{SessionId('1')}), "ok");
  EXPECT_EQ(other.Show("a"), "v 4/8/1");
}

}  // namespace
}  // namespace konsul::state
