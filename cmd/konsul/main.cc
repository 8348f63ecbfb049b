// konsul: the agent. Everything of substance is in cmd/agent and cmd/node.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cmd/agent/config.h"
#include "cmd/flags/flags.h"
#include "cmd/flags/nearest.h"
#include "cmd/konsul/agent.h"
#include "cmd/konsul/recover.h"

namespace konsul {
namespace {

constexpr char kUsage[] =
    R"(Usage: konsul COMMAND [FLAGS]

  agent     run a server; `konsul agent -dev` to try things out
  recover   make a server decide alone whose quorum is lost for good; dangerous
  version   print the version

`konsul agent -h` lists the flags. To talk to a running server: konsulctl.
)";

constexpr char kAgentUsage[] =
    R"(Usage: konsul agent -dev
       konsul agent -server -data-dir=DIR -bootstrap-expect=N [FLAGS]

Runs a Konsul server until SIGINT or SIGTERM. Three of them on one machine:

  konsul agent -server -node=n1 -bind=127.0.0.1 -client=127.0.0.1 \
      -bootstrap-expect=3 -data-dir=/tmp/n1
  konsul agent -server -node=n2 -bind=127.0.0.2 -client=127.0.0.2 \
      -bootstrap-expect=3 -retry-join=127.0.0.1 -data-dir=/tmp/n2
  konsul agent -server -node=n3 -bind=127.0.0.3 -client=127.0.0.3 \
      -bootstrap-expect=3 -retry-join=127.0.0.1 -data-dir=/tmp/n3

A flag may be written -node n2, -node=n2 or --node=n2. Config files take the
same settings under Consul's key names, e.g. {"node_name": "n2",
"ports": {"http": 8501}}; so does the environment: KONSUL_NODE_NAME,
KONSUL_PORTS_HTTP (lists with commas). Flags win over files, files over the
environment. SIGHUP and PUT /v1/agent/reload read the files again: log_level and
http_config.slow_request_ms count at once, the rest from the next start.

Exit codes: 0 stopped by a signal, 1 could not start or go on, 2 wrong usage.

Flags:
)";

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string MachineName() {
  char name[129] = "";
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "konsul";
  return name;
}

int UsageError(absl::string_view message) {
  std::cerr << "konsul agent: " << message << "\n`konsul agent -h` lists all flags.\n";
  return agent::kExitUsage;
}

int Agent(const std::vector<std::string>& args) {
  absl::StatusOr<flags::Parsed> parsed = flags::Parse(agent::AgentFlags(), args);
  if (!parsed.ok()) return UsageError(parsed.status().message());
  if (parsed->help) {
    std::cout << kAgentUsage << flags::Help(agent::AgentFlags());
    return agent::kExitClean;
  }
  const auto load = [&] { return agent::LoadConfig(*parsed, Environment, MachineName()); };
  absl::StatusOr<agent::Config> config = load();
  if (!config.ok()) return UsageError(config.status().message());
  return agent::RunAgent(*config, load);
}

int Main(const std::vector<std::string>& args) {
  std::string command = args.empty() ? "" : args[0];
  if (command == "agent") return Agent({args.begin() + 1, args.end()});
  if (command == "recover") return agent::RunRecover({args.begin() + 1, args.end()});
  if (command == "version" || command == "-version" || command == "--version") {
    std::cout << "Konsul v" << KONSUL_VERSION << "\n";
    return agent::kExitClean;
  }
  if (command == "-h" || command == "-help" || command == "--help" || command == "help") {
    std::cout << kUsage;
    return agent::kExitClean;
  }
  if (!command.empty()) {
    std::cerr << "konsul: unknown command \"" << command << "\""
              << flags::DidYouMean(command, {"agent", "recover", "version"}) << "\n\n";
  }
  std::cerr << kUsage;
  return agent::kExitUsage;
}

}  // namespace
}  // namespace konsul

int main(int argc, char** argv) {
  return konsul::Main(std::vector<std::string>(argv + 1, argv + argc));
}
