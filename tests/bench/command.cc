#include "tests/bench/command.h"

#include <unistd.h>

#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/client/address.h"
#include "core/base/status.h"

namespace konsul::bench {

using flags::Kind;

absl::StatusOr<uint64_t> Number(const flags::Parsed& parsed, const std::string& flag,
                                uint64_t fallback, uint64_t low, uint64_t high) {
  if (!parsed.Has(flag)) return fallback;
  std::optional<uint64_t> value = flags::ParseNumber(parsed.Get(flag), low, high);
  if (value) return *value;
  return absl::InvalidArgumentError(
      absl::StrCat("-", flag, " is a number from ", low, " to ", high));
}

bool WantsJson(const flags::Parsed& parsed) {
  return parsed.Get("format") == "json" || parsed.GetBool("json");
}

flags::Flag FormatFlag() {
  return {"format", Kind::kString, "FORMAT", "pretty (the default), or json: one object."};
}

flags::Flag ServersFlag() {
  return {"http-addr", Kind::kList, "ADDR",
          "A server; may be repeated or have commas. Clients are dealt out in turn. Default: "
          "127.0.0.1:8500."};
}

absl::StatusOr<std::vector<env::Endpoint>> Servers(const flags::Parsed& parsed) {
  std::vector<std::string> given = {"127.0.0.1:8500"};
  if (parsed.Has("http-addr")) given = parsed.values.at("http-addr");
  std::vector<env::Endpoint> servers;
  for (const std::string& several : given) {
    for (absl::string_view one : absl::StrSplit(several, ',', absl::SkipWhitespace())) {
      KONSUL_ASSIGN_OR_RETURN(env::Endpoint server, client::ResolveHttpAddress(one));
      servers.push_back(std::move(server));
    }
  }
  if (servers.empty()) return absl::InvalidArgumentError("-http-addr is empty");
  return servers;
}

std::vector<flags::Flag> OwnServerFlags() {
  return {{"konsul", Kind::kString, "FILE",
           "The konsul program whose servers are measured. Default: the one beside konsul-bench."},
          {"agent-flag", Kind::kList, "FLAG",
           "One more flag for each server, e.g. -agent-flag=-raft-multiplier=2. May be repeated."},
          {"logs", Kind::kString, "DIR",
           "A directory for the servers' logs, n1.log and so on, which are appended to. Without it "
           "they are removed in the end, with the data."}};
}

absl::StatusOr<OwnCluster::Options> OwnServers(const flags::Parsed& parsed) {
  OwnCluster::Options options;
  std::error_code error;
  std::filesystem::path program = parsed.Get("konsul");
  if (program.empty()) {
    program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "konsul";
  }
  options.program = std::filesystem::absolute(program, error).string();
  if (access(options.program.c_str(), X_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no program ", options.program, "; -konsul=FILE names it"));
  }
  options.log_directory = parsed.Get("logs");
  if (!options.log_directory.empty() && access(options.log_directory.c_str(), W_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write in a directory ", options.log_directory));
  }
  if (parsed.Has("agent-flag")) options.flags = parsed.values.at("agent-flag");
  return options;
}

}  // namespace konsul::bench
