// `konsulctl lock` against a server with one lock or semaphore, on virtual time.
#include <signal.h>

#include <array>
#include <map>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cmd/konsulctl/ctl_support.h"
#include "gmock/gmock.h"

namespace konsul::ctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// As much of a server as locks need. Reads that wait are answered after a second, changed or not.
class LockServer {
 public:
  struct Key {
    std::string value;
    std::string session;
    uint64_t flags = 0;
    uint64_t lock_index = 0;
    uint64_t modify_index = 0;
  };

  explicit LockServer(http::MemoryWorld& world) : world_(world) {}

  http::Response Handle(const http::Request& request) {
    if (silent) world_.env.Sleep(1h).IgnoreError();
    if (failing > 0) {
      --failing;
      return http::Response::Text(500, "No cluster leader");
    }
    absl::string_view path = request.path;
    if (path == "/v1/session/create") {
      created.push_back(request.body);
      const std::string id = absl::StrCat("s", ++made);
      sessions.insert(id);
      return http::Response::Json(200, absl::StrCat("{\"ID\":\"", id, "\"}"));
    }
    if (absl::ConsumePrefix(&path, "/v1/session/renew/")) {
      ++renewals;
      return sessions.contains(std::string(path)) ? http::Response::Json(200, "[{}]")
                                                  : http::Response::Text(404, "not found");
    }
    if (absl::ConsumePrefix(&path, "/v1/session/destroy/")) {
      EndSession(std::string(path));
      return http::Response::Text(200, "true");
    }
    absl::ConsumePrefix(&path, "/v1/kv/");
    return Kv(request, std::string(path));
  }

  void EndSession(const std::string& id) {
    sessions.erase(id);
    ++index;
    for (auto& [name, key] : keys) {
      if (key.session == id) key.session.clear();
    }
  }

  std::map<std::string, Key> keys;
  std::set<std::string> sessions;
  std::vector<std::string> created;
  int made = 0;
  int renewals = 0;
  int failing = 0;
  bool silent = false;
  bool delayed = false;  // no lock is given
  uint64_t index = 10;

 private:
  http::Response Kv(const http::Request& request, const std::string& name) {
    if (request.method == "GET") return Read(request, name);
    if (request.method == "DELETE") return Answer(keys.erase(name) > 0);
    if (delayed && request.HasQuery("acquire")) return Answer(false);
    Key& key = keys[name];
    if (const auto session = request.Query("acquire")) {
      if (!key.session.empty() && key.session != *session) return Answer(false);
      if (key.session.empty()) ++key.lock_index;
      key.session = std::string(*session);
    } else if (const auto session = request.Query("release")) {
      if (key.session != *session) return Answer(false);
      key.session.clear();
    } else if (request.Query("cas") != absl::StrCat(key.modify_index)) {
      return Answer(false);
    }
    key.value = request.body;
    key.modify_index = ++index;
    key.flags = std::stoull(std::string(request.Query("flags").value_or("0")));
    return Answer(true);
  }

  http::Response Read(const http::Request& request, const std::string& name) {
    if (request.HasQuery("index")) world_.env.Sleep(1s).IgnoreError();
    std::string list;
    for (const auto& [key, entry] : keys) {
      if (request.HasQuery("recurse") ? !absl::StartsWith(key, name) : key != name) continue;
      absl::StrAppend(&list, list.empty() ? "[" : ",", "{\"Key\":\"", key, "\",\"Value\":\"",
                      absl::Base64Escape(entry.value), "\",\"Flags\":", entry.flags,
                      ",\"LockIndex\":", entry.lock_index, ",\"ModifyIndex\":", entry.modify_index,
                      ",\"Session\":\"", entry.session, "\"}");
    }
    http::Response response = list.empty() ? http::Response::Text(404, "")
                                           : http::Response::Json(200, absl::StrCat(list, "]"));
    response.headers.Add("X-Consul-Index", absl::StrCat(index));
    return response;
  }

  static http::Response Answer(bool yes) {
    return http::Response::Text(200, yes ? "true" : "false");
  }

  http::MemoryWorld& world_;
};

constexpr uint64_t kLockFlags = 0x2ddccbc058a50c18;

class LockTest : public CtlTest {
 protected:
  void SetUp() override {
    Serve([this](const http::Request& request) { return locks.Handle(request); });
  }
  // Another holder of the lock at "p".
  void TakeByOther() {
    locks.keys["p/.lock"] = {.session = "other", .flags = kLockFlags, .lock_index = 4};
  }
  // The command line `lock` with these, on its own fiber.
  void StartLock(std::vector<std::string> args) {
    args.insert(args.begin(), "lock");
    Start(args, outcome);
  }

  LockServer locks{world};
  std::optional<Outcome> outcome;
};

