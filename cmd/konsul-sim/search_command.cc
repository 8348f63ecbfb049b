// konsul-sim search: many seeds on several processes, until one fails.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cmd/konsul-sim/search_worker.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

using Clock = std::chrono::steady_clock;

// As shells say it of SIGINT.
constexpr int kExitInterrupted = 130;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

volatile sig_atomic_t interrupted = 0;
void Interrupt(int) { interrupted = 1; }

class Search {
 public:
  explicit Search(const SearchPlan& plan) : plan_(plan), tty_(isatty(STDOUT_FILENO) != 0) {}

  int Run() {
    for (uint64_t i = 0; i < plan_.jobs; ++i) Fork(i);
    while (!failed_ && interrupted == 0 && Alive()) {
      Poll();
      Progress(false);
    }
    StopAll();
    Progress(true);
    return Conclude();
  }

 private:
  struct Worker {
    pid_t pid = -1;
    int pipe = -1;
    std::string buffer;
    uint64_t seed = 0;     // under way
    bool running = false;  // a seed is under way
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

  bool Alive() const {
    return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.open; });
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
    worker.seed = line.seed;
    worker.running = line.kind == Line::Kind::kBegin;
    if (line.kind == Line::Kind::kBegin) return;
    ++done_;
    events_ += line.events;
    simulated_ns_ += line.simulated_ns;
    if (line.kind == Line::Kind::kFailed) return Failure(line.seed, line.verdict, line.text);
    for (absl::string_view probe : absl::StrSplit(line.text, ' ', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(probe, '=');
      uint64_t count = 0;
      if (absl::SimpleAtoi(parts.second, &count)) probes_[parts.first] += count;
    }
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
    ++done_;
    Failure(worker.seed, kExitCrash, absl::StrCat("the process ", how));
  }

  void Failure(uint64_t seed, int verdict, const std::string& text) {
    if (failed_ && seed > failed_seed_) return;
    failed_ = true;
    failed_seed_ = seed;
    verdict_ = verdict;
    failure_ = text;
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
    const double seconds = SecondsSince(begin_);
    if (!last && seconds - told_ < (tty_ ? 0.1 : 10)) return;
    told_ = seconds;
    if (!tty_) {
      std::printf("%llu of %llu seeds, %.0f seeds/minute\n", static_cast<unsigned long long>(done_),
                  static_cast<unsigned long long>(plan_.seeds),
                  static_cast<double>(done_) * 60 / std::max(seconds, 1e-3));
      std::fflush(stdout);
      return;
    }
    constexpr uint64_t kWidth = 40;
    const uint64_t filled = plan_.seeds == 0 ? kWidth : done_ * kWidth / plan_.seeds;
    std::printf("\r[%s%s] %llu/%llu  %.0f seeds/minute ", std::string(filled, '#').c_str(),
                std::string(kWidth - filled, '.').c_str(), static_cast<unsigned long long>(done_),
                static_cast<unsigned long long>(plan_.seeds),
                static_cast<double>(done_) * 60 / std::max(seconds, 1e-3));
    if (last) std::printf("\n");
    std::fflush(stdout);
  }

  int Conclude() {
    const double seconds = std::max(SecondsSince(begin_), 1e-3);
    std::printf("seeds     %llu, %.0f per minute\n", static_cast<unsigned long long>(done_),
                static_cast<double>(done_) * 60 / seconds);
    std::printf("simulated %.0f s in %.1f s, %.0f events/s\n",
                static_cast<double>(simulated_ns_) / 1e9, seconds,
                static_cast<double>(events_) / seconds);
    if (failed_) {
      std::printf("verdict   %s\nfinding   %s\nrepeat    %s\n",
                  cluster::VerdictName(static_cast<cluster::Verdict>(verdict_)), failure_.c_str(),
                  RepeatCommand(plan_.scenario->argument, failed_seed_, plan_.mutant).c_str());
      return verdict_;
    }
    std::printf("happened  %s\n", absl::StrJoin(probes_, " ", absl::PairFormatter("=")).c_str());
    if (interrupted != 0) {
      std::printf("verdict   none: interrupted\n");
      return kExitInterrupted;
    }
    std::printf("verdict   pass\n");
    return 0;
  }

  const SearchPlan& plan_;
  const bool tty_;
  const Clock::time_point begin_ = Clock::now();
  double told_ = 0;
  std::vector<Worker> workers_;
  uint64_t done_ = 0;
  uint64_t events_ = 0;
  int64_t simulated_ns_ = 0;
  std::map<std::string, uint64_t> probes_;
  bool failed_ = false;
  uint64_t failed_seed_ = 0;
  int verdict_ = 0;
  std::string failure_;
};

int Usage(absl::string_view text) {
  std::fprintf(stderr, "konsul-sim: %s\n", std::string(text).c_str());
  return kExitUsage;
}

}  // namespace

int SearchCommand(const flags::Parsed& parsed) {
  const auto scenario =
      LoadScenario(parsed.positional.empty() ? std::string() : parsed.positional[0]);
  if (!scenario.ok()) return Usage(scenario.status().message());
  SearchPlan plan;
  plan.scenario = &*scenario;
  plan.mutant = parsed.Get("mutant");
  plan.seeds = scenario->experiment.runs;
  plan.jobs = static_cast<uint64_t>(std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN)));
  const std::pair<const char*, uint64_t*> numbers[] = {
      {"seeds", &plan.seeds}, {"start", &plan.start}, {"jobs", &plan.jobs}};
  for (const auto& [name, value] : numbers) {
    if (!parsed.Has(name)) continue;
    const auto number = flags::ParseNumber(parsed.Get(name), 1, 1'000'000'000'000);
    if (!number.has_value()) {
      return Usage(absl::StrCat("--", name, " must be a whole number from 1, not \"",
                                parsed.Get(name), "\""));
    }
    *value = *number;
  }
  if (parsed.GetBool("until-found")) plan.seeds = UINT64_MAX / 2;
  plan.jobs = std::min<uint64_t>({plan.jobs, plan.seeds, 256});
  if (const absl::Status status = ActivateMutant(plan.mutant); !status.ok()) {
    return Usage(status.message());
  }
  const Scratch scratch;
  plan.scratch = scratch.root();
  signal(SIGINT, &Interrupt);
  signal(SIGTERM, &Interrupt);
  return Search(plan).Run();
}

}  // namespace konsul::simulator
