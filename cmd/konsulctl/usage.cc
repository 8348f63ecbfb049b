#include "cmd/konsulctl/usage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "core/base/status.h"

namespace konsul::ctl {

Words WordsOf(const Command& command) { return absl::StrSplit(command.words, ' '); }

bool BeginsWith(const Words& words, const Words& beginning) {
  return words.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), words.begin());
}

absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

std::vector<flags::Flag> FlagsOf(const Command& command) {
  std::vector<flags::Flag> all = command.flags;
  for (flags::Flag& flag : GlobalFlags()) all.push_back(std::move(flag));
  return all;
}

std::string Synopsis(const Command& command) {
  return absl::StrCat("konsulctl ", command.words, " [FLAGS]", command.arguments.empty() ? "" : " ",
                      command.arguments);
}

std::string HelpOf(const Command& command) {
  return absl::StrCat("Usage: ", Synopsis(command), "\n\n", command.help, "\n\nFlags:\n",
                      flags::Help(FlagsOf(command)));
}

std::string Usage(const Words& group) {
  std::string out = "Usage: konsulctl COMMAND [FLAGS] [ARGUMENTS]\n\n";
  for (const Command& command : Commands()) {
    if (!BeginsWith(WordsOf(command), group)) continue;
    absl::StrAppend(&out, "  ", command.words, command.arguments.empty() ? "" : " ",
                    command.arguments, "\n      ", FirstLine(command.help), "\n");
  }
  absl::StrAppend(&out, "\nFor all commands (`konsulctl COMMAND -h` tells the others):\n",
                  flags::Help(GlobalFlags()), "\nExit codes: ", ExitCodes());
  return out;
}

absl::StatusOr<flags::Parsed> ParseFor(const Command& command, const Words& args) {
  KONSUL_ASSIGN_OR_RETURN(flags::Parsed parsed,
                          flags::Parse(FlagsOf(command), args, command.order));
  if (parsed.help) return parsed;
  if (parsed.positional.size() < command.arguments_min) {
    return absl::InvalidArgumentError(absl::StrCat("missing argument: ", command.arguments));
  }
  if (parsed.positional.size() > command.arguments_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument \"", parsed.positional[command.arguments_max], "\""));
  }
  const std::string format = parsed.Get("format", "pretty");
  if (format != "json" && format != "pretty") {
    return absl::InvalidArgumentError(
        absl::StrCat("-format is pretty or json, not \"", format, "\""));
  }
  return parsed;
}

std::vector<std::pair<std::string, std::string>> EnvironmentVariables() {
  return {{"HTTP_ADDR", "The server's HTTP address, as -http-addr."},
          {"HTTP_TOKEN", "The token, as -token."},
          {"HTTP_TOKEN_FILE", "The file that holds the token, as -token-file."},
          {"HTTP_SSL", "Must not be true: TLS is not spoken yet."}};
}

absl::string_view ExitCodes() {
  return "0 done, 1 failed or not there, 2 wrong usage. `lock` has more.\n";
}

}  // namespace konsul::ctl
