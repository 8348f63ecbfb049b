// What konsulctl can do: one Command each, found by its words. Help, completion and the manual page
// are made from the same descriptions.
#ifndef KONSUL_CMD_KONSULCTL_COMMAND_H_
#define KONSUL_CMD_KONSULCTL_COMMAND_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/client/host.h"
#include "cmd/flags/flags.h"
#include "cmd/konsulctl/api.h"

namespace konsul::ctl {

// Exit codes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // no such key, a lost check-and-set, an unreachable server
inline constexpr int kExitUsage = 2;

// What a command prints on standard output, and whether it did what it was asked to.
struct Outcome {
  std::string out;
  std::string error;        // for standard error; the command failed when not empty
  std::optional<int> code;  // the exit code, where it is neither kExitOk nor kExitFailure

  static Outcome Ok(std::string text) { return {std::move(text), ""}; }
  static Outcome Failed(std::string text) { return {"", std::move(text)}; }
};

// The three kinds of commands. All may return InvalidArgument for wrong usage, and any other error
// for what could not be done.
//
// Asks a server. Suspends.
using Ask = absl::StatusOr<Outcome>(Api& api, const flags::Parsed& parsed);
// Asks a server and runs another program meanwhile. Suspends; is told about SIGINT and SIGTERM.
using Drive = absl::StatusOr<Outcome>(Api& api, client::Host& host, const flags::Parsed& parsed);
// Needs no server.
using Tell = absl::StatusOr<Outcome>(const flags::Parsed& parsed);

struct Command {
  std::string words;               // "kv get"
  std::string arguments;           // for the usage line: "KEY"
  std::string help;                // one line; behind an empty one, whatever else is worth saying
  std::vector<flags::Flag> flags;  // without those that all commands have
  size_t arguments_min = 0;
  size_t arguments_max = 0;
  std::variant<Ask*, Drive*, Tell*> run;
  flags::Order order = flags::Order::kMixed;
};

inline constexpr size_t kAnyNumber = static_cast<size_t>(-1);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_COMMAND_H_
