// Flags that more than one command has, and what they mean for a request.
#ifndef KONSUL_CMD_KONSULCTL_COMMON_FLAGS_H_
#define KONSUL_CMD_KONSULCTL_COMMON_FLAGS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cmd/flags/flags.h"
#include "cmd/konsulctl/api.h"

namespace konsul::ctl {

// Those of every command.
std::vector<flags::Flag> GlobalFlags();
// `own` with -stale and -consistent behind, for commands that read.
std::vector<flags::Flag> WithReadFlags(std::vector<flags::Flag> own);
// -shell of the commands that run one.
flags::Flag ShellFlag();

// True with -format=json.
bool WantsJson(const flags::Parsed& parsed);
// `query` with the mode of -stale or -consistent. InvalidArgument for both at once.
absl::StatusOr<std::vector<http::QueryParameter>> WithMode(const flags::Parsed& parsed,
                                                           std::vector<http::QueryParameter> query);
// The number of a flag as text, "0" without it. InvalidArgument names the flag.
absl::StatusOr<std::string> NumberOf(const flags::Parsed& parsed, const std::string& flag);
// The program and arguments for `words`: with -shell=false as they are, else a shell with all of
// them as one line.
std::vector<std::string> ProgramOf(const flags::Parsed& parsed,
                                   const std::vector<std::string>& words);

// The environment: a variable's value by its name.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;
// Of KONSUL_NAME or else CONSUL_NAME; empty ones do not count.
std::optional<std::string> Variable(const Variables& variables, const std::string& name);

// Which server to ask, as people write it, from -http-addr and the environment. InvalidArgument
// where the environment wants TLS, which is not spoken.
absl::StatusOr<std::string> ServerAddress(const flags::Parsed& parsed, const Variables& variables);
// The token and datacenter, from flags, the environment, and the files that these name. Reads
// files.
absl::StatusOr<Api::Options> ApiOptions(const flags::Parsed& parsed, const Variables& variables);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_COMMON_FLAGS_H_
