// A child process that does not outlive its owner.
#ifndef KONSUL_TESTS_BENCH_PROCESS_H_
#define KONSUL_TESTS_BENCH_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"

namespace konsul::bench {

// One thread only, the one that started it and that lives as long as the program: the kernel kills
// the child when that thread ends, so that nothing stays behind whatever happens to us. The child
// is in a process group of its own: Ctrl-C is for us alone.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;  // the program's path first
    std::string output_path;           // standard output and error, appended; empty: nowhere
    int network_namespace = -1;        // a descriptor of one to start in; -1: ours
  };

  // Blocks until the program runs. NotFound, PermissionDenied or Unavailable name it.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const Options& options);
  // SIGKILL, unless it has ended; blocks until it is gone.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Nothing happens once it has ended.
  void Signal(int number);
  // Looks; does not wait.
  bool running();
  // "exit code 1", "signal 9 (Killed)"; empty while it runs.
  std::string how_it_ended();
  // Suspends until it has ended. DeadlineExceeded, Cancelled.
  absl::Status WaitForEnd(const env::Env& env, Instant deadline);

  pid_t pid() const { return pid_; }

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> wait_status_;
};

// Runs a program to its end, blocking. An error holds what it wrote on standard error.
absl::Status RunTool(const std::vector<std::string>& command, int network_namespace = -1);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_PROCESS_H_
