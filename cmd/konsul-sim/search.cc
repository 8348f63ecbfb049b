#include "cmd/konsul-sim/search.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::simulator {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of all children that have ended.
double ChildrensProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

volatile sig_atomic_t interrupted = 0;
void Interrupt(int) { interrupted = 1; }

class Search {
 public:
  Search(const SearchPlan& plan, bool quiet)
      : plan_(plan), quiet_(quiet), tty_(isatty(STDOUT_FILENO) != 0) {}

  SearchResult Run() {
    const double processor = ChildrensProcessorSeconds();
    for (uint64_t i = 0; i < plan_.jobs; ++i) Fork(i);
    while (interrupted == 0 && Alive()) {
      Poll();
      Progress(false);
    }
    StopAll();
    Progress(true);
    result_.seconds = std::max(SecondsSince(begin_), 1e-3);
    result_.processor_seconds = ChildrensProcessorSeconds() - processor;
    result_.interrupted = interrupted != 0;
    return std::move(result_);
  }

 private:
  struct Worker {
    pid_t pid = -1;
    int pipe = -1;
    std::string buffer;
    uint64_t run = 0;  // under way, or the last one
    bool open = true;
  };

  void Fork(uint64_t number) {
    int ends[2];
    if (pipe(ends) != 0) return;
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
      close(ends[0]);
      signal(SIGINT, SIG_DFL);
      signal(SIGTERM, SIG_DFL);
      for (const Worker& other : workers_) close(other.pipe);
      WorkerMain(plan_, number, ends[1]);
    }
    close(ends[1]);
    workers_.push_back({.pid = pid, .pipe = ends[0]});
  }

  // After a failure the others go on until no earlier run is left: which one is found first does
  // not depend on the number of processes then.
  bool Alive() const {
    return std::any_of(workers_.begin(), workers_.end(), [&](const Worker& w) {
      return w.open && !(result_.failed && w.run > result_.run);
    });
  }

  void Poll() {
    std::vector<pollfd> fds;
    for (const Worker& worker : workers_)
      fds.push_back({worker.open ? worker.pipe : -1, POLLIN, 0});
    if (poll(fds.data(), fds.size(), 200) <= 0) return;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) Receive(workers_[i]);
    }
  }

  void Receive(Worker& worker) {
    char bytes[65536];
    const ssize_t n = read(worker.pipe, bytes, sizeof(bytes));
    if (n <= 0) return Ended(worker);
    worker.buffer.append(bytes, static_cast<size_t>(n));
    for (size_t end; (end = worker.buffer.find('\n')) != std::string::npos;) {
      const std::optional<Line> line = Decode(worker.buffer.substr(0, end));
      worker.buffer.erase(0, end + 1);
      if (line.has_value()) Handle(worker, *line);
    }
  }

  void Handle(Worker& worker, const Line& line) {
    worker.run = line.run;
    if (line.kind == Line::Kind::kBegin) return;
    ++result_.done;
    result_.events += line.events;
    result_.simulated_ns += line.simulated_ns;
    if (line.kind == Line::Kind::kFailed) return Failure(line.run, line.verdict, line.text);
    result_.coverage.Add(Coverage::Decode(line.text));
  }

  // The pipe closed: the worker has ended, well or not.
  void Ended(Worker& worker) {
    worker.open = false;
    close(worker.pipe);
    int status = 0;
    if (waitpid(worker.pid, &status, 0) == worker.pid) worker.pid = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    const std::string how = WIFSIGNALED(status)
                                ? absl::StrCat("was ended by signal ", WTERMSIG(status))
                                : absl::StrCat("ended with code ", WEXITSTATUS(status));
    ++result_.done;
    Failure(worker.run, kExitCrash, absl::StrCat("the process ", how));
  }

  void Failure(uint64_t run, int verdict, const std::string& text) {
    if (result_.failed && run > result_.run) return;
    result_.failed = true;
    result_.run = run;
    result_.verdict = verdict;
    result_.finding = text;
  }

  void StopAll() {
    for (Worker& worker : workers_) {
      if (worker.open) close(worker.pipe);
      if (worker.pid <= 0) continue;
      kill(worker.pid, SIGTERM);
      waitpid(worker.pid, nullptr, 0);
    }
  }

  void Progress(bool last) {
    if (quiet_) return;
    const double seconds = SecondsSince(begin_);
    if (!last && seconds - told_ < (tty_ ? 0.1 : 10)) return;
    told_ = seconds;
    const std::string rate = absl::StrFormat(
        "%.0f seeds/minute", static_cast<double>(result_.done) * 60 / std::max(seconds, 1e-3));
    if (!tty_) {
      std::printf("%s, %s\n", Done(seconds).c_str(), rate.c_str());
    } else {
      constexpr size_t kWidth = 40;
      const auto filled = static_cast<size_t>(Fraction(seconds) * kWidth);
      std::printf("\r[%s%s] %s  %s ", std::string(filled, '#').c_str(),
                  std::string(kWidth - filled, '.').c_str(), Done(seconds).c_str(), rate.c_str());
      if (last) std::printf("\n");
    }
    std::fflush(stdout);
  }

  // By whatever ends the search first.
  double Fraction(double seconds) const {
    double fraction = static_cast<double>(result_.done) / static_cast<double>(plan_.runs());
    if (plan_.deadline.has_value()) fraction = std::max(fraction, seconds / Limit());
    return std::min(fraction, 1.0);
  }

  std::string Done(double seconds) const {
    if (plan_.deadline.has_value()) {
      return absl::StrFormat("%d seeds in %.0f of %.0f s", result_.done, seconds, Limit());
    }
    return absl::StrCat(result_.done, " of ", plan_.runs(), " seeds");
  }

  double Limit() const { return std::chrono::duration<double>(*plan_.deadline - begin_).count(); }

  const SearchPlan& plan_;
  const bool quiet_;
  const bool tty_;
  const Clock::time_point begin_ = Clock::now();
  double told_ = 0;
  std::vector<Worker> workers_;
  SearchResult result_;
};

}  // namespace

SearchResult RunSearch(const SearchPlan& plan, bool quiet) {
  signal(SIGINT, &Interrupt);
  signal(SIGTERM, &Interrupt);
  return Search(plan, quiet).Run();
}

}  // namespace konsul::simulator