TEST_F(LockTest, RunsTheCommandUnderTheLockAndGivesItBack) {
  StartLock({"-shell=false", "/p/", "program", "-x"});
  world.RunFor(1s);
  ASSERT_EQ(host.started.size(), 1u);
  EXPECT_THAT(host.started[0].words, ElementsAre("program", "-x"));
  EXPECT_EQ(locks.keys["p/.lock"].session, "s1");
  EXPECT_EQ(locks.keys["p/.lock"].flags, kLockFlags);
  EXPECT_EQ(host.Variable("CONSUL_LOCK_HELD"), "true");
  EXPECT_EQ(host.Variable("KONSUL_LOCK_INDEX"), "1");
  EXPECT_EQ(host.Variable("KONSUL_LOCK_SESSION"), "s1");
  EXPECT_THAT(locks.created[0], HasSubstr(R"("TTL":"15000ms")"));
  host.children[0]->Exit(3);
  world.RunFor(1s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 3);
  EXPECT_EQ(locks.keys["p/.lock"].session, "") << "released";
  EXPECT_TRUE(locks.sessions.empty());
  EXPECT_THAT(requests, Contains(HasSubstr("?release=s1")));
}

TEST_F(LockTest, TheNextHolderHasAGreaterIndex) {
  host.ends_with = 0;
  EXPECT_EQ(Run({"lock", "p", "true"}).code, 0);
  EXPECT_EQ(host.Variable("KONSUL_LOCK_INDEX"), "1");
  EXPECT_EQ(Run({"lock", "p", "true"}).code, 0);
  EXPECT_EQ(host.Variable("KONSUL_LOCK_INDEX"), "2");
}

TEST_F(LockTest, WaitsForTheOtherHolder) {
  TakeByOther();
  StartLock({"p", "true"});
  world.RunFor(60s);
  EXPECT_TRUE(host.started.empty());
  EXPECT_TRUE(locks.sessions.contains("s1"));
  EXPECT_GE(locks.renewals, 10) << "it keeps its session meanwhile";
  locks.keys["p/.lock"].session.clear();
  ++locks.index;
  world.RunFor(2s);
  ASSERT_EQ(host.started.size(), 1u);
  EXPECT_EQ(host.Variable("KONSUL_LOCK_INDEX"), "5");
  host.children[0]->Exit(0);
  world.RunFor(2s);
  EXPECT_EQ(outcome->code, 0);
}

TEST_F(LockTest, WaitsForTheLockDelay) {
  locks.delayed = true;
  StartLock({"p", "true"});
  world.RunFor(10s);
  EXPECT_TRUE(host.started.empty());
  EXPECT_LE(requests.size(), 30u) << "it does not ask all the time";
  locks.delayed = false;
  host.ends_with = 0;
  world.RunFor(3s);
  EXPECT_EQ(outcome->code, 0);
}

TEST_F(LockTest, GivesUpAtTheTimeout) {
  TakeByOther();
  const Outcome gave_up = Run({"lock", "-timeout=3s", "p", "true"});
  EXPECT_EQ(gave_up.code, 75);
  EXPECT_TRUE(host.started.empty());
  EXPECT_TRUE(locks.sessions.empty());
}

TEST_F(LockTest, ALostSessionEndsTheCommand) {
  StartLock({"p", "work"});
  world.RunFor(1s);
  ASSERT_EQ(host.started.size(), 1u);
  locks.EndSession("s1");
  world.RunFor(3s);
  EXPECT_THAT(host.children[0]->signals, ElementsAre(SIGTERM));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 76);
  EXPECT_THAT(requests, Not(Contains(HasSubstr("?release="))));
}

TEST_F(LockTest, ACommandThatDoesNotListenIsKilled) {
  host.polite = false;
  StartLock({"p", "work"});
  world.RunFor(1s);
  locks.EndSession("s1");
  world.RunFor(4s);
  EXPECT_FALSE(outcome);
  world.RunFor(4s);
  EXPECT_THAT(host.children[0]->signals, ElementsAre(SIGTERM, SIGKILL));
  EXPECT_EQ(outcome->code, 76);
}

TEST_F(LockTest, ASilentServerEndsTheCommandWithinTheTtl) {
  StartLock({"-session-ttl=10s", "-monitor-retry=1000", "p", "work"});
  world.RunFor(8s);
  ASSERT_EQ(host.started.size(), 1u);
  EXPECT_EQ(locks.renewals, 2);
  locks.silent = true;
  world.RunFor(8s);
  EXPECT_TRUE(host.children[0]->signals.empty()) << "the last renewal was 6.7 s after the start";
  world.RunFor(2s);
  EXPECT_THAT(host.children[0]->signals, ElementsAre(SIGTERM))
      << "from 10 s after the last renewal on it may be another's";
  world.RunFor(20s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 76);
}

