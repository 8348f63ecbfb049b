// The machine that a client runs on, as far as commands use it: other programs, and signals.
#ifndef KONSUL_CMD_CLIENT_HOST_H_
#define KONSUL_CMD_CLIENT_HOST_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"

namespace konsul::client {

struct ChildSpec {
  std::vector<std::string> words;  // the program, looked for in PATH, and its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // on top of this process's own
  // What the child finds on its standard input. Without it: nothing, or with `pass_stdin` this
  // process's own.
  std::optional<std::string> input;
  bool pass_stdin = false;
};

// A program that was started. The destructor kills it if it still runs.
class Child {
 public:
  virtual ~Child() = default;
  // Suspends until it has ended: its exit code, or 128 and the number of the signal that ended it.
  // DeadlineExceeded, Cancelled. One fiber at a time.
  virtual absl::StatusOr<int> Wait(Instant deadline) = 0;
  // To it and to what it has started.
  virtual void Signal(int number) = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  // NotFound and other errors name the program. It does not outlive this process, however that
  // ends.
  virtual absl::StatusOr<std::unique_ptr<Child>> Start(const ChildSpec& spec) = 0;
  // Suspends until SIGINT or SIGTERM has come. One fiber at a time.
  virtual absl::StatusOr<int> NextSignal(Instant deadline) = 0;
  // On standard output at once; standard error with Complain.
  virtual void Print(absl::string_view text) = 0;
  virtual void Complain(absl::string_view line) = 0;
};

}  // namespace konsul::client

#endif  // KONSUL_CMD_CLIENT_HOST_H_
