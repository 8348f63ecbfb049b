// What --help says, and how command lines find their command.
#ifndef KONSUL_CMD_KONSULCTL_USAGE_H_
#define KONSUL_CMD_KONSULCTL_USAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cmd/konsulctl/command.h"

namespace konsul::ctl {

using Words = std::vector<std::string>;

Words WordsOf(const Command& command);
bool BeginsWith(const Words& words, const Words& beginning);
absl::string_view FirstLine(absl::string_view text);
// Its own and those of every command.
std::vector<flags::Flag> FlagsOf(const Command& command);
// "konsulctl kv get [FLAGS] KEY|PREFIX"
std::string Synopsis(const Command& command);
std::string HelpOf(const Command& command);
// The commands whose words begin with `group`.
std::string Usage(const Words& group);

// What follows the command's words. InvalidArgument with a text for people. With -h, the number of
// arguments is not looked at.
absl::StatusOr<flags::Parsed> ParseFor(const Command& command, const Words& args);

// Name without its KONSUL_ or CONSUL_, and meaning.
std::vector<std::pair<std::string, std::string>> EnvironmentVariables();

// What every command's exit code means; lines, the last one ended.
absl::string_view ExitCodes();

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_USAGE_H_
