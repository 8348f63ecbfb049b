// konsul-bench verify: reads back what `konsul-bench load` was told is written.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cmd/client/client_world.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"
#include "tests/bench/command.h"
#include "tests/bench/history.h"
#include "tests/bench/load.h"

namespace konsul::bench {
namespace {

using flags::Kind;

constexpr size_t kReaders = 32;
constexpr size_t kLostShown = 5;
constexpr Duration kReadTimeout = 10s;

struct Check {
  const History& history;
  std::string query;
  std::vector<std::string> keys;
  size_t next = 0;
  size_t read = 0;
  std::vector<std::string> lost;
  absl::Status trouble;
};

void RunReader(const env::Env& env, const env::Endpoint& server, Check& check) {
  http::Client client(env, server);
  while (check.next < check.keys.size() && check.trouble.ok()) {
    const std::string& key = check.keys[check.next++];
    const auto reply =
        client.Do(http::Request::Make("GET", absl::StrCat("/v1/kv/", key, "?raw", check.query)),
                  env.After(kReadTimeout));
    if (!reply.ok() || (reply->status != 200 && reply->status != 404)) {
      check.trouble =
          reply.ok()
              ? absl::UnavailableError(absl::StrCat(server.ToString(), " answered ", reply->status))
              : reply.status();
      return;
    }
    ++check.read;
    const std::string found = reply->status == 404 ? "" : LoadIdentity(reply->body);
    const History::Key& wanted = check.history.keys().at(key);
    if (History::Allows(wanted, found)) continue;
    check.lost.push_back(
        absl::StrCat(key, ": acknowledged ", wanted.acknowledged, ", found ", found));
  }
}

absl::StatusOr<int> RunCommand(const flags::Parsed& parsed) {
  if (!parsed.Has("history")) return absl::InvalidArgumentError("-history=FILE is needed");
  KONSUL_ASSIGN_OR_RETURN(const std::vector<env::Endpoint> servers, Servers(parsed));
  KONSUL_ASSIGN_OR_RETURN(const History history, History::Read(parsed.Get("history")));
  Check check{history, parsed.GetBool("stale") ? "&stale" : "&consistent"};
  for (const auto& [key, writes] : history.keys()) check.keys.push_back(key);
  client::ClientWorld world;
  world.Run([&](const env::Env& env) {
    fiber::Group readers(env.scheduler);
    for (size_t i = 0; i < kReaders; ++i) {
      readers.Spawn("reader", [&, i] { RunReader(env, servers[i % servers.size()], check); });
    }
    readers.Join();
  });
  KONSUL_RETURN_IF_ERROR(check.trouble);
  for (size_t i = 0; i < std::min(check.lost.size(), kLostShown); ++i) {
    std::cerr << "lost: " << check.lost[i] << "\n";
  }
  // One of two layouts of the same fields; which is known at run time only.
  using Layout = absl::ParsedFormat<'d', 'd', 'd'>;
  static const Layout kJson("{\"acknowledged\":%d,\"keys\":%d,\"lost\":%d}\n");
  static const Layout kText("%d acknowledged writes to %d keys; %d are lost\n");
  std::cout << absl::StrFormat(WantsJson(parsed) ? kJson : kText, history.acknowledged(),
                               check.read, check.lost.size());
  return check.lost.empty() ? kExitOk : kExitFailure;
}

}  // namespace

Command VerifyCommand() {
  return {"verify",
          "Reads back every key of a history that `konsul-bench load` wrote.\n\n"
          "Exit code 1 when an acknowledged write is not there.",
          {
              ServersFlag(),
              {"history", Kind::kString, "FILE", "What was acknowledged."},
              {"stale", Kind::kBool, "",
               "Each server answers from its own tables, instead of asking the leader."},
              FormatFlag(),
          },
          RunCommand};
}

}  // namespace konsul::bench
