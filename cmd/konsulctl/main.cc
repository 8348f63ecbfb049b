// konsulctl: asks a running server over its HTTP API.
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
  return {KvGet(), KvPut(), KvDelete(), KvList(), StatusCommand()};
}

std::vector<flags::Flag> GlobalFlags() {
  return {{"http-addr", flags::Kind::kString, "ADDR",
           "The server's HTTP address. Default: KONSUL_HTTP_ADDR or CONSUL_HTTP_ADDR from the "
           "environment, else 127.0.0.1:8500."},
          {"format", flags::Kind::kString, "FORMAT", "pretty (for people, the default) or json."}};
}

std::string Usage() {
  std::string out = "Usage: konsulctl COMMAND [FLAGS] [ARGUMENTS]\n\n";
  for (const Command& command : Commands()) {
    absl::StrAppend(&out, "  ", command.words, " ", command.arguments, "\n      ", command.help,
                    "\n");
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

int Main(std::vector<std::string> args) {
  for (const Command& command : Commands()) {
    std::vector<std::string> words = absl::StrSplit(command.words, ' ');
    if (args.size() >= words.size() && std::equal(words.begin(), words.end(), args.begin())) {
      return RunCommand(command, {args.begin() + words.size(), args.end()});
    }
  }
  if (!args.empty() && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help")) {
    std::cout << Usage();
    return kExitOk;
  }
  if (!args.empty() && args[0] != "kv") {
    std::cerr << "konsulctl: unknown command \"" << args[0] << "\""
              << flags::DidYouMean(args[0], {"kv", "status"}) << "\n\n";
  }
  std::cerr << Usage();
  return kExitUsage;
}

}  // namespace
}  // namespace konsul::ctl

int main(int argc, char** argv) {
  return konsul::ctl::Main(std::vector<std::string>(argv + 1, argv + argc));
}
