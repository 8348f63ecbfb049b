#include "cmd/agent/settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "core/env/network.h"

namespace konsul::agent {
namespace {

using flags::Kind;
using Values = std::vector<std::string>;

// How a setting gets into a Config, and how it reads in one.
struct Access {
  std::function<absl::Status(const Values&, Config&)> apply;
  std::function<std::string(const Config&)> show;
};

absl::Status Wrong(absl::string_view value, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is not ", expected));
}

Access Text(std::string Config::* member) {
  return {[member](const Values& values, Config& config) {
            config.*member = values.back();
            return absl::OkStatus();
          },
          [member](const Config& config) { return config.*member; }};
}

Access Bool(bool Config::* member) {
  return {[member](const Values& values, Config& config) {
            std::optional<bool> value = flags::ParseBool(values.back());
            if (!value) return Wrong(values.back(), "true or false");
            config.*member = *value;
            return absl::OkStatus();
          },
          [member](const Config& config) { return config.*member ? "true" : "false"; }};
}

template <typename Number>
Access Whole(Number Config::* member, uint64_t low, uint64_t high) {
  return {[=](const Values& values, Config& config) {
            std::optional<uint64_t> value = flags::ParseNumber(values.back(), low, high);
            if (!value) {
              return Wrong(values.back(), absl::StrCat("a number from ", low, " to ", high));
            }
            config.*member = static_cast<Number>(*value);
            return absl::OkStatus();
          },
          [member](const Config& config) { return absl::StrCat(config.*member); }};
}

bool IsNumeric(const std::string& host) {
  in6_addr scratch;
  return inet_pton(AF_INET, host.c_str(), &scratch) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

Access Address(std::string Config::* member) {
  return {[member](const Values& values, Config& config) {
            auto endpoint = env::Endpoint::Parse(values.back(), 0);
            if (!endpoint.ok() || endpoint->port != 0 || !IsNumeric(endpoint->host)) {
              return Wrong(values.back(), "a numeric address such as 127.0.0.2 (without a port)");
            }
            config.*member = endpoint->host;
            return absl::OkStatus();
          },
          [member](const Config& config) { return config.*member; }};
}

// Ports are filled in by LoadConfig, once -server-port is known.
absl::Status RetryJoin(const Values& values, Config& config) {
  config.retry_join.clear();
  for (const std::string& value : values) {
    auto endpoint = env::Endpoint::Parse(value, 0);
    if (!endpoint.ok() || !IsNumeric(endpoint->host)) {
      return Wrong(value, "a numeric address such as 127.0.0.2 or 127.0.0.2:8300");
    }
    config.retry_join.push_back(*std::move(endpoint));
  }
  return absl::OkStatus();
}

std::string ShowRetryJoin(const Config& config) {
  std::string text;
  for (const env::Endpoint& endpoint : config.retry_join) {
    absl::StrAppend(&text, text.empty() ? "" : ",", endpoint.ToString());
  }
  return text;
}

absl::Status Level(const Values& values, Config& config) {
  std::string wanted = absl::AsciiStrToLower(values.back());
  if (wanted == "err") wanted = "error";
  for (LogLevel level :
       {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (wanted == LogLevelName(level)) {
      config.log_level = level;
      return absl::OkStatus();
    }
  }
  return Wrong(values.back(), "one of trace, debug, info, warn, error");
}

absl::Status NodeName(const Values& values, Config& config) {
  const std::string& name = values.back();
  bool printable = std::all_of(name.begin(), name.end(), absl::ascii_isgraph);
  if (name.empty() || name.size() > 128 || !printable) {
    return Wrong(name, "a name of 1 to 128 printable characters without spaces");
  }
  config.node_name = name;
  return absl::OkStatus();
}

Setting Of(flags::Flag flag, std::string key, Access access) {
  return {std::move(flag), std::move(key), std::move(access.apply), std::move(access.show)};
}

// As above, for what Reload may change.
Setting Live(flags::Flag flag, std::string key, Access access) {
  Setting setting = Of(std::move(flag), std::move(key), std::move(access));
  setting.reloadable = true;
  return setting;
}

std::vector<Setting> MakeSettings() {
  return {
      Of({"dev", Kind::kBool, "",
          "Development: one server on loopback that serves at once and keeps nothing. Its data "
          "lives in a temporary directory, unless -data-dir names one."},
         "", Bool(&Config::dev)),
      Of({"server", Kind::kBool, "", "Be a server: hold a copy of the data and vote."}, "server",
         Bool(&Config::server)),
      Of({"node", Kind::kString, "NAME", "Name of this node. Default: the machine's name."},
         "node_name", {NodeName, [](const Config& config) { return config.node_name; }}),
      Of({"datacenter", Kind::kString, "NAME", "The datacenter that it is in. Default: dc1."},
         "datacenter", Text(&Config::datacenter)),
      Of({"bind", Kind::kString, "ADDR",
          "Address for the other servers; they must be able to reach it. Default: 127.0.0.1."},
         "bind_addr", Address(&Config::bind_addr)),
      Of({"client", Kind::kString, "ADDR",
          "Address on which HTTP is served; 0.0.0.0 for all. Default: 127.0.0.1."},
         "client_addr", Address(&Config::client_addr)),
      Of({"bootstrap-expect", Kind::kString, "N",
          "How many servers begin a new cluster. It is formed once that many have found each "
          "other; "
          "afterwards the number is not looked at again. Without it, this server joins the cluster "
          "of -retry-join."},
         "bootstrap_expect", Whole(&Config::bootstrap_expect, 1, 9)),
      Of({"retry-join", Kind::kList, "ADDR",
          "Another server, \"ADDR\" or \"ADDR:PORT\"; tried until it answers. May be repeated."},
         "retry_join", {RetryJoin, ShowRetryJoin}),
      Of({"data-dir", Kind::kString, "DIR",
          "Where this server keeps its data. Made when missing. One directory per server."},
         "data_dir", Text(&Config::data_dir)),
      Of({"config-file", Kind::kList, "FILE",
          "A JSON (.json) or YAML (.yaml, .yml) file with settings under Consul's key names. May "
          "be "
          "repeated; later files win."},
         "", {}),
      Of({"config-dir", Kind::kList, "DIR",
          "All .json, .yaml and .yml files of a directory, in order of their names. May be "
          "repeated; "
          "files of -config-file come first."},
         "", {}),
      Of({"pid-file", Kind::kString, "FILE",
          "Where to write the process id; removed at the end. Refuses to start when it names a "
          "living konsul."},
         "pid_file", Text(&Config::pid_file)),
      Of({"http-port", Kind::kString, "PORT", "Port of the HTTP API. Default: 8500."}, "ports.http",
         Whole(&Config::http_port, 1, 65535)),
      Of({"server-port", Kind::kString, "PORT", "Port for the other servers (RPC). Default: 8300."},
         "ports.server", Whole(&Config::server_port, 1, 65535)),
      Live({"log-level", Kind::kString, "LEVEL",
            "trace, debug, info, warn or error: what is logged at least. Default: info."},
           "log_level",
           {Level,
            [](const Config& config) { return std::string(LogLevelName(config.log_level)); }}),
      Of({"log-json", Kind::kBool, "", "Log lines as JSON objects instead of text."}, "log_json",
         Bool(&Config::log_json)),
      Live({"http-slow-request", Kind::kString, "MS",
            "Milliseconds after which an HTTP request is logged as slow, the time that it waited "
            "for a "
            "change not counted; 0 for none. Default: 1000."},
           "http_config.slow_request_ms", Whole(&Config::http_slow_request_ms, 0, 3'600'000)),
      Of({"raft-multiplier", Kind::kString, "N",
          "Multiplies the timeouts of consensus, 1 to 10: higher for slow machines and networks, "
          "at "
          "the price of later failover. Default: 1."},
         "performance.raft_multiplier", Whole(&Config::raft_multiplier, 1, 10)),
      Of({"raft-election-timeout", Kind::kString, "MS",
          "Milliseconds without a leader before a server stands for election: between this and "
          "twice "
          "this. Default: 130."},
         "performance.raft_election_timeout_ms", Whole(&Config::election_timeout_ms, 10, 60000)),
      Of({"raft-heartbeat", Kind::kString, "MS",
          "Milliseconds between a leader's heartbeats; at most a third of the election timeout. "
          "Default: 25."},
         "performance.raft_heartbeat_ms", Whole(&Config::heartbeat_ms, 1, 20000)),
      Of({"clock-drift-max", Kind::kString, "PPM",
          "How far the speed of any server's clock may be from true, in parts per million. Reads "
          "in "
          "the default mode rely on it; 1000000 makes them ask a quorum instead. Default: 50000."},
         "performance.clock_drift_max_ppm", Whole(&Config::clock_drift_max_ppm, 0, 1'000'000)),
      Of({"raft-snapshot-threshold", Kind::kString, "N",
          "Log entries between two snapshots. Default: 200000, or 256 MiB of entries."},
         "raft_snapshot_threshold", Whole(&Config::raft_snapshot_threshold, 1, 1'000'000'000)),
      Of({"raft-trailing-logs", Kind::kString, "N",
          "Log entries kept behind a snapshot for followers that are a little late. Default: "
          "20000, "
          "within 32 MiB."},
         "raft_trailing_logs", Whole(&Config::raft_trailing_logs, 0, 1'000'000'000)),
  };
}

}  // namespace

std::string Setting::EnvironmentName() const {
  if (key.empty()) return "";
  return absl::StrCat("KONSUL_", absl::AsciiStrToUpper(absl::StrReplaceAll(key, {{".", "_"}})));
}

const std::vector<Setting>& Settings() {
  static const std::vector<Setting> settings = MakeSettings();
  return settings;
}

}  // namespace konsul::agent
