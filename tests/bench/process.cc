#include "tests/bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"

namespace konsul::bench {
namespace {

// Between two looks at a child that is about to end.
constexpr Duration kLookAgain = 2ms;

// Where the child's standard output and error go; -1 for /dev/null.
struct Outputs {
  int out = -1;
  int error = -1;
};

// In the child, between fork and exec: system calls only. Returns where it failed, with errno.
void BecomeProgram(char* const* command, const Outputs& outputs, int network_namespace,
                   pid_t parent) {
  setpgid(0, 0);
  // Ours are blocked where we catch them, and a mask survives exec.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
  if (getppid() != parent) _exit(127);  // it ended before the kernel knew of our wish
  if (network_namespace >= 0 && setns(network_namespace, CLONE_NEWNET) != 0) return;
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(outputs.out >= 0 ? outputs.out : null, STDOUT_FILENO);
  dup2(outputs.error >= 0 ? outputs.error : null, STDERR_FILENO);
  execvp(command[0], command);
}

absl::Status StartError(int error, const std::string& program) {
  const std::string text = absl::StrCat("cannot run ", program, ": ", strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

// The child's pid once the program has taken the child over.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& command, const Outputs& outputs,
                            int network_namespace) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // Closed by a successful exec; otherwise the child writes its errno into it.
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return StartError(errno, command[0]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(arguments.data(), outputs, network_namespace, parent);
    const int error = errno;
    if (write(failure[1], &error, sizeof(error)) < 0) _exit(126);
    _exit(127);
  }
  const int fork_error = errno;
  close(failure[1]);
  int error = pid < 0 ? fork_error : 0;
  if (pid > 0 && read(failure[0], &error, sizeof(error)) > 0) waitpid(pid, nullptr, 0);
  close(failure[0]);
  if (error != 0) return StartError(error, command[0]);
  return pid;
}

std::string Describe(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return absl::StrCat("signal ", number, " (", strsignal(number), ")");
  }
  return absl::StrCat("exit code ", WEXITSTATUS(wait_status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const Options& options) {
  int output = -1;
  if (!options.output_path.empty()) {
    output = open(options.output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) return StartError(errno, options.output_path);
  }
  absl::StatusOr<pid_t> pid = Spawn(options.command, {output, output}, options.network_namespace);
  if (output >= 0) close(output);
  if (!pid.ok()) return pid.status();
  return std::unique_ptr<Process>(new Process(*pid));
}

Process::~Process() {
  if (!running()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::Signal(int number) {
  // While it was not waited for, the number cannot be anybody else's.
  if (!wait_status_.has_value()) kill(pid_, number);
}

bool Process::running() {
  int status = 0;
  if (!wait_status_.has_value() && waitpid(pid_, &status, WNOHANG) == pid_) wait_status_ = status;
  return !wait_status_.has_value();
}

std::string Process::how_it_ended() { return running() ? "" : Describe(*wait_status_); }

absl::Status Process::WaitForEnd(const env::Env& env, Instant deadline) {
  while (running()) {
    if (env.clock.Now() >= deadline) return absl::DeadlineExceededError("the process goes on");
    KONSUL_RETURN_IF_ERROR(env.Sleep(kLookAgain));
  }
  return absl::OkStatus();
}

absl::Status RunTool(const std::vector<std::string>& command, int network_namespace) {
  int errors[2];
  if (pipe2(errors, O_CLOEXEC) != 0) return StartError(errno, command[0]);
  absl::StatusOr<pid_t> pid = Spawn(command, {-1, errors[1]}, network_namespace);
  close(errors[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t n; pid.ok() && (n = read(errors[0], bytes, sizeof(bytes))) > 0;) {
    text.append(bytes, static_cast<size_t>(n));
  }
  close(errors[0]);
  if (!pid.ok()) return pid.status();
  int status = 0;
  waitpid(*pid, &status, 0);
  if (status == 0) return absl::OkStatus();
  absl::StripAsciiWhitespace(&text);
  return absl::UnavailableError(
      absl::StrCat("`", absl::StrJoin(command, " "), "`: ", Describe(status), " ", text));
}

}  // namespace konsul::bench
