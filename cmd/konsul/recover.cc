#include "cmd/konsul/recover.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/agent/logger.h"
#include "cmd/flags/flags.h"
#include "cmd/konsul/agent.h"
#include "cmd/konsul/boot_id.h"
#include "cmd/node/forced_configuration.h"
#include "cmd/node/storage.h"
#include "core/base/status.h"
#include "net/reactor/real_world.h"

namespace konsul::agent {
namespace {

constexpr char kUsage[] =
    R"(Usage: konsul recover -data-dir=DIR [-voter=ID[@ADDRESS]]... [-CONFIRMATION]

For when a majority of the servers is lost FOR GOOD: disks gone, machines gone.
As long as a majority may come back, wait for it, or repair it; nothing is lost
then. This command breaks the rule that everything which was acknowledged stays.

What it does: it changes the data directory of one server that is left, so that
this server (or those given with -voter) decides alone. What can happen:

  - Writes that were acknowledged are lost, if only lost servers had them.
  - Writes that were never acknowledged appear.
  - If one of the others runs on, or comes back with its old data, there are two
    clusters under one name, each taking writes that the other does not see.

How to go about it:

  1. Stop every server that is left. Make sure that none of the others starts
     again: wipe their data directories, or take them from the network.
  2. Run `konsul recover -data-dir=DIR` on each that is left. Without the
     confirmation it changes nothing, and shows how far the log reaches. Choose
     the one with the highest term of the last entry; of these, the one with the
     highest index. The others have nothing that it lacks.
  3. Keep a copy of its data directory.
  4. Run the command there with the confirmation. Start the server as usual; it
     leads a cluster of one after a moment, with all data that it has.
  5. Wipe the data directories of all others, and start them to join as new
     servers (-retry-join). Servers that were members before are not admitted
     under their old ids.

With several -voter, this server and the others given decide together. They keep
their data directories and are started after this one was changed. This is of use
only if they are so many that losing one of them soon must be survived.

Exit codes: 0 done, 1 could not be done or not confirmed, 2 wrong usage.

Flags:
)";

constexpr char kConfirmation[] = "yes-i-know-that-this-can-lose-writes";

std::vector<flags::Flag> RecoverFlags() {
  return {
      {"data-dir", flags::Kind::kString, "DIR", "The server's data directory. Required."},
      {"voter", flags::Kind::kList, "ID[@ADDRESS]",
       "A server that shall vote: its id, and its RPC address unless it is a member already. May "
       "be repeated. Without it, only the server whose directory it is."},
      {kConfirmation, flags::Kind::kBool, "", "The confirmation. Without it nothing is changed."},
  };
}

struct Request {
  std::string data_dir;
  std::vector<node::ForcedVoter> voters;
  bool confirmed = false;
};

absl::StatusOr<Request> RequestOf(const flags::Parsed& parsed) {
  Request request;
  request.data_dir = parsed.Get("data-dir");
  if (request.data_dir.empty()) return absl::InvalidArgumentError("-data-dir is missing");
  if (!parsed.positional.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", parsed.positional.front(), "\" is not expected"));
  }
  const auto voters = parsed.values.find("voter");
  if (voters != parsed.values.end()) {
    for (const std::string& text : voters->second) {
      KONSUL_ASSIGN_OR_RETURN(node::ForcedVoter voter, node::ParseForcedVoter(text));
      request.voters.push_back(std::move(voter));
    }
  }
  request.confirmed = parsed.GetBool(kConfirmation);
  return request;
}

void Print(absl::string_view title, const raft::Configuration& configuration) {
  std::cout << title << "\n";
  for (const raft::Member& member : configuration.Members()) {
    std::cout << "    " << member.name << "  " << ToHex(member.id.value) << "@" << member.address
              << (configuration.IsVoter(member.id) ? "" : "  (learner)") << "\n";
  }
}

// On a fiber.
absl::Status Recover(const env::Env& env, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const wal::Identity identity, wal::LoadIdentity(env.disk));
  node::Storage storage(env.scheduler);
  KONSUL_RETURN_IF_ERROR(storage.Open(env, {.name = identity.name,
                                            .tables_path = absl::StrCat(env.disk.root(), "/tables"),
                                            .boot_id = BootId(env.random.Fork("boot-id"))}));
  const raft::Recovered recovered = storage.TakeRecovered();
  KONSUL_ASSIGN_OR_RETURN(const node::ForcedConfiguration forced,
                          node::ForceConfiguration(recovered, identity.id, request.voters));

  const bool has_entries = !recovered.entries.empty();
  std::cout << "Server " << identity.name << ", " << ToHex(identity.id.value) << ", of cluster "
            << ToHex(identity.cluster.value) << "\n  last entry: term "
            << (has_entries ? recovered.entries.back().term : recovered.snapshot.last.term).value
            << ", index "
            << (has_entries ? recovered.entries.back().index : recovered.snapshot.last.index).value
            << "\n";
  Print(absl::StrCat("  members now (entry ", forced.before_index.value, "):"), forced.before);
  Print(absl::StrCat("  members from entry ", forced.entry.index.value, " of term ",
                     forced.entry.term.value, " on:"),
        forced.after);
  if (!request.confirmed) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing was changed. `konsul recover -h` says what this can cost; to do it, "
                     "add -",
                     kConfirmation));
  }
  KONSUL_RETURN_IF_ERROR(node::WriteForced(forced, storage.log()));
  std::cout << "Done. Start the server as usual. Every other server that was a member must not\n"
               "start again with its old data.\n";
  return absl::OkStatus();
}

absl::Status Run(const Request& request) {
  // Before anything is made: a wrong path must not become a data directory.
  const std::string file = absl::StrCat(request.data_dir, "/node");
  if (::access(file.c_str(), F_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(file, " is not there: no server's data directory"));
  }
  reactor::RealWorld world;
  const std::unique_ptr<Logger> logger = MakeLogger(world.clock(), {.level = LogLevel::kWarn});
  KONSUL_ASSIGN_OR_RETURN(const env::Env env, world.MakeEnv(request.data_dir, *logger));
  absl::Status status;
  world.Run([&] { status = Recover(env, request); });
  return status;
}

}  // namespace

int RunRecover(const std::vector<std::string>& args) {
  const absl::StatusOr<flags::Parsed> parsed = flags::Parse(RecoverFlags(), args);
  if (parsed.ok() && parsed->help) {
    std::cout << kUsage << flags::Help(RecoverFlags());
    return kExitClean;
  }
  const absl::StatusOr<Request> request =
      parsed.ok() ? RequestOf(*parsed) : absl::StatusOr<Request>(parsed.status());
  if (!request.ok()) {
    std::cerr << "konsul recover: " << request.status().message()
              << "\n`konsul recover -h` explains it.\n";
    return kExitUsage;
  }
  const absl::Status status = Run(*request);
  if (status.ok()) return kExitClean;
  std::cerr << "konsul recover: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace konsul::agent
