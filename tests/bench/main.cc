// konsul-bench: how fast a cluster is, how soon it is back, and whether it keeps what it promised,
// as its clients see it.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/flags/nearest.h"
#include "tests/bench/command.h"

namespace konsul::bench {
namespace {

std::vector<Command> Commands() {
  return {KvCommand(),      LoadCommand(), VerifyCommand(), FailoverCommand(), SteadyCommand(),
          CatchUpCommand(), BurnCommand(), WatchCommand(),  BulkCommand()};
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string Usage() {
  std::string out = "Usage: konsul-bench COMMAND [FLAGS]\n\n";
  for (const Command& command : Commands()) {
    absl::StrAppend(&out, "  ", command.name, std::string(10 - command.name.size(), ' '),
                    FirstLine(command.help), "\n");
  }
  absl::StrAppend(&out, "\n`konsul-bench COMMAND -h` tells how it measures, and its flags.\n");
  return out;
}

int UsageError(const Command& command, absl::string_view text) {
  std::cerr << "konsul-bench " << command.name << ": " << text << "\n`konsul-bench " << command.name
            << " -h` lists the flags.\n";
  return kExitUsage;
}

int Run(const Command& command, const std::vector<std::string>& args) {
  absl::StatusOr<flags::Parsed> parsed = flags::Parse(command.flags, args);
  if (!parsed.ok()) return UsageError(command, parsed.status().message());
  if (parsed->help) {
    std::cout << "Usage: konsul-bench " << command.name << " [FLAGS]\n\n"
              << command.help << "\n\nFlags:\n"
              << flags::Help(command.flags);
    return kExitOk;
  }
  if (!parsed->positional.empty()) return UsageError(command, "unexpected argument");
  absl::StatusOr<int> code = command.run(*parsed);
  if (code.ok()) return *code;
  if (absl::IsInvalidArgument(code.status())) return UsageError(command, code.status().message());
  if (absl::IsCancelled(code.status())) return kExitInterrupted;
  std::cerr << "konsul-bench " << command.name << ": " << code.status().message() << "\n";
  return kExitFailure;
}

int Main(const std::vector<std::string>& args) {
  const std::string name = args.empty() ? "" : args[0];
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    if (command.name == name) return Run(command, {args.begin() + 1, args.end()});
    names.push_back(command.name);
  }
  if (name == "-h" || name == "-help" || name == "--help") {
    std::cout << Usage();
    return kExitOk;
  }
  if (!name.empty()) {
    std::cerr << "konsul-bench: unknown command \"" << name << "\""
              << flags::DidYouMean(name, names) << "\n\n";
  }
  std::cerr << Usage();
  return kExitUsage;
}

}  // namespace
}  // namespace konsul::bench

int main(int argc, char** argv) {
  return konsul::bench::Main(std::vector<std::string>(argv + 1, argv + argc));
}
