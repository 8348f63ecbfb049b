// Real servers that a benchmark starts, hurts and ends: `konsul agent` processes, each with a
// directory of its own below the environment's disk.
#ifndef KONSUL_TESTS_BENCH_OWN_CLUSTER_H_
#define KONSUL_TESTS_BENCH_OWN_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "tests/bench/private_network.h"
#include "tests/bench/process.h"

namespace konsul::bench {

// Fibers of one scheduler. The destructor kills the servers.
class OwnCluster {
 public:
  struct Options {
    std::string log_directory;       // empty: beside the data
    std::string program;             // konsul
    std::vector<std::string> flags;  // for each agent, besides what makes it a member
    size_t servers = 3;
    bool all_addresses = false;         // clients may use any address of loopback; for one server
    PrivateNetwork* network = nullptr;  // null: loopback, with addresses of our own
  };

  OwnCluster(const env::Env& env, Options options);

  // Starts all servers and suspends until they are one cluster. Errors hold the end of a log.
  absl::Status Start();

  // As it was started first. The server must not run.
  absl::Status StartServer(size_t server);
  // SIGKILL; the process may need a moment to be gone.
  void Kill(size_t server);
  // Suspends until a killed or terminated server's process is gone.
  absl::Status WaitForEnd(size_t server, Instant deadline);
  void Signal(size_t server, int number) { processes_[server]->Signal(number); }

  // Suspends until every running server names the same running leader; its number.
  absl::StatusOr<size_t> WaitForLeader(Instant deadline);
  // Suspends until each running server has applied a write that was acknowledged after the call.
  absl::Status WaitUntilCaughtUp(Instant deadline);
  // Whether a server's own tables have this value by now.
  absl::StatusOr<bool> HasApplied(size_t server, absl::string_view key, absl::string_view value);

  // Of the server's process; 0 when it does not run.
  uint64_t ResidentBytes(size_t server) const;

  size_t size() const { return processes_.size(); }
  env::Endpoint Http(size_t server) const;
  std::vector<env::Endpoint> AllHttp() const;
  std::string Name(size_t server) const;
  const std::string& LogPath(size_t server) const { return log_paths_[server]; }

 private:
  std::string Host(size_t server) const;
  absl::StatusOr<std::string> AgreedLeader();
  absl::Status CheckRunning();
  // Repeats `attempt` until it is OK; at the deadline its last error, with `trouble` before it.
  absl::Status Until(Instant deadline, absl::string_view trouble,
                     const std::function<absl::Status()>& attempt);
  absl::Status Explain(const absl::Status& status);

  env::Env env_;
  Options options_;
  std::string subnet_;
  uint16_t http_port_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<bool> expected_;  // to run
  std::vector<std::string> log_paths_;
  uint64_t marker_ = 0;
};

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_OWN_CLUSTER_H_
