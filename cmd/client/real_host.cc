#include "cmd/client/real_host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"
#include "net/reactor/socket.h"

namespace konsul::client {
namespace {

absl::Status Failed(absl::string_view what) {
  return absl::UnknownError(absl::StrCat("Error! ", what, ": ", std::strerror(errno)));
}

class RealChild final : public Child {
 public:
  RealChild(reactor::Reactor& reactor, pid_t pid, bool own_group, int pidfd)
      : pid_(pid), own_group_(own_group), ended_(reactor, pidfd) {}
  ~RealChild() override {
    if (code_) return;
    Signal(SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  absl::Status Watch() { return ended_.Watch(); }

  absl::StatusOr<int> Wait(Instant deadline) override {
    while (!code_) {
      KONSUL_RETURN_IF_ERROR(ended_.AwaitReadable(deadline));
      int status = 0;
      const pid_t got = waitpid(pid_, &status, WNOHANG);
      if (got == pid_) {
        code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      } else if (got < 0 && errno != EINTR) {
        return Failed("waiting for the command");
      } else {
        ended_.NotReadable();
      }
    }
    return *code_;
  }

  void Signal(int number) override {
    if (!code_) kill(own_group_ ? -pid_ : pid_, number);
  }

 private:
  const pid_t pid_;
  const bool own_group_;
  reactor::Socket ended_;
  std::optional<int> code_;
};

// A descriptor from which `text` can be read, without a pipe that could fill up.
absl::StatusOr<int> Readable(absl::string_view text) {
  const int fd = memfd_create("input", MFD_CLOEXEC);
  if (fd < 0) return Failed("the command's standard input");
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const absl::Status failed = Failed("the command's standard input");
      close(fd);
      return failed;
    }
    text.remove_prefix(static_cast<size_t>(n));
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::map<std::string, std::string> all;
  for (char** it = environ; *it != nullptr; ++it) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(*it, absl::MaxSplits('=', 1));
    all.insert(parts);
  }
  for (const auto& [name, value] : more) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(absl::StrCat(name, "=", value));
  return lines;
}

// In the child, between fork and exec: only what is safe when other threads held locks. Answers
// with errno on `report`.
[[noreturn]] void Become(char** words, char** environment, int input, bool own_group, pid_t parent,
                         int report) {
  // Whoever lost its lock with kill -9 must not go on working.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (own_group) setpgid(0, 0);
  if (input >= 0) dup2(input, STDIN_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execvpe(words[0], words, environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof(error));
  _exit(127);
}

// 0, or the errno of the exec that failed.
int ReadReport(int fd) {
  int error = 0;
  while (true) {
    const ssize_t n = read(fd, &error, sizeof(error));
    if (n < 0 && errno == EINTR) continue;
    return n == sizeof(error) ? error : 0;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Child>> RealHost::Start(const ChildSpec& spec) {
  std::vector<std::string> words = spec.words;
  std::vector<std::string> environment = EnvironmentWith(spec.environment);
  const std::vector<char*> word_pointers = Pointers(words);
  const std::vector<char*> environment_pointers = Pointers(environment);
  int input = -1;
  if (spec.input) {
    KONSUL_ASSIGN_OR_RETURN(input, Readable(*spec.input));
  } else if (!spec.pass_stdin) {
    input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  // What reads from a terminal has to stay in the group that the terminal talks to.
  const bool own_group = !spec.pass_stdin;
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    if (input >= 0) close(input);
    return Failed("starting the command");
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    Become(const_cast<char**>(word_pointers.data()),
           const_cast<char**>(environment_pointers.data()), input, own_group, parent, report[1]);
  }
  const absl::Status forked = pid < 0 ? Failed("starting the command") : absl::OkStatus();
  if (input >= 0) close(input);
  close(report[1]);
  const int exec_error = pid < 0 ? 0 : ReadReport(report[0]);
  close(report[0]);
  KONSUL_RETURN_IF_ERROR(forked);
  if (exec_error != 0) {
    waitpid(pid, nullptr, 0);
    return absl::NotFoundError(
        absl::StrCat("Error! Cannot run ", words[0], ": ", std::strerror(exec_error)));
  }
  // Its wrapper in glibc 2.36 is of no use to C++.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const absl::Status failed = Failed("watching the command");
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return failed;
  }
  auto child = std::make_unique<RealChild>(world_.reactor(), pid, own_group, pidfd);
  KONSUL_RETURN_IF_ERROR(child->Watch());
  return child;
}

absl::StatusOr<int> RealHost::NextSignal(Instant deadline) { return world_.NextSignal(deadline); }

void RealHost::Print(absl::string_view text) { std::cout << text << std::flush; }

void RealHost::Complain(absl::string_view line) { std::cerr << line << "\n" << std::flush; }

}  // namespace konsul::client
