// What konsulctl can do: one Command each, found by its words.
#ifndef KONSUL_CMD_KONSULCTL_COMMAND_H_
#define KONSUL_CMD_KONSULCTL_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  std::string error;  // for standard error; the command failed when not empty

  static Outcome Ok(std::string text) { return {std::move(text), ""}; }
  static Outcome Failed(std::string text) { return {"", std::move(text)}; }
};

struct Command {
  std::string words;      // "kv get"
  std::string arguments;  // for the usage line: "KEY"
  std::string help;       // one line; behind an empty one, whatever else is worth saying
  std::vector<flags::Flag> flags;
  size_t arguments_min = 0;
  size_t arguments_max = 0;
  // Suspends. InvalidArgument: wrong usage; any other error: could not be done.
  absl::StatusOr<Outcome> (*run)(Api& api, const flags::Parsed& parsed);
};

Command KvGet();
Command KvPut();
Command KvDelete();
Command KvList();
Command StatusCommand();
Command RaftListPeers();
Command RaftRemovePeer();
Command RaftTransferLeader();
Command ClusterStatus();
Command ClusterPeers();
Command ClusterJoin();
Command ClusterLeave();
Command ClusterSnapshot();

// True with -format=json.
bool WantsJson(const flags::Parsed& parsed);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_COMMAND_H_
