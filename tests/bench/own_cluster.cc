#include "tests/bench/own_cluster.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"
#include "tests/bench/server_api.h"

namespace konsul::bench {
namespace {

constexpr uint16_t kHttpPort = 8500;
constexpr uint16_t kServerPort = 8300;
constexpr Duration kStartTimeout = 30s;
constexpr Duration kAskTimeout = 500ms;
constexpr Duration kLookAgain = 10ms;
constexpr size_t kLogLinesShown = 8;

// One of 58,000 subnets of loopback, so that what runs at the same time does not meet.
std::string LoopbackSubnet(env::Random random) {
  const uint64_t number = random.Below(232 * 250);
  return absl::StrCat("127.", 20 + number / 250, ".", 1 + number % 250, ".");
}

// Where all addresses are taken, the port is what others must not have. Below those of clients.
uint16_t AnyPort(env::Random random) {
  return static_cast<uint16_t>(random.Between(20'000, 32'000));
}

std::string LastLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > kLogLinesShown) lines.erase(lines.begin());
  }
  return absl::StrJoin(lines, "\n    ");
}

}  // namespace

OwnCluster::OwnCluster(const env::Env& env, Options options)
    : env_(env),
      options_(std::move(options)),
      subnet_(LoopbackSubnet(env.random.Fork("subnet"))),
      http_port_(options_.all_addresses ? AnyPort(env.random.Fork("port")) : kHttpPort),
      processes_(options_.servers),
      expected_(options_.servers) {
  for (size_t i = 0; i < size(); ++i) {
    const std::string home = absl::StrCat(env.disk.root(), "/", Name(i));
    std::filesystem::create_directories(home);
    log_paths_.push_back(options_.log_directory.empty()
                             ? home + "/log"
                             : absl::StrCat(options_.log_directory, "/", Name(i), ".log"));
  }
}

std::string OwnCluster::Name(size_t server) const { return absl::StrCat("n", server + 1); }

std::string OwnCluster::Host(size_t server) const {
  return options_.network != nullptr ? PrivateNetwork::Address(server)
                                     : absl::StrCat(subnet_, server + 1);
}

env::Endpoint OwnCluster::Http(size_t server) const { return {Host(server), http_port_}; }

std::vector<env::Endpoint> OwnCluster::AllHttp() const {
  std::vector<env::Endpoint> all;
  for (size_t i = 0; i < size(); ++i) all.push_back(Http(i));
  return all;
}

absl::Status OwnCluster::StartServer(size_t server) {
  const std::string host = Host(server);
  Process::Options process;
  process.command = {options_.program,
                     "agent",
                     "-server",
                     absl::StrCat("-node=", Name(server)),
                     absl::StrCat("-bind=", host),
                     absl::StrCat("-client=", options_.all_addresses ? "0.0.0.0" : host),
                     absl::StrCat("-http-port=", http_port_),
                     absl::StrCat("-server-port=", kServerPort),
                     absl::StrCat("-bootstrap-expect=", size()),
                     absl::StrCat("-data-dir=", env_.disk.root(), "/", Name(server), "/data")};
  for (size_t i = 0; i < size(); ++i) {
    if (i != server) process.command.push_back(absl::StrCat("-retry-join=", Host(i)));
  }
  process.command.insert(process.command.end(), options_.flags.begin(), options_.flags.end());
  process.output_path = LogPath(server);
  if (options_.network != nullptr) process.network_namespace = options_.network->Namespace(server);
  KONSUL_ASSIGN_OR_RETURN(processes_[server], Process::Start(process));
  expected_[server] = true;
  return absl::OkStatus();
}

absl::Status OwnCluster::Start() {
  for (size_t i = 0; i < size(); ++i) KONSUL_RETURN_IF_ERROR(StartServer(i));
  KONSUL_RETURN_IF_ERROR(WaitForLeader(env_.After(kStartTimeout)).status());
  return WaitUntilCaughtUp(env_.After(kStartTimeout));
}

void OwnCluster::Kill(size_t server) {
  expected_[server] = false;
  processes_[server]->Signal(SIGKILL);
}

