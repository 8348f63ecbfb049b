#include "cmd/agent/config.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/agent/config_file.h"
#include "cmd/agent/settings.h"
#include "cmd/flags/nearest.h"
#include "core/base/status.h"

namespace konsul::agent {
namespace {

// What was given for one setting, and where, for messages.
struct Given {
  std::vector<std::string> values;
  std::string origin;
};
// By the setting's place in Settings(); a later source simply overwrites.
using AllGiven = std::map<size_t, Given>;

void FromEnvironment(const Environment& environment, AllGiven& given) {
  for (size_t i = 0; i < Settings().size(); ++i) {
    const Setting& setting = Settings()[i];
    std::string name = setting.EnvironmentName();
    if (name.empty()) continue;
    std::optional<std::string> value = environment(name);
    if (!value) continue;
    std::vector<std::string> values = {*value};
    if (setting.flag.kind == flags::Kind::kList) {
      values = absl::StrSplit(*value, ',', absl::SkipWhitespace());
    }
    given[i] = {std::move(values), absl::StrCat("environment variable ", name)};
  }
}

absl::Status FromFile(const std::string& path, AllGiven& given) {
  KONSUL_ASSIGN_OR_RETURN(FileItems items, ReadConfigFile(path));
  for (auto& [key, values] : items) {
    std::vector<std::string> known;
    size_t found = Settings().size();
    for (size_t i = 0; i < Settings().size(); ++i) {
      if (Settings()[i].key.empty()) continue;
      known.push_back(Settings()[i].key);
      if (Settings()[i].key == key) found = i;
    }
    if (found == Settings().size()) {
      return absl::InvalidArgumentError(absl::StrCat("config file ", path, ": unknown key \"", key,
                                                     "\"", flags::DidYouMean(key, known)));
    }
    std::string origin = absl::StrCat("config file ", path, ": ", key);
    if (Settings()[found].flag.kind != flags::Kind::kList && values.size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(origin, ": one value is expected, not a list"));
    }
    given[found] = {std::move(values), std::move(origin)};
  }
  return absl::OkStatus();
}

absl::Status FromFiles(const flags::Parsed& flags, AllGiven& given) {
  std::vector<std::string> files;
  if (flags.Has("config-file")) files = flags.values.at("config-file");
  if (flags.Has("config-dir")) {
    for (const std::string& directory : flags.values.at("config-dir")) {
      KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> more, ListConfigDir(directory));
      files.insert(files.end(), more.begin(), more.end());
    }
  }
  for (const std::string& file : files) KONSUL_RETURN_IF_ERROR(FromFile(file, given));
  return absl::OkStatus();
}

void FromFlags(const flags::Parsed& flags, AllGiven& given) {
  for (size_t i = 0; i < Settings().size(); ++i) {
    const std::string& name = Settings()[i].flag.name;
    if (flags.Has(name)) given[i] = {flags.values.at(name), absl::StrCat("-", name)};
  }
}

// What only the whole can tell.
absl::Status Check(const Config& config) {
  if (!config.server && !config.dev) {
    return absl::InvalidArgumentError(
        "say -server, or -dev to try things out: this version of Konsul runs servers only");
  }
  if (config.data_dir.empty() && !config.dev) {
    return absl::InvalidArgumentError(
        "a server needs a directory for its data: -data-dir=DIR (it is made when missing)");
  }
  if (config.bootstrap_expect == 0 && config.retry_join.empty()) {
    return absl::InvalidArgumentError(
        "say how many servers begin the cluster: -bootstrap-expect=3, or 1 for a single server; "
        "or which server of a cluster to join: -retry-join=ADDR");
  }
  if (config.bind_addr == "0.0.0.0" || config.bind_addr == "::") {
    return absl::InvalidArgumentError(
        absl::StrCat("-bind=", config.bind_addr,
                     " is no address that other servers could reach; name one of "
                     "this machine's addresses"));
  }
  if (config.http_port == config.server_port &&
      (config.client_addr == config.bind_addr || config.client_addr == "0.0.0.0")) {
    return absl::InvalidArgumentError(
        absl::StrCat("HTTP and RPC cannot share ", config.bind_addr, ":", config.http_port));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<flags::Flag> AgentFlags() {
  std::vector<flags::Flag> flags;
  for (const Setting& setting : Settings()) flags.push_back(setting.flag);
  return flags;
}

absl::StatusOr<Config> LoadConfig(const flags::Parsed& flags, const Environment& environment,
                                  absl::string_view machine_name) {
  if (!flags.positional.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument \"", flags.positional.front(), "\""));
  }
  AllGiven given;
  FromEnvironment(environment, given);
  KONSUL_RETURN_IF_ERROR(FromFiles(flags, given));
  FromFlags(flags, given);

  Config config;
  config.node_name = std::string(machine_name);
  for (const auto& [i, one] : given) {
    if (!Settings()[i].apply) continue;
    KONSUL_RETURN_IF_ERROR(Annotate(Settings()[i].apply(one.values, config), one.origin));
  }
  if (config.dev) {
    config.server = true;
    if (config.bootstrap_expect == 0) config.bootstrap_expect = 1;
  }
  for (env::Endpoint& endpoint : config.retry_join) {
    if (endpoint.port == 0) endpoint.port = config.server_port;
  }
  KONSUL_RETURN_IF_ERROR(Check(config));
  return config;
}

}  // namespace konsul::agent
