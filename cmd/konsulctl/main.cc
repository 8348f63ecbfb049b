// konsulctl: asks a running server over its HTTP API.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cmd/client/address.h"
#include "cmd/client/client_world.h"
#include "cmd/flags/flags.h"
#include "cmd/flags/nearest.h"
#include "cmd/konsulctl/command.h"

namespace konsul::ctl {

bool WantsJson(const flags::Parsed& parsed) { return parsed.Get("format") == "json"; }

namespace {

std::vector<Command> Commands() {
  return {KvGet(),         KvPut(),           KvDelete(),      KvList(),
          StatusCommand(), ClusterStatus(),   ClusterPeers(),  ClusterJoin(),
          ClusterLeave(),  ClusterSnapshot(), RaftListPeers(), RaftTransferLeader(),
          RaftRemovePeer()};
}

std::vector<flags::Flag> GlobalFlags() {
  return {{"http-addr", flags::Kind::kString, "ADDR",
           "The server's HTTP address. Default: KONSUL_HTTP_ADDR or CONSUL_HTTP_ADDR from the "
           "environment, else 127.0.0.1:8500."},
          {"format", flags::Kind::kString, "FORMAT", "pretty (for people, the default) or json."}};
}

using Words = std::vector<std::string>;

Words WordsOf(const Command& command) { return absl::StrSplit(command.words, ' '); }

bool BeginsWith(const Words& words, const Words& beginning) {
  return words.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), words.begin());
}

absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

// Of the commands that begin with these words.
std::string Usage(const Words& group) {
  std::string out = "Usage: konsulctl COMMAND [FLAGS] [ARGUMENTS]\n\n";
  for (const Command& command : Commands()) {
    if (!BeginsWith(WordsOf(command), group)) continue;
    absl::StrAppend(&out, "  ", command.words, command.arguments.empty() ? "" : " ",
                    command.arguments, "\n      ", FirstLine(command.help), "\n");
  }
  absl::StrAppend(&out, "\nFor all commands (`konsulctl COMMAND -h` tells the others):\n",
                  flags::Help(GlobalFlags()),
                  "\nExit codes: 0 done, 1 failed or not there, 2 wrong usage.\n");
  return out;
}

std::string ServerAddress(const flags::Parsed& parsed) {
  if (parsed.Has("http-addr")) return parsed.Get("http-addr");
  for (const char* name : {"KONSUL_HTTP_ADDR", "CONSUL_HTTP_ADDR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "127.0.0.1:8500";
}

int UsageError(const Command& command, absl::string_view message) {
  std::cerr << "konsulctl " << command.words << ": " << message << "\n`konsulctl " << command.words
            << " -h` tells how.\n";
  return kExitUsage;
}

absl::StatusOr<Outcome> Ask(const Command& command, const env::Endpoint& server,
                            const flags::Parsed& parsed) {
  absl::StatusOr<Outcome> outcome;
  client::ClientWorld world;
  world.Run([&](const env::Env& env) {
    Api api(env, server);
    outcome = command.run(api, parsed);
  });
  return outcome;
}

int RunCommand(const Command& command, const std::vector<std::string>& args) {
  std::vector<flags::Flag> all = command.flags;
  for (flags::Flag& flag : GlobalFlags()) all.push_back(std::move(flag));
  absl::StatusOr<flags::Parsed> parsed = flags::Parse(all, args);
  if (!parsed.ok()) return UsageError(command, parsed.status().message());
  if (parsed->help) {
    std::cout << "Usage: konsulctl " << command.words << " [FLAGS] " << command.arguments << "\n\n"
              << command.help << "\n\nFlags:\n"
              << flags::Help(all);
    return kExitOk;
  }
  if (parsed->positional.size() < command.arguments_min) {
    return UsageError(command, absl::StrCat("missing argument: ", command.arguments));
  }
  if (parsed->positional.size() > command.arguments_max) {
    return UsageError(command, absl::StrCat("unexpected argument \"",
                                            parsed->positional[command.arguments_max], "\""));
  }
  std::string format = parsed->Get("format", "pretty");
  if (format != "json" && format != "pretty") {
    return UsageError(command, absl::StrCat("-format is pretty or json, not \"", format, "\""));
  }
  absl::StatusOr<env::Endpoint> server = client::ResolveHttpAddress(ServerAddress(*parsed));
  if (!server.ok()) return UsageError(command, server.status().message());

  absl::StatusOr<Outcome> outcome = Ask(command, *server, *parsed);
  if (absl::IsInvalidArgument(outcome.status()) &&
      !absl::StartsWith(outcome.status().message(), "Error")) {
    return UsageError(command, outcome.status().message());
  }
  if (!outcome.ok()) {
    std::cerr << outcome.status().message() << "\n";
    return kExitFailure;
  }
  std::cout << outcome->out << std::flush;
  if (!outcome->error.empty()) std::cerr << outcome->error << "\n";
  return outcome->error.empty() && std::cout.good() ? kExitOk : kExitFailure;
}

// No command as it stands: tells which ones there are, of the same group if there is one.
int ExplainUsage(const std::vector<std::string>& args) {
  const std::vector<Command> commands = Commands();
  const auto is_group = [&](const Words& words) {
    return std::any_of(commands.begin(), commands.end(),
                       [&](const Command& command) { return BeginsWith(WordsOf(command), words); });
  };
  Words group;
  for (const std::string& arg : args) {
    group.push_back(arg);
    if (is_group(group)) continue;
    group.pop_back();
    if (arg == "-h" || arg == "-help" || arg == "--help") {
      std::cout << Usage(group);
      return kExitOk;
    }
    Words next;
    for (const Command& command : commands) {
      const Words words = WordsOf(command);
      if (BeginsWith(words, group)) next.push_back(words[group.size()]);
    }
    const std::string before = absl::StrCat(absl::StrJoin(group, " "), group.empty() ? "" : " ");
    std::cerr << "konsulctl: unknown command \"" << before << arg << "\""
              << flags::DidYouMean(arg, next, before) << "\n\n";
    break;
  }
  std::cerr << Usage(group);
  return kExitUsage;
}

int Main(const std::vector<std::string>& args) {
  for (const Command& command : Commands()) {
    const Words words = WordsOf(command);
    if (BeginsWith(args, words)) {
      return RunCommand(command, {args.begin() + static_cast<ptrdiff_t>(words.size()), args.end()});
    }
  }
  return ExplainUsage(args);
}

}  // namespace
}  // namespace konsul::ctl

int main(int argc, char** argv) {
  return konsul::ctl::Main(std::vector<std::string>(argv + 1, argv + argc));
}
