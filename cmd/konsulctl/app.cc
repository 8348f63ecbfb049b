#include "cmd/konsulctl/app.h"

#include <algorithm>
#include <cstddef>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/client/address.h"
#include "cmd/client/client_world.h"
#include "cmd/flags/nearest.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/usage.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

bool IsHelp(const std::string& arg) { return arg == "-h" || arg == "-help" || arg == "--help"; }

int UsageError(const Command& command, absl::string_view message) {
  std::cerr << "konsulctl " << command.words << ": " << message << "\n`konsulctl " << command.words
            << " -h` tells how.\n";
  return kExitUsage;
}

absl::StatusOr<Outcome> AskServer(const Command& command, const flags::Parsed& parsed,
                                  const Variables& variables) {
  KONSUL_ASSIGN_OR_RETURN(const std::string address, ServerAddress(parsed, variables));
  KONSUL_ASSIGN_OR_RETURN(const env::Endpoint server, client::ResolveHttpAddress(address));
  KONSUL_ASSIGN_OR_RETURN(const Api::Options options, ApiOptions(parsed, variables));
  absl::StatusOr<Outcome> outcome;
  Drive* const* drive = std::get_if<Drive*>(&command.run);
  client::ClientWorld world(drive != nullptr);
  world.Run([&](const env::Env& env) {
    Api api(env, server, options);
    outcome = drive != nullptr ? (*drive)(api, world.host(), parsed)
                               : std::get<Ask*>(command.run)(api, parsed);
  });
  return outcome;
}

int RunCommand(const Command& command, const Words& args, const Variables& variables) {
  const absl::StatusOr<flags::Parsed> parsed = ParseFor(command, args);
  if (!parsed.ok()) return UsageError(command, parsed.status().message());
  if (parsed->help) {
    std::cout << HelpOf(command);
    return kExitOk;
  }
  Tell* const* tell = std::get_if<Tell*>(&command.run);
  const absl::StatusOr<Outcome> outcome =
      tell != nullptr ? (*tell)(*parsed) : AskServer(command, *parsed, variables);
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
  if (!std::cout.good()) return kExitFailure;
  return outcome->code.value_or(outcome->error.empty() ? kExitOk : kExitFailure);
}

// No command as it stands: tells which ones there are, of the same group if there is one.
int ExplainUsage(const Words& args) {
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
    if (IsHelp(arg)) {
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

}  // namespace

int Main(const std::vector<std::string>& args, const Variables& variables) {
  if (args.size() == 1 && (args[0] == "-version" || args[0] == "--version")) {
    return Main({"version"}, variables);
  }
  for (const Command& command : Commands()) {
    const Words words = WordsOf(command);
    if (BeginsWith(args, words)) {
      return RunCommand(command, {args.begin() + static_cast<ptrdiff_t>(words.size()), args.end()},
                        variables);
    }
  }
  return ExplainUsage(args);
}

}  // namespace konsul::ctl