TEST_F(LockTest, AServersShortTroubleIsRiddenOut) {
  StartLock({"p", "work"});
  world.RunFor(1s);
  locks.failing = 3;
  world.RunFor(20s);
  EXPECT_TRUE(host.children[0]->signals.empty());
  host.children[0]->Exit(0);
  world.RunFor(2s);
  EXPECT_EQ(outcome->code, 0);
}

TEST_F(LockTest, NotWithoutRetries) {
  StartLock({"-monitor-retry=0", "p", "work"});
  world.RunFor(1s);
  locks.failing = 1;
  world.RunFor(5s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 76);
}

TEST_F(LockTest, SignalsArePassedOn) {
  StartLock({"p", "work"});
  world.RunFor(1s);
  host.signals.TryPush(SIGINT);
  world.RunFor(1s);
  EXPECT_THAT(host.children[0]->signals, ElementsAre(SIGINT));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 128 + SIGINT);
  EXPECT_EQ(locks.keys["p/.lock"].session, "");
}

TEST_F(LockTest, ASignalEndsTheWaiting) {
  TakeByOther();
  StartLock({"p", "work"});
  world.RunFor(1s);
  host.signals.TryPush(SIGTERM);
  world.RunFor(2s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, 128 + SIGTERM);
  EXPECT_TRUE(locks.sessions.empty());
}

TEST_F(LockTest, AnotherUseOfTheKeyIsAnError) {
  locks.keys["p/.lock"] = {.value = "x"};
  EXPECT_THAT(Run({"lock", "p", "true"}).error, HasSubstr("p/.lock is no lock"));
  EXPECT_THAT(Run({"lock", "-n=2", "p", "true"}).error, HasSubstr("p/.lock is no semaphore"));
  EXPECT_TRUE(locks.sessions.empty());
}

TEST_F(LockTest, ASemaphoreHasSoManyPlaces) {
  std::array<std::optional<Outcome>, 3> outcomes;
  for (auto& each : outcomes) Start({"lock", "-n=2", "p", "work"}, each);
  world.RunFor(5s);
  EXPECT_EQ(host.started.size(), 2u);
  EXPECT_EQ(host.Variable("KONSUL_LOCK_INDEX"), "");
  EXPECT_THAT(locks.keys["p/.lock"].value, HasSubstr("\"Limit\":2"));
  host.children[0]->Exit(0);
  world.RunFor(5s);
  EXPECT_EQ(host.started.size(), 3u);
  host.children[1]->Exit(0);
  host.children[2]->Exit(0);
  world.RunFor(5s);
  for (auto& each : outcomes) EXPECT_EQ(each->code, 0);
  EXPECT_EQ(locks.keys.size(), 1u) << "contenders clean up behind them";
}

TEST_F(LockTest, ADeadHoldersPlaceIsFree) {
  locks.keys["p/.lock"] = {.value = R"({"Limit":2,"Holders":{"dead":true,"alive":true}})",
                           .flags = 0xe0f69a2baa414de0,
                           .modify_index = 5};
  locks.keys["p/alive"] = {.session = "alive"};
  host.ends_with = 0;
  EXPECT_EQ(Run({"lock", "-n=2", "-timeout=5s", "p", "work"}).code, 0);
  EXPECT_EQ(locks.keys["p/.lock"].value, R"({"Limit":2,"Holders":{"alive":true}})");
}

TEST_F(LockTest, AllContendersMustAgreeOnTheLimit) {
  locks.keys["p/.lock"] = {.value = R"({"Limit":3,"Holders":{}})", .flags = 0xe0f69a2baa414de0};
  EXPECT_THAT(Run({"lock", "-n=2", "p", "work"}).error, HasSubstr("has 3 places, not 2"));
}

TEST_F(LockTest, WrongUse) {
  EXPECT_EQ(Run({"lock", "p"}).code, kExitUsage);
  EXPECT_EQ(Run({"lock", "/", "true"}).code, kExitUsage);
  EXPECT_EQ(Run({"lock", "-n=0", "p", "true"}).code, kExitUsage);
  EXPECT_EQ(Run({"lock", "-session-ttl=1s", "p", "true"}).code, kExitUsage);
  EXPECT_EQ(Run({"lock", "-timeout=soon", "p", "true"}).code, kExitUsage);
  EXPECT_TRUE(requests.empty());
}

TEST_F(LockTest, ChildExitCodeIsConsulsTwo) {
  host.ends_with = 9;
  EXPECT_EQ(Run({"lock", "-child-exit-code", "p", "false"}).code, 2);
}

}  // namespace
}  // namespace konsul::ctl
