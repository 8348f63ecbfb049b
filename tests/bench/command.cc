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
           "One more flag for each server, e.g. -agent-flag=-raft-multiplier=2. May be repeated."}};
}

absl::StatusOr<std::string> KonsulProgram(const flags::Parsed& parsed) {
  std::error_code error;
  std::filesystem::path path = parsed.Get("konsul");
  if (path.empty()) {
    path = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "konsul";
  }
  path = std::filesystem::absolute(path, error);
  if (access(path.c_str(), X_OK) == 0) return path.string();
  return absl::InvalidArgumentError(
      absl::StrCat("there is no program ", path.string(), "; -konsul=FILE names it"));
}

std::vector<std::string> AgentFlags(const flags::Parsed& parsed) {
  return parsed.Has("agent-flag") ? parsed.values.at("agent-flag") : std::vector<std::string>();
}

}  // namespace konsul::bench