absl::Status OwnCluster::WaitForEnd(size_t server, Instant deadline) {
  expected_[server] = false;
  return processes_[server]->WaitForEnd(env_, deadline);
}

uint64_t OwnCluster::ResidentBytes(size_t server) const {
  // proc(5): size and resident size, in pages.
  std::ifstream file(absl::StrCat("/proc/", processes_[server]->pid(), "/statm"));
  uint64_t size = 0;
  uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

absl::Status OwnCluster::CheckRunning() {
  for (size_t i = 0; i < size(); ++i) {
    if (!expected_[i] || processes_[i]->running()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("server ", Name(i), " ended by itself with ", processes_[i]->how_it_ended()));
  }
  return absl::OkStatus();
}

// With the ends of the logs, since the directory is about to be removed.
absl::Status OwnCluster::Explain(const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status)) return status;
  std::string text(status.message());
  for (size_t i = 0; i < size(); ++i) {
    absl::StrAppend(&text, "\n  the end of the log of ", Name(i), ":\n    ", LastLines(LogPath(i)));
  }
  return absl::Status(status.code(), text);
}

absl::StatusOr<std::string> OwnCluster::AgreedLeader() {
  std::string agreed;
  for (size_t i = 0; i < size(); ++i) {
    if (!expected_[i]) continue;
    KONSUL_ASSIGN_OR_RETURN(std::string leader,
                            LeaderAddress(env_, Http(i), env_.After(kAskTimeout)));
    if (leader.empty()) return absl::UnavailableError(absl::StrCat(Name(i), " knows no leader"));
    if (!agreed.empty() && leader != agreed) {
      return absl::UnavailableError(
          absl::StrCat("both ", agreed, " and ", leader, " are named as leader"));
    }
    agreed = std::move(leader);
  }
  return agreed;
}

absl::Status OwnCluster::Until(Instant deadline, absl::string_view trouble,
                               const std::function<absl::Status()>& attempt) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(Explain(CheckRunning()));
    const absl::Status status = attempt();
    if (status.ok() || absl::IsCancelled(status)) return status;
    if (env_.clock.Now() >= deadline) return Explain(Annotate(status, trouble));
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kLookAgain));
  }
}

absl::StatusOr<size_t> OwnCluster::WaitForLeader(Instant deadline) {
  size_t found = 0;
  const auto attempt = [&] {
    KONSUL_ASSIGN_OR_RETURN(const std::string leader, AgreedLeader());
    for (found = 0; found < size(); ++found) {
      const env::Endpoint address{Host(found), kServerPort};
      if (expected_[found] && leader == address.ToString()) return absl::OkStatus();
    }
    return absl::UnavailableError(absl::StrCat("all name ", leader, ", which does not run"));
  };
  KONSUL_RETURN_IF_ERROR(Until(deadline, "the servers do not agree on a leader", attempt));
  return found;
}

absl::StatusOr<bool> OwnCluster::HasApplied(size_t server, absl::string_view key,
                                            absl::string_view value) {
  KONSUL_ASSIGN_OR_RETURN(std::string found,
                          StaleGet(env_, Http(server), key, env_.After(kAskTimeout)));
  return found == value;
}

absl::Status OwnCluster::WaitUntilCaughtUp(Instant deadline) {
  constexpr char kKey[] = "bench/marker";
  const std::string value = absl::StrCat(++marker_);
  const size_t first = std::find(expected_.begin(), expected_.end(), true) - expected_.begin();
  KONSUL_RETURN_IF_ERROR(Until(deadline, "no write is taken", [&] {
    return Put(env_, Http(first), kKey, value, env_.After(kAskTimeout));
  }));
  for (size_t i = first; i < size(); ++i) {
    if (!expected_[i]) continue;
    KONSUL_RETURN_IF_ERROR(Until(deadline, "not all servers catch up", [&] {
      KONSUL_ASSIGN_OR_RETURN(const bool has, HasApplied(i, kKey, value));
      return has ? absl::OkStatus() : absl::UnavailableError(absl::StrCat(Name(i), " lags behind"));
    }));
  }
  return absl::OkStatus();
}

}  // namespace konsul::bench
